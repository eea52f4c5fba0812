namespace SchemaHub.Application.Campaigns;

/// <summary>Looks names up in the DNS (RFC 1035).</summary>
public interface IDnsLookup
{
    /// <summary>The texts at a name, each in one piece; none where there is no such name.</summary>
    /// <exception cref="DnsFailedException">No answer, or not one that says whether there is something.</exception>
    Task<IReadOnlyList<string>> Texts(string name, CancellationToken cancellation);

    /// <summary>The hosts that take a domain's mail, the preferred one first; none where it names none.</summary>
    /// <exception cref="DnsFailedException">No answer, or not one that says whether there is something.</exception>
    Task<IReadOnlyList<string>> MailServers(string domain, CancellationToken cancellation);
}

/// <summary>The DNS could not be asked, which says nothing about the name.</summary>
public sealed class DnsFailedException(string message, Exception? inner = null) : Exception(message, inner);
