using System.Security.Cryptography;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// What a confirmation link carries: tenant, contact and a secret. Only the secret's hash is in the log.
/// </summary>
public sealed record ConfirmationToken(Guid Tenant, Guid Contact, string Secret)
{
    private const int SecretCharacters = 64;

    /// <summary>A token with a new secret.</summary>
    public static ConfirmationToken Create(Guid tenant, Guid contact) =>
        new(tenant, contact, RandomNumberGenerator.GetHexString(SecretCharacters, lowercase: true));

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
