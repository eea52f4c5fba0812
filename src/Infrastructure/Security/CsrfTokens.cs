using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// What a browser's page repeats in the header <c>X-CSRF-Token</c> with everything that changes something: a site of
/// strangers can make the browser send the cookie, and cannot read this. It follows from the session and the keys.
/// </summary>
public sealed class CsrfTokens(KeyRing keys) : ICsrfTokens
{
    /// <summary>The header that carries it.</summary>
    public const string Header = "X-CSRF-Token";

    private readonly byte[] _key = keys.Derive("schemahub csrf tokens");

    /// <summary>The token of a session.</summary>
    public string Of(Guid session)
    {
        Span<byte> id = stackalloc byte[16];
        session.TryWriteBytes(id, bigEndian: true, out _);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, id, mac);
        return Base64Url.EncodeToString(mac);
    }

    /// <summary>Whether this is it; takes equally long for every other.</summary>
    public bool Is(Guid session, string? given) =>
        given is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Of(session)), Encoding.UTF8.GetBytes(given));
}
