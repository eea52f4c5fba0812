using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// The key of one person's data: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce for each event. It lies in
/// its stream's row, wrapped by the master key; destroying it erases the person from every copy of the log made later.
/// </summary>
public sealed class SubjectKey
{
    private const int IdBytes = 4;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int KeyBytes = 32;

    private readonly byte[] _content;

    private SubjectKey(byte[] content) => _content = content;

    private ReadOnlySpan<byte> Id => _content.AsSpan(0, IdBytes);

    private ReadOnlySpan<byte> Key => _content.AsSpan(IdBytes);

    /// <summary>Id and key, for a proof that its holder can read offline.</summary>
    public byte[] Export() => [.. _content];

    /// <summary>The key that <see cref="Export"/> gave.</summary>
    /// <exception cref="CryptographicException">It has another length.</exception>
    public static SubjectKey Import(byte[] content) =>
        content.Length == IdBytes + KeyBytes
            ? new SubjectKey(content)
            : throw new CryptographicException("A subject key has 36 bytes.");

    /// <summary>A new random key.</summary>
    public static SubjectKey Create() => new(RandomNumberGenerator.GetBytes(IdBytes + KeyBytes));

    /// <summary>The key as it lies in the database, bound to its stream.</summary>
    public byte[] Wrap(KeyRing keys, string tenant, Guid stream) =>
        Encrypt(keys.Master, keys.Master.AsSpan(0, 0), _content, Binding(tenant, stream));

    /// <summary>Opens what <see cref="Wrap"/> made.</summary>
    /// <exception cref="CryptographicException">Another master key, another stream, or altered.</exception>
    public static SubjectKey Unwrap(KeyRing keys, byte[] wrapped, string tenant, Guid stream) =>
        new(Decrypt(keys.Master, wrapped, Binding(tenant, stream)));

    /// <summary>Encrypts the personal part of one event; base64.</summary>
    public string Seal(ReadOnlySpan<byte> personal, string tenant, Guid stream, long version) =>
        Convert.ToBase64String(Encrypt(Key, Id, personal, Binding(tenant, stream, version)));

    /// <summary>
    /// Opens the personal part of one event; null where it was made under an earlier key, which was destroyed.
    /// </summary>
    /// <exception cref="CryptographicException">Altered, or moved from another event.</exception>
    public byte[]? Open(string personal, string tenant, Guid stream, long version)
    {
        var bytes = Convert.FromBase64String(personal);
        return bytes.AsSpan(0, IdBytes).SequenceEqual(Id)
            ? Decrypt(Key, bytes.AsSpan(IdBytes), Binding(tenant, stream, version))
            : null;
    }

    private static byte[] Encrypt(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> plain,
        ReadOnlySpan<byte> binding
    )
    {
        var result = new byte[prefix.Length + NonceBytes + plain.Length + TagBytes];
        prefix.CopyTo(result);
        var nonce = result.AsSpan(prefix.Length, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(
            nonce,
            plain,
            result.AsSpan(prefix.Length + NonceBytes, plain.Length),
            result.AsSpan(result.Length - TagBytes),
            binding
        );
        return result;
    }

    private static byte[] Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> binding)
    {
        if (bytes.Length < NonceBytes + TagBytes)
            throw new CryptographicException("Encrypted data is cut short.");

        var plain = new byte[bytes.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(bytes[..NonceBytes], bytes[NonceBytes..^TagBytes], bytes[^TagBytes..], plain, binding);
        return plain;
    }

    // Ciphertext belongs to one place: moved to another stream or version it does not open.
    private static byte[] Binding(string tenant, Guid stream, long version = 0)
    {
        var binding = new byte[24 + Encoding.UTF8.GetByteCount(tenant)];
        stream.TryWriteBytes(binding, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(binding.AsSpan(16), version);
        Encoding.UTF8.GetBytes(tenant, binding.AsSpan(24));
        return binding;
    }
}
