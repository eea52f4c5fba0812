using System.Security.Cryptography;
using FluentValidation;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// First step of a double opt-in: puts the address on the list without consent where it is new, and sends it a
/// confirmation mail. The link is in the mail only, never in an answer. Answers the same whether the address was known.
/// </summary>
/// <param name="Consents">What the person is asked to confirm.</param>
/// <param name="FormId">The sign-up form it came through, where one did.</param>
public sealed record RequestOptIn(
    string Email,
    string? Name,
    IReadOnlyList<ConsentInput> Consents,
    string Source = Sources.Form,
    Guid? FormId = null
) : ICommand;

/// <summary>Sends mail to one person.</summary>
public interface IMailer
{
    /// <summary>Hands a mail over to the server, or fails.</summary>
    Task Send(Mail mail, CancellationToken cancellation);
}

/// <summary>A mail to one person.</summary>
/// <param name="Headers">Further headers; neither names nor values may hold a line break.</param>
public sealed record Mail(
    string From,
    string To,
    string Subject,
    string Text,
    string Html,
    IReadOnlyDictionary<string, string>? Headers = null
);

/// <summary>Where the service is reached from outside.</summary>
public interface IPublicLinks
{
    /// <summary>The page of a confirmation mail.</summary>
    Uri Confirmation(string token);

    /// <summary>The page, and the RFC 8058 target, of an unsubscribe link.</summary>
    Uri Unsubscribe(string token);
}

/// <summary>
/// What a confirmation link carries: tenant, contact and a secret. Only the secret's hash is in the log.
/// </summary>
public sealed record ConfirmationToken(Guid Tenant, Guid Contact, string Secret)
{
    private const int SecretBytes = 32;

    /// <summary>A token with a new secret.</summary>
    public static ConfirmationToken Create(Guid tenant, Guid contact) =>
        new(tenant, contact, RandomNumberGenerator.GetHexString(SecretBytes * 2, lowercase: true));

    /// <summary>SHA-256 of the secret, as the log keeps it.</summary>
    public string SecretHash => ContentIds.Sha256(Secret);

    /// <summary>The token as it stands in the link: 128 hex characters.</summary>
    public override string ToString() => $"{Tenant:N}{Contact:N}{Secret}";

    /// <summary>Reads a link's token; null where it is malformed.</summary>
    public static ConfirmationToken? TryParse(string? text) =>
        text is { Length: 128 }
        && text.All(char.IsAsciiHexDigitLower)
        && Guid.TryParseExact(text[..32], "N", out var tenant)
        && Guid.TryParseExact(text[32..64], "N", out var contact)
            ? new ConfirmationToken(tenant, contact, text[64..])
            : null;
}
