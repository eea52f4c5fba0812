using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// Opens the personal parts of one stream's events, one after the other: making the cipher ready costs more than
/// opening a part. Of one thread at a time.
/// </summary>
internal sealed class PersonalOpener : IDisposable
{
    private const int MostOnStack = 1_024;

    private readonly AesGcm _cipher;
    private readonly uint _keyId;
    private readonly byte[] _binding;

    /// <param name="binding">Of the stream; the version is filled in for each event.</param>
    public PersonalOpener(ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> key, byte[] binding)
    {
        _keyId = BinaryPrimitives.ReadUInt32LittleEndian(keyId);
        _binding = binding;
        _cipher = new AesGcm(key, SubjectKey.TagBytes);
    }

    /// <summary>
    /// Opens the base64 that the reader stands on; the number of bytes, or 0 where they were sealed under an earlier
    /// key, which was destroyed.
    /// </summary>
    /// <param name="plain">As long as the base64, at least.</param>
    /// <exception cref="CryptographicException">Altered, or moved from another event.</exception>
    public int Open(ref Utf8JsonReader reader, long version, Span<byte> plain)
    {
        Span<byte> bytes = reader.ValueSpan.Length <= MostOnStack ? stackalloc byte[MostOnStack] : default;
        if (
            !bytes.IsEmpty
            && !reader.ValueIsEscaped
            && Base64.DecodeFromUtf8(reader.ValueSpan, bytes, out _, out var length) == OperationStatus.Done
        )
            bytes = bytes[..length];
        else
            bytes = reader.GetBytesFromBase64();

        SubjectKey.RequireLength(bytes, SubjectKey.IdBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != _keyId)
            return 0;

        SubjectKey.SetVersion(_binding, version);
        return SubjectKey.Decrypt(_cipher, bytes[SubjectKey.IdBytes..], plain, _binding);
    }

    public void Dispose() => _cipher.Dispose();
}
