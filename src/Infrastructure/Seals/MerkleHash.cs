using System.Security.Cryptography;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// The hashes of RFC 9162 section 2.1.1: leaves and nodes carry different prefixes, so neither passes as the other.
/// </summary>
public static class MerkleHash
{
    /// <summary>The length of every hash, in bytes.</summary>
    public const int Bytes = SHA256.HashSizeInBytes;

    /// <summary>The hash of a leaf that holds this entry.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> entry)
    {
        var prefixed = new byte[1 + entry.Length];
        entry.CopyTo(prefixed.AsSpan(1));
        return SHA256.HashData(prefixed);
    }

    /// <summary>The hash of a node over its two children.</summary>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var node = new byte[Bytes];
        Node(left, right, node);
        return node;
    }

    /// <summary>The root over hashes that lie one after another; their number is a power of two.</summary>
    public static byte[] Root(ReadOnlySpan<byte> hashes)
    {
        if (hashes.Length == Bytes)
            return hashes.ToArray();

        var count = hashes.Length / Bytes;
        Span<byte> row = stackalloc byte[count / 2 * Bytes];
        for (scoped var source = hashes; count > 1; source = row, count /= 2)
        {
            // A parent lands left of its children, so a row can be folded into the place it is read from.
            for (var i = 0; i < count / 2; i++)
                Node(
                    source.Slice(2 * i * Bytes, Bytes),
                    source.Slice((2 * i + 1) * Bytes, Bytes),
                    row.Slice(i * Bytes)
                );
        }

        return row[..Bytes].ToArray();
    }

    private static void Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> into)
    {
        Span<byte> children = stackalloc byte[1 + 2 * Bytes];
        children[0] = 1;
        left.CopyTo(children[1..]);
        right.CopyTo(children[(1 + Bytes)..]);
        SHA256.HashData(children, into);
    }
}
