using System.Collections.Concurrent;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// How many mails a second a recipient's domain is sent, by the generic cell rate algorithm: each mail gets the next
/// free instant. The nodes that send share a rate evenly.
/// </summary>
/// <param name="perSecond">By domain; <c>*</c> is every other one, each for itself.</param>
internal sealed class DomainRates(IReadOnlyDictionary<string, double> perSecond, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _next = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Nodes that send now.</summary>
    public int Nodes { get; set; } = 1;

    /// <summary>
    /// When a mail to the address may go: now, or the next free instant, which is then its own. Null where that is
    /// further away than <paramref name="patience"/>; nothing is taken then.
    /// </summary>
    public DateTimeOffset? Reserve(string address, TimeSpan patience)
    {
        var now = clock.GetUtcNow();
        var domain = EmailAddress.DomainOf(address);
        if (!perSecond.TryGetValue(domain, out var rate) && !perSecond.TryGetValue("*", out rate))
            return now;

        var between = TimeSpan.FromSeconds(Math.Max(1, Nodes) / rate);
        var free = _next.GetValueOrDefault(domain, now);
        var slot = free > now ? free : now;
        if (slot - now > patience)
            return null;

        _next[domain] = slot + between;
        return slot;
    }
}
