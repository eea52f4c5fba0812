using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// What a seal says about an event and about the head of its stream. The encodings are for ever: each field follows
/// its length (4 bytes, big-endian), so no two different facts have the same encoding.
/// </summary>
public static class SealedLeaf
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>The leaf hash of an event.</summary>
    /// <param name="tenant">The tenant's id, as stored.</param>
    /// <param name="stream">The stream's id.</param>
    /// <param name="version">The event's number in its stream, from 1.</param>
    /// <param name="type">The event's stored name.</param>
    /// <param name="microseconds">The event's timestamp since the Unix epoch.</param>
    /// <param name="data">The event's data in UTF-8, exactly as PostgreSQL prints its jsonb.</param>
    /// <param name="actor">Who did it, by an id that names no person; null where the log does not know.</param>
    public static byte[] OfEvent(
        string tenant,
        Guid stream,
        long version,
        string type,
        long microseconds,
        ReadOnlySpan<byte> data,
        string? actor = null
    )
    {
        var fields = Start(actor is null ? "schemahub event 1" : "schemahub event 2");
        Write(fields, tenant);
        Write(fields, stream);
        Write(fields, version);
        Write(fields, type);
        Write(fields, microseconds);
        Write(fields, data);
        if (actor is not null)
            Write(fields, actor);

        return Hash(fields);
    }

    /// <summary>The leaf hash of a stream's head: which version is its last, and what that event's leaf is.</summary>
    public static byte[] OfHead(string tenant, Guid stream, long version, ReadOnlySpan<byte> lastEventLeaf)
    {
        var fields = Start("schemahub head 1");
        Write(fields, tenant);
        Write(fields, stream);
        Write(fields, version);
        Write(fields, lastEventLeaf);
        return Hash(fields);
    }

    private static byte[] Hash(ArrayBufferWriter<byte> fields)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(fields.WrittenSpan, digest);
        return MerkleHash.Leaf(digest);
    }

    private static ArrayBufferWriter<byte> Start(string kind)
    {
        // Tens of thousands of leaves a second: one buffer per thread instead of one per leaf.
        var fields = _buffer ??= new ArrayBufferWriter<byte>(4096);
        fields.ResetWrittenCount();
        Write(fields, kind);
        return fields;
    }

    private static void Write(ArrayBufferWriter<byte> fields, string text)
    {
        WriteLength(fields, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, fields);
    }

    private static void Write(ArrayBufferWriter<byte> fields, ReadOnlySpan<byte> bytes)
    {
        WriteLength(fields, bytes.Length);
        fields.Write(bytes);
    }

    private static void Write(ArrayBufferWriter<byte> fields, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Write(fields, bytes);
    }

    private static void Write(ArrayBufferWriter<byte> fields, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        Write(fields, bytes);
    }

    private static void WriteLength(ArrayBufferWriter<byte> fields, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(fields.GetSpan(sizeof(int)), length);
        fields.Advance(sizeof(int));
    }
}
