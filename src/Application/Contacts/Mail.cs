using SchemaHub.Application.Campaigns;

namespace SchemaHub.Application.Contacts;

/// <summary>Sends mail to one person.</summary>
public interface IMailer
{
    /// <summary>Hands a mail over to the server, or fails.</summary>
    /// <exception cref="MailNotSentException">The server cannot be reached, or refuses the mail.</exception>
    Task Send(Mail mail, CancellationToken cancellation);
}

/// <summary>A mail to one person.</summary>
/// <param name="From">Null for the service itself.</param>
/// <param name="Headers">Further headers; neither names nor values may hold a line break.</param>
public sealed record Mail(
    MailSender? From,
    string To,
    string Subject,
    string Text,
    string Html,
    IReadOnlyCollection<KeyValuePair<string, string>>? Headers = null
);

/// <summary>In whose name a mail goes out.</summary>
/// <param name="Name">Shown beside the address; empty for none.</param>
/// <param name="ReplyTo">Where answers go; to the address where null.</param>
/// <param name="Dkim">What signs it; nothing where null.</param>
public sealed record MailSender(string Name, string Address, string? ReplyTo = null, DkimKey? Dkim = null);

/// <summary>A mail could not be handed over.</summary>
/// <param name="isForGood">The server refused it, and would again; otherwise a later try may succeed.</param>
public sealed class MailNotSentException(string message, bool isForGood, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The server refused the mail, and would again.</summary>
    public bool IsForGood { get; } = isForGood;

    /// <summary>
    /// It was handed over in full and no answer came, so it may have been taken: sent again it may arrive twice.
    /// </summary>
    public bool IsInDoubt { get; init; }
}

/// <summary>Where the public pages are reached from outside.</summary>
public interface IPublicLinks
{
    /// <summary>The hosted page of a sign-up form, and where an embedded form posts to.</summary>
    Uri SignUp(Guid organization, Guid form);

    /// <summary>The page of a confirmation mail.</summary>
    Uri Confirmation(string token);

    /// <summary>The page of an invitation to an organization.</summary>
    Uri Invitation(string token);

    /// <summary>The page, and the RFC 8058 target, of an unsubscribe link.</summary>
    /// <param name="purpose">What it withdraws at once; null means everything.</param>
    Uri Unsubscribe(string token, string? purpose = null);

    /// <summary>The page of a person's choices, by the token of their unsubscribe link.</summary>
    Uri Preferences(string token);

    /// <summary>The page of a link that verifies an account's address.</summary>
    Uri EmailVerification(string token);

    /// <summary>The page of a link that sets another password.</summary>
    Uri PasswordReset(string token);

    /// <summary>The page of a link that makes a device known.</summary>
    Uri DeviceLink(string token);

    /// <summary>What all of these, and the links of tracking, begin with; without a slash at its end.</summary>
    string Root { get; }
}
