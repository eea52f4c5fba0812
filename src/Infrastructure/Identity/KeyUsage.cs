using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// How often API keys are used, when last, and from where. Counted in memory, written every two seconds and when the
/// service stops; a crash loses what was not written. No request waits for it.
/// </summary>
public sealed partial class KeyUsage(
    Installation installation,
    ISecurityLog security,
    TimeProvider clock,
    ILogger<KeyUsage> logger
)
{
    /// <summary>The kind of note that is taken when a key is used from a network it was never used from.</summary>
    public const string NewNetwork = "api_key_new_network";

    // Of keys and networks; of more, keys are counted without the network.
    private const int MostCounted = 50_000;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(Guid Key, KeyNetwork Network), Uses> _uses = new();
    private readonly KeyUsageStatements _statements = new(installation.Schemas);
    private int _counted;

    /// <summary>Counts a request that brought a key; never waits.</summary>
    public void Count(KnownCaller caller, IPAddress? address)
    {
        if (caller is { Key: { } key, Organization: { } organization })
            Add(key, organization, KeyNetwork.Of(address), address, times: 1, clock.GetUtcNow());
    }

    /// <summary>Writes what was counted, every two seconds, and what is left when it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Flushing.Every(Wait, clock, Flush, cancellation);

    /// <summary>Writes what was counted by now. What cannot be written is counted on.</summary>
    public async Task Flush(CancellationToken cancellation)
    {
        var counted = Take();
        if (counted.Count == 0)
            return;

        try
        {
            foreach (var place in await _statements.Write(installation.Writer, counted, cancellation))
                Report(place, counted);
        }
        catch (Exception failure) when (DatabaseOutage.IsOrRefusal(failure))
        {
            NotWritten(counted.Count, DatabaseOutage.Describe(failure));
            foreach (var use in counted)
                Add(use.Key, use.Organization, use.Network, use.Address, use.Times, use.Last);
        }
    }

    private void Add(Guid key, Guid organization, KeyNetwork network, IPAddress? address, long times, DateTimeOffset at)
    {
        while (true)
        {
            if (!_uses.TryGetValue((key, network), out var uses))
            {
                if (Volatile.Read(ref _counted) >= MostCounted)
                    network = KeyNetwork.None;

                var fresh = new Uses(organization, address);
                uses = _uses.GetOrAdd((key, network), fresh);
                if (ReferenceEquals(uses, fresh))
                    Interlocked.Increment(ref _counted);
            }

            // One that was just taken away takes no more.
            if (uses.TryAdd(times, at))
                return;
        }
    }

    private List<CountedUse> Take()
    {
        var taken = new List<CountedUse>();
        foreach (var ((key, network), uses) in _uses)
        {
            var times = uses.Take();
            if (times > 0)
                taken.Add(new CountedUse(key, uses.Organization, network, uses.Address, times, uses.Last));
            else if (uses.TryEnd() && _uses.TryRemove((key, network), out _))
                Interlocked.Decrement(ref _counted);
        }

        return taken;
    }

    private void Report((Guid Key, string Network) place, List<CountedUse> counted)
    {
        var use = counted.First(one => one.Key == place.Key && one.Network.ToString() == place.Network);
        var context = new CommandContext
        {
            Tenant = use.Organization.ToString(),
            Actor = Actors.OfKey(use.Key),
            Ip = use.Address,
        };
        security.Report(
            context,
            new SecurityIncident(
                NewNetwork,
                Severity.Medium,
                Details: new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["key"] = use.Key.ToString(),
                    ["network"] = place.Network,
                }
            )
        );
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The usage of {Keys} keys could not be written yet: {Why}")]
    private partial void NotWritten(int keys, string why);

    private sealed class Uses(Guid organization, IPAddress? address)
    {
        private const long Ended = long.MinValue;

        private long _times;
        private long _last;

        public Guid Organization { get; } = organization;

        public IPAddress? Address { get; } = address;

        public DateTimeOffset Last => new(Volatile.Read(ref _last), TimeSpan.Zero);

        public bool TryAdd(long times, DateTimeOffset at)
        {
            // Before the times: whoever takes those finds the instant.
            if (at.UtcTicks > Volatile.Read(ref _last))
                Volatile.Write(ref _last, at.UtcTicks);

            return Interlocked.Add(ref _times, times) > 0;
        }

        public long Take() => Interlocked.Exchange(ref _times, 0);

        public bool TryEnd() => Interlocked.CompareExchange(ref _times, Ended, 0) == 0;
    }
}

/// <summary>What was counted of a key in one network.</summary>
internal sealed record CountedUse(
    Guid Key,
    Guid Organization,
    KeyNetwork Network,
    IPAddress? Address,
    long Times,
    DateTimeOffset Last
);
