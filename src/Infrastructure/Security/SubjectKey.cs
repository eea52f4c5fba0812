using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// The key of one person's data: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce for each event. It lies in
/// its stream's row, wrapped by the master key; destroying it erases the person from every copy of the log made later.
/// </summary>
public sealed class SubjectKey
{
    internal const int IdBytes = 4;
    internal const int TagBytes = 16;

    private const int NonceBytes = 12;
    private const int KeyBytes = 32;
    private const int GuidBytes = 16;

    private static ReadOnlySpan<byte> CommitmentName => "schemahub subject key 1"u8;

    private readonly byte[] _content;

    private SubjectKey(byte[] content) => _content = content;

    private ReadOnlySpan<byte> Id => _content.AsSpan(0, IdBytes);

    private ReadOnlySpan<byte> Key => _content.AsSpan(IdBytes);

    /// <summary>Id and key, for a proof that its holder can read offline.</summary>
    public byte[] Export() => [.. _content];

    /// <summary>
    /// What an event says of the key, so that no other key can be shown for it later: 32 bytes that tell nothing of it.
    /// </summary>
    public byte[] Commitment()
    {
        Span<byte> named = stackalloc byte[CommitmentName.Length + IdBytes + KeyBytes];
        CommitmentName.CopyTo(named);
        _content.CopyTo(named[CommitmentName.Length..]);
        var commitment = SHA256.HashData(named);
        CryptographicOperations.ZeroMemory(named);
        return commitment;
    }

    /// <summary>The key that <see cref="Export"/> gave.</summary>
    /// <exception cref="CryptographicException">It has another length.</exception>
    public static SubjectKey Import(byte[] content) =>
        TryImport(content, out var key) ? key : throw new CryptographicException("A subject key has 36 bytes.");

    /// <summary>The key that <see cref="Export"/> gave; false where the content cannot be one.</summary>
    public static bool TryImport(byte[] content, [NotNullWhen(true)] out SubjectKey? key)
    {
        key = content.Length == IdBytes + KeyBytes ? new SubjectKey(content) : null;
        return key is not null;
    }

    /// <summary>A new random key.</summary>
    public static SubjectKey Create() => new(RandomNumberGenerator.GetBytes(IdBytes + KeyBytes));

    /// <summary>The key as it lies in the database, bound to its stream.</summary>
    public byte[] Wrap(KeyRing keys, string tenant, Guid stream)
    {
        var aes = keys.BorrowMaster();
        var wrapped = Encrypt(aes, prefix: [], _content, Binding(tenant, stream));
        keys.GiveBack(aes);
        return wrapped;
    }

    /// <summary>Opens what <see cref="Wrap"/> made.</summary>
    /// <exception cref="CryptographicException">Another master key, another stream, or altered.</exception>
    public static SubjectKey Unwrap(KeyRing keys, byte[] wrapped, string tenant, Guid stream)
    {
        RequireLength(wrapped, NonceBytes + TagBytes);
        var content = new byte[wrapped.Length - NonceBytes - TagBytes];
        var aes = keys.BorrowMaster();
        Decrypt(aes, wrapped, content, Binding(tenant, stream));
        keys.GiveBack(aes);
        return new SubjectKey(content);
    }

    /// <summary>Encrypts the personal part of one event; base64.</summary>
    public string Seal(ReadOnlySpan<byte> personal, string tenant, Guid stream, long version)
    {
        using var aes = new AesGcm(Key, TagBytes);
        return Convert.ToBase64String(Encrypt(aes, Id, personal, Binding(tenant, stream, version)));
    }

    /// <summary>Encrypts a part of something larger, bound to its place in it.</summary>
    internal byte[] SealPart(ReadOnlySpan<byte> plain, string tenant, Guid whole, long part)
    {
        using var aes = new AesGcm(Key, TagBytes);
        return Encrypt(aes, prefix: [], plain, Binding(tenant, whole, part));
    }

    /// <summary>Opens what <see cref="SealPart"/> made.</summary>
    /// <exception cref="CryptographicException">Another key, another place, or altered.</exception>
    internal byte[] OpenPart(byte[] sealedPart, string tenant, Guid whole, long part)
    {
        RequireLength(sealedPart, NonceBytes + TagBytes);
        var plain = new byte[sealedPart.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(Key, TagBytes);
        Decrypt(aes, sealedPart, plain, Binding(tenant, whole, part));
        return plain;
    }

    /// <summary>Opens the personal parts of one stream's events.</summary>
    internal PersonalOpener OpenerOf(string tenant, Guid stream) => new(Id, Key, Binding(tenant, stream));

    private static byte[] Encrypt(
        AesGcm aes,
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> plain,
        ReadOnlySpan<byte> binding
    )
    {
        var result = new byte[prefix.Length + NonceBytes + plain.Length + TagBytes];
        prefix.CopyTo(result);
        var nonce = result.AsSpan(prefix.Length, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        aes.Encrypt(
            nonce,
            plain,
            result.AsSpan(prefix.Length + NonceBytes, plain.Length),
            result.AsSpan(result.Length - TagBytes),
            binding
        );
        return result;
    }

    /// <summary>Decrypts nonce, ciphertext and tag; the number of bytes.</summary>
    internal static int Decrypt(AesGcm aes, ReadOnlySpan<byte> bytes, Span<byte> plain, ReadOnlySpan<byte> binding)
    {
        RequireLength(bytes, NonceBytes + TagBytes);
        var length = bytes.Length - NonceBytes - TagBytes;
        aes.Decrypt(bytes[..NonceBytes], bytes[NonceBytes..^TagBytes], bytes[^TagBytes..], plain[..length], binding);
        return length;
    }

    internal static void RequireLength(ReadOnlySpan<byte> bytes, int length)
    {
        if (bytes.Length < length)
            throw new CryptographicException("Encrypted data is cut short.");
    }

    internal static void SetVersion(Span<byte> binding, long version) =>
        BinaryPrimitives.WriteInt64BigEndian(binding[GuidBytes..], version);

    // Ciphertext belongs to one place: moved to another stream or version it does not open.
    private static byte[] Binding(string tenant, Guid stream, long version = 0)
    {
        var binding = new byte[GuidBytes + sizeof(long) + Encoding.UTF8.GetByteCount(tenant)];
        stream.TryWriteBytes(binding, bigEndian: true, out _);
        SetVersion(binding, version);
        Encoding.UTF8.GetBytes(tenant, binding.AsSpan(GuidBytes + sizeof(long)));
        return binding;
    }
}
