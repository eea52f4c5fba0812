using System.Collections.Immutable;
using System.Diagnostics;

namespace SchemaHub.Domain.Campaigns;

/// <summary>In whose name an organization writes, and the domains it may write from.</summary>
/// <param name="Profile">Null before it was described.</param>
/// <param name="Domains">By their name, lower case.</param>
public sealed record Sender(SenderDescribed? Profile, ImmutableDictionary<string, SenderDomain> Domains)
    : IAggregate<Sender, SenderEvent>
{
    private const int MostDomains = 50;

    /// <inheritdoc/>
    public static string StreamType => "sender";

    /// <inheritdoc/>
    public static Sender Initial { get; } = new(Profile: null, ImmutableDictionary<string, SenderDomain>.Empty);

    /// <summary>Whether mail from the address is a domain's: of the domain itself, or of one below it.</summary>
    public static bool IsOf(string address, string domain)
    {
        var host = address.AsSpan(address.LastIndexOf('@') + 1);
        return host.Equals(domain, StringComparison.Ordinal)
            || (
                host.EndsWith(domain, StringComparison.Ordinal)
                && host[..^domain.Length].EndsWith(".", StringComparison.Ordinal)
            );
    }

    /// <summary>Says in whose name mail goes out.</summary>
    /// <exception cref="RuleBrokenException"><c>sender.domain_not_verified</c>.</exception>
    public IReadOnlyList<SenderEvent> Describe(SenderDescribed profile)
    {
        RequireVerified(profile.FromAddress);
        return profile == Profile ? [] : [profile];
    }

    /// <summary>Makes sure that an address is of a domain that mail may be written from.</summary>
    /// <exception cref="RuleBrokenException"><c>sender.domain_not_verified</c>.</exception>
    public void RequireVerified(string address)
    {
        if (!Domains.Any(domain => domain.Value.IsVerified && IsOf(address, domain.Key)))
            throw new RuleBrokenException(
                "sender.domain_not_verified",
                "The sender's address must be of a domain that was added and verified before."
            );
    }

    /// <summary>Adds a domain with its signing key; asked twice, the first key stays.</summary>
    /// <exception cref="RuleBrokenException"><c>sender.too_many_domains</c>.</exception>
    public IReadOnlyList<SenderEvent> AddDomain(SenderDomainAdded added)
    {
        if (Domains.ContainsKey(added.Domain))
            return [];

        if (Domains.Count >= MostDomains)
            throw new RuleBrokenException(
                "sender.too_many_domains",
                "An organization writes from at most 50 domains; remove one first."
            );

        return [added];
    }

    /// <summary>The domain was shown to be the organization's.</summary>
    /// <exception cref="RuleBrokenException"><c>sender.domain_unknown</c>.</exception>
    public IReadOnlyList<SenderEvent> VerifyDomain(string domain, string method)
    {
        if (!Domains.TryGetValue(domain, out var known))
            throw new RuleBrokenException("sender.domain_unknown", "Add the domain first.");

        return known.IsVerified ? [] : [new SenderDomainVerified(domain, method)];
    }

    /// <summary>Writes from the domain no more; its key is of no use after.</summary>
    public IReadOnlyList<SenderEvent> RemoveDomain(string domain) =>
        Domains.ContainsKey(domain) ? [new SenderDomainRemoved(domain)] : [];

    /// <inheritdoc/>
    public Sender Apply(SenderEvent happened) =>
        happened switch
        {
            SenderDescribed described => this with { Profile = described },
            SenderDomainAdded added => this with
            {
                Domains = Domains.SetItem(
                    added.Domain,
                    new SenderDomain(added.Selector, added.PublicKey, added.SealedPrivateKey, IsVerified: false)
                ),
            },
            SenderDomainVerified verified when Domains.TryGetValue(verified.Domain, out var known) => this with
            {
                Domains = Domains.SetItem(verified.Domain, known with { IsVerified = true }),
            },
            SenderDomainVerified => this,
            SenderDomainRemoved removed => this with { Domains = Domains.Remove(removed.Domain) },
            _ => throw new UnreachableException($"Sender cannot apply {happened.GetType().Name}."),
        };
}

/// <summary>A domain that mail is written from.</summary>
/// <param name="Selector">Of its DKIM key (RFC 6376 section 3.1).</param>
/// <param name="PublicKey">SubjectPublicKeyInfo in base64, as the DNS record holds it.</param>
/// <param name="SealedPrivateKey">PKCS#8, encrypted with the installation's master key, in base64.</param>
public sealed record SenderDomain(string Selector, string PublicKey, string SealedPrivateKey, bool IsVerified);

/// <summary>A fact about in whose name an organization writes.</summary>
public abstract record SenderEvent : IAudited;

/// <summary>In whose name mail goes out was said, as a whole.</summary>
/// <param name="PostalAddress">Of the organization, as every mail must carry it.</param>
[StoredAs("sender_described")]
public sealed record SenderDescribed(string FromName, string FromAddress, string? ReplyTo, string PostalAddress)
    : SenderEvent;

/// <summary>A domain was added, with the key that signs its mail.</summary>
[StoredAs("sender_domain_added")]
public sealed record SenderDomainAdded(string Domain, string Selector, string PublicKey, string SealedPrivateKey)
    : SenderEvent;

/// <summary>The domain was shown to be the organization's.</summary>
/// <param name="Method"><c>dns</c>: its key is published there; <c>operator</c>: the operator says so.</param>
[StoredAs("sender_domain_verified")]
public sealed record SenderDomainVerified(string Domain, string Method) : SenderEvent;

/// <summary>The domain is not written from any more.</summary>
[StoredAs("sender_domain_removed")]
public sealed record SenderDomainRemoved(string Domain) : SenderEvent;
