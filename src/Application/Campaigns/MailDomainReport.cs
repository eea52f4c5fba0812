namespace SchemaHub.Application.Campaigns;

/// <summary>How grave it is what a look at a domain's DNS found.</summary>
public enum MailFindingLevel
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Mail arrives without it; it would be better with it.</summary>
    Advice,

    /// <summary>Mailbox providers refuse bulk mail for it, or take it for spam.</summary>
    Missing,
}

/// <summary>One thing that a look at a domain's DNS found.</summary>
/// <param name="Part"><c>spf</c>, <c>dkim</c>, <c>dmarc</c>, <c>mx</c> or <c>alignment</c>.</param>
/// <param name="Text">In plain words.</param>
/// <param name="Publish">What would mend it, where that is known.</param>
public sealed record MailFinding(string Part, MailFindingLevel Level, string Text, DnsRecord? Publish = null);

/// <summary>Whether mail from a domain is believed.</summary>
/// <param name="IsReady">Nothing that is required is missing.</param>
public sealed record MailDomainReport(string Domain, bool IsReady, IReadOnlyList<MailFinding> Findings);

/// <summary>A DKIM key to look for.</summary>
/// <param name="Domain">The signing domain.</param>
/// <param name="PublicKey">What is to be found there; null where any key will do.</param>
public sealed record SoughtKey(string Domain, string Selector, string? PublicKey = null);
