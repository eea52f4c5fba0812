using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// What a signed-in program shows with its requests: <c>at_</c>, the session, an instant and HMAC-SHA-256 over both
/// under a key of its own. That it is genuine and in time is known without a database; whether the session still
/// lives is for whoever reads the token to look up.
/// </summary>
public sealed class AccessTokens(KeyRing keys, TimeProvider clock) : IAccessTokens
{
    /// <summary>What every access token begins with.</summary>
    public const string Prefix = "at_";

    /// <summary>How long one works.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    private const int GuidBytes = 16;
    private const int SignedBytes = GuidBytes + sizeof(long);
    private const int Bytes = SignedBytes + HMACSHA256.HashSizeInBytes;

    private readonly byte[] _key = keys.Derive("schemahub access tokens");

    /// <summary>A token of a session, and until when it works (UTC).</summary>
    public (string Token, DateTimeOffset ExpiresAt) Issue(Guid session)
    {
        var seconds = (clock.GetUtcNow() + Lifetime).ToUnixTimeSeconds();
        Span<byte> token = stackalloc byte[Bytes];
        session.TryWriteBytes(token, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(token[GuidBytes..], seconds);
        HMACSHA256.HashData(_key, token[..SignedBytes], token[SignedBytes..]);
        return (Prefix + Base64Url.EncodeToString(token), DateTimeOffset.FromUnixTimeSeconds(seconds));
    }

    /// <summary>The session of a genuine token in time; null for everything else.</summary>
    public Guid? Read(string? token)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (!SessionTokens.TryDecode(Prefix, token, bytes))
            return null;

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes[..SignedBytes], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[SignedBytes..]))
            return null;

        var seconds = BinaryPrimitives.ReadInt64BigEndian(bytes[GuidBytes..]);
        return clock.GetUtcNow().ToUnixTimeSeconds() < seconds ? new Guid(bytes[..GuidBytes], bigEndian: true) : null;
    }
}
