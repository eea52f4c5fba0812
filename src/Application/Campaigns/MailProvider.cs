using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>One way for mail to leave: a mail server, a provider's HTTP API, a directory.</summary>
public interface IMailProvider
{
    /// <summary>How many mails it takes at the same time.</summary>
    int Connections { get; }

    /// <summary>
    /// Makes a mail ready to be handed over, signed where it has a key. What costs time is done here, before anybody
    /// promises that the mail goes out.
    /// </summary>
    /// <exception cref="Contacts.MailNotSentException">It cannot be a mail: something in it is malformed.</exception>
    PreparedMail Prepare(OutgoingMail mail);

    /// <summary>Opens a connection that takes one mail after the other.</summary>
    /// <exception cref="Contacts.MailNotSentException">It cannot be reached, or refuses us.</exception>
    Task<IMailConnection> Connect(CancellationToken cancellation);
}

/// <summary>A connection to where mail leaves. Serves one mail at a time, and is opened anew where it broke.</summary>
public interface IMailConnection : IAsyncDisposable
{
    /// <summary>False where it is known to be of no use any more: another one has to be opened.</summary>
    bool IsUsable => true;

    /// <summary>Hands a mail over. Never throws for what a server or the network does: the outcome says it.</summary>
    Task<HandOver> Send(PreparedMail mail, CancellationToken cancellation);
}

/// <summary>A mail as it goes out.</summary>
/// <param name="MessageId">Without angle brackets; the same whenever the same mail is sent again.</param>
/// <param name="ReturnPath">Where bounces go (RFC 5321 MAIL FROM).</param>
/// <param name="Reference">Comes back with a provider's webhooks; names no person.</param>
/// <param name="Headers">Further headers, in order.</param>
/// <param name="Dkim">What signs it, or null.</param>
public sealed record OutgoingMail(
    string FromName,
    string FromAddress,
    string? ReplyTo,
    string To,
    string? ToName,
    string Subject,
    string Text,
    string Html,
    string MessageId,
    string ReturnPath,
    string Reference,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    DkimKey? Dkim
);

/// <summary>A mail ready to be handed over, as its provider wants it.</summary>
public abstract record PreparedMail;

/// <summary>What signs a domain's mail (RFC 6376).</summary>
/// <param name="PrivateKey">RSA, PKCS#8.</param>
public sealed record DkimKey(string Domain, string Selector, ReadOnlyMemory<byte> PrivateKey);

/// <summary>What became of handing a mail over.</summary>
public abstract record HandOver
{
    /// <summary>Whether it was handed over in full, and nobody knows if it was taken.</summary>
    public bool IsInDoubt => this is Unknown or NotNow { MayBeTaken: true };

    /// <summary>Whether the connection is of no use any more.</summary>
    public bool EndsConnection => this is Unknown or NotOffered or NotNow { IsBroken: true };

    /// <summary>It is the provider's now.</summary>
    /// <param name="ProviderMessageId">The provider's name for it, where it gives one.</param>
    public sealed record Taken(string? ProviderMessageId) : HandOver;

    /// <summary>It was not taken, for now: a later try may succeed.</summary>
    /// <param name="After">How long to wait at least, where the provider says so.</param>
    /// <param name="IsBroken">The connection is of no use any more.</param>
    /// <param name="MayBeTaken">
    /// It was handed over in full and no answer came; handed over again under the same id it is the same mail.
    /// </param>
    public sealed record NotNow(string Reason, TimeSpan? After = null, bool IsBroken = false, bool MayBeTaken = false)
        : HandOver;

    /// <summary>
    /// It was not offered to the provider at all, so it costs no try. The connection is of no use any more.
    /// </summary>
    public sealed record NotOffered(string Reason) : HandOver;

    /// <summary>It was refused, and would be again.</summary>
    /// <param name="NoSuchMailbox">Because the address does not exist (RFC 3463 5.1.1 and its like).</param>
    public sealed record Refused(string Reason, bool NoSuchMailbox = false) : HandOver;

    /// <summary>
    /// It was handed over in full, and then nothing more was heard: it may have been taken. The connection is broken.
    /// </summary>
    public sealed record Unknown(string Reason) : HandOver;
}

/// <summary>Tokens of single mails, for links, return paths and Message-IDs: nobody can make one up.</summary>
public interface IMailTokens
{
    /// <summary>
    /// Letters and digits in lower case, at most 40 of them, which survive whatever a mail system does to an address.
    /// </summary>
    /// <param name="use">What it opens: a token of one use is of no use for another.</param>
    /// <param name="emailLog"><c>email_logs.id</c>.</param>
    /// <param name="with">What else it vouches for, such as the target of a link; not contained in it.</param>
    string Of(TokenUse use, int emailLog, string with = "");

    /// <summary>The mail of a token, or null where it is not one of ours, of this use, with this.</summary>
    int? Read(TokenUse use, string token, string with = "");
}

/// <summary>What a mail's token opens.</summary>
public enum TokenUse
{
    /// <summary>The left side of the Message-ID.</summary>
    MessageId,

    /// <summary>The return path, by which bounces find their mail.</summary>
    ReturnPath,

    /// <summary>The picture that tells of an opening.</summary>
    Open,

    /// <summary>A link, with its target.</summary>
    Click,

    /// <summary>What a provider's webhooks carry.</summary>
    Reference,

    /// <summary>The address that ends the mails of its purpose when somebody writes to it (RFC 2369).</summary>
    Unsubscribe,
}

/// <summary>In whose name an organization writes, ready for sending.</summary>
public interface ISenders
{
    /// <summary>
    /// The sender of an organization, with the key that signs its mail; null where it was not described, or its
    /// domain is not verified.
    /// </summary>
    Task<ReadySender?> Find(Guid organization, CancellationToken cancellation);

    /// <summary>The key that signs mail from an address; null where it is of no verified domain of theirs.</summary>
    Task<DkimKey?> FindKey(Guid organization, string address, CancellationToken cancellation);
}

/// <inheritdoc cref="ISenders"/>
public sealed record ReadySender(
    string FromName,
    string FromAddress,
    string? ReplyTo,
    string PostalAddress,
    DkimKey Dkim
)
{
    /// <summary>As the sender of a single mail.</summary>
    public MailSender OfMail => new(FromName, FromAddress, ReplyTo, Dkim);
}

/// <summary>Makes openings and clicks of a mail known, for people who agreed to that.</summary>
public interface ITracking
{
    /// <summary>Where the picture lies that tells of an opening; its token follows.</summary>
    public const string Opened = "/t/o/";

    /// <summary>Where links lead through; the token follows, and <see cref="Target"/>.</summary>
    public const string Clicked = "/t/c/";

    /// <summary>The query parameter with a link's target, which its token vouches for.</summary>
    public const string Target = "u";

    /// <summary>The mail's HTML with its links led through us and a picture at its end.</summary>
    string Track(string html, int emailLog);
}
