using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// The secrets that sessions are found by: a browser's cookie (<c>ss_</c> and 32 random bytes) and a program's refresh
/// token (<c>rt_</c>, the session, 32 random bytes). Only their SHA-256 is kept.
/// </summary>
public sealed class SessionTokens : ISessionTokens
{
    /// <summary>What every browser's token begins with.</summary>
    public const string BrowserPrefix = "ss_";

    /// <summary>What every refresh token begins with.</summary>
    public const string RefreshPrefix = "rt_";

    private const int GuidBytes = 16;
    private const int SecretBytes = 32;

    /// <summary>A new token of a browser.</summary>
    public string CreateBrowser() =>
        BrowserPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>A new refresh token of a session.</summary>
    public string CreateRefresh(Guid session) =>
        RefreshPrefix
        + Base64Url.EncodeToString([
            .. session.ToByteArray(bigEndian: true),
            .. RandomNumberGenerator.GetBytes(SecretBytes),
        ]);

    /// <summary>The session that a refresh token names, whether or not it is its present one; null where malformed.</summary>
    public Guid? SessionOf(string? refreshToken)
    {
        Span<byte> bytes = stackalloc byte[GuidBytes + SecretBytes];
        return TryDecode(RefreshPrefix, refreshToken, bytes) ? new Guid(bytes[..GuidBytes], bigEndian: true) : null;
    }

    /// <summary>SHA-256 of the whole token, as <c>access.sessions.token_hash</c> has it.</summary>
    public static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether it has the form of a browser's token: only then is it worth looking for.</summary>
    public static bool IsBrowser(string? token)
    {
        Span<byte> bytes = stackalloc byte[SecretBytes];
        return TryDecode(BrowserPrefix, token, bytes);
    }

    /// <summary>Reads exactly as many bytes as there is room for, in their one spelling.</summary>
    internal static bool TryDecode(string prefix, string? token, Span<byte> bytes)
    {
        if (token is null || !token.StartsWith(prefix, StringComparison.Ordinal))
            return false;

        var digits = token.AsSpan(prefix.Length);
        return digits.Length == Base64Url.GetEncodedLength(bytes.Length)
            && Base64Url.DecodeFromChars(digits, bytes, out _, out var written) == OperationStatus.Done
            && written == bytes.Length
            && digits.SequenceEqual(Base64Url.EncodeToString(bytes));
    }
}
