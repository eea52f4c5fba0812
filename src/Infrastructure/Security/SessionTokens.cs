using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// The secrets that sessions are found by: a browser's cookie (<c>ss_</c> and 32 random bytes) and a program's refresh
/// token (<c>rt_</c>, the session, 16 random bytes and 16 bytes of HMAC-SHA-256 over both, so that one that was used up
/// is told from one that we never made). Only their SHA-256 is kept.
/// </summary>
public sealed class SessionTokens(KeyRing keys) : ISessionTokens
{
    /// <summary>What every browser's token begins with.</summary>
    public const string BrowserPrefix = "ss_";

    /// <summary>What every refresh token begins with.</summary>
    public const string RefreshPrefix = "rt_";

    private const int GuidBytes = 16;
    private const int RandomBytes = 16;
    private const int SignedBytes = GuidBytes + RandomBytes;
    private const int MacBytes = 16;
    private const int BrowserBytes = 32;

    private readonly byte[] _key = keys.Derive("schemahub refresh tokens");

    /// <inheritdoc/>
    public string CreateBrowser() =>
        BrowserPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(BrowserBytes));

    /// <inheritdoc/>
    public string CreateRefresh(Guid session)
    {
        Span<byte> token = stackalloc byte[SignedBytes + MacBytes];
        session.TryWriteBytes(token, bigEndian: true, out _);
        RandomNumberGenerator.Fill(token[GuidBytes..SignedBytes]);
        Mac(token[..SignedBytes], token[SignedBytes..]);
        return RefreshPrefix + Base64Url.EncodeToString(token);
    }

    /// <inheritdoc/>
    public Guid? SessionOf(string? refreshToken)
    {
        Span<byte> token = stackalloc byte[SignedBytes + MacBytes];
        if (!TryDecode(RefreshPrefix, refreshToken, token))
            return null;

        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(token[..SignedBytes], mac);
        return CryptographicOperations.FixedTimeEquals(mac, token[SignedBytes..])
            ? new Guid(token[..GuidBytes], bigEndian: true)
            : null;
    }

    /// <summary>Whether it has the form of a browser's token: only then is it worth looking for.</summary>
    public static bool IsBrowser(string? token)
    {
        Span<byte> bytes = stackalloc byte[BrowserBytes];
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
            && IsSpelling(digits, bytes);
    }

    // Base 64 has several spellings where bits are left over at the end.
    private static bool IsSpelling(ReadOnlySpan<char> digits, ReadOnlySpan<byte> bytes)
    {
        Span<char> canonical = stackalloc char[digits.Length];
        return Base64Url.TryEncodeToChars(bytes, canonical, out _) && digits.SequenceEqual(canonical);
    }

    private void Mac(ReadOnlySpan<byte> signed, Span<byte> mac)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, signed, hash);
        hash[..MacBytes].CopyTo(mac);
    }
}
