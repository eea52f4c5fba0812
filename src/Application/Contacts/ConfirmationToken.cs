using System.Security.Cryptography;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// What a link to confirm or to accept carries: tenant, the stream it is about, and a secret of 32 random bytes. Only
/// the secret's hash is in the log.
/// </summary>
public sealed record ConfirmationToken(Guid Tenant, Guid Stream, string Secret)
{
    private const int SecretCharacters = 64;

    /// <summary>A token with a new secret.</summary>
    public static ConfirmationToken Create(Guid tenant, Guid stream) =>
        new(tenant, stream, RandomNumberGenerator.GetHexString(SecretCharacters, lowercase: true));

    /// <summary>SHA-256 of the secret, as the log keeps it.</summary>
    public string SecretHash => ContentIds.Sha256(Secret);

    /// <summary>The token as it stands in the link: 128 hex characters.</summary>
    public override string ToString() => $"{Tenant:N}{Stream:N}{Secret}";

    /// <summary>Reads a link's token; null where it is malformed.</summary>
    public static ConfirmationToken? TryParse(string? text) =>
        text is { Length: 128 }
        && text.All(char.IsAsciiHexDigitLower)
        && Guid.TryParseExact(text[..32], "N", out var tenant)
        && Guid.TryParseExact(text[32..64], "N", out var stream)
            ? new ConfirmationToken(tenant, stream, text[64..])
            : null;
}
