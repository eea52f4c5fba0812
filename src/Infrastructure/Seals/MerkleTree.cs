using System.Numerics;
using System.Security.Cryptography;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// The hashes of one tile, one after another: of leaves at level 0, else of the roots of the full tiles below.
/// A tile may hold more hashes than the tree's size needs; those are not looked at.
/// </summary>
public delegate ReadOnlyMemory<byte> TileReader(int level, long index);

/// <summary>
/// A Merkle tree of RFC 9162 section 2.1 over the first <paramref name="size"/> leaves that the tiles hold. A full tile
/// has 2^<paramref name="tileHeight"/> hashes.
/// </summary>
public sealed class MerkleTree(long size, int tileHeight, TileReader tiles)
{
    /// <summary>The hash that stands for all leaves and their order.</summary>
    public byte[] Root() => size == 0 ? SHA256.HashData([]) : Root(0, size);

    /// <summary>What, with the leaf at this place, leads to the root (section 2.1.3.1).</summary>
    public IReadOnlyList<byte[]> Inclusion(long leaf)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(leaf);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leaf, size);
        var proof = new List<byte[]>();
        for (var (start, end) = (0L, size); end - start > 1; )
        {
            var middle = start + Split(end - start);
            (var sibling, (start, end)) =
                leaf < middle ? (Root(middle, end), (start, middle)) : (Root(start, middle), (middle, end));
            proof.Add(sibling);
        }

        proof.Reverse();
        return proof;
    }

    /// <summary>What shows that this tree begins with the leaves of its smaller self (section 2.1.4.1).</summary>
    public IReadOnlyList<byte[]> Consistency(long earlierSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(earlierSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(earlierSize, size);
        var proof = new List<byte[]>();
        var (start, end, isEarlierRoot) = (0L, size, true);
        while (end != earlierSize)
        {
            var middle = start + Split(end - start);
            if (earlierSize <= middle)
            {
                proof.Add(Root(middle, end));
                end = middle;
            }
            else
            {
                proof.Add(Root(start, middle));
                (start, isEarlierRoot) = (middle, false);
            }
        }

        // The verifier knows the earlier tree's own root, and only that.
        if (!isEarlierRoot)
            proof.Add(Root(start, end));

        proof.Reverse();
        return proof;
    }

    private static long Split(long count) => 1L << BitOperations.Log2((ulong)(count - 1));

    private byte[] Root(long start, long end)
    {
        var count = end - start;
        if (BitOperations.IsPow2(count))
            return Perfect(BitOperations.Log2((ulong)count), start);

        var middle = start + Split(count);
        return MerkleHash.Node(Root(start, middle), Root(middle, end));
    }

    /// <summary>The root of 2^height leaves from a start that is a multiple of it: always inside one tile.</summary>
    private byte[] Perfect(int height, long start)
    {
        var (level, inTile) = Math.DivRem(height, tileHeight);
        var first = start >> (level * tileHeight);
        var tile = tiles(level, first >> tileHeight).Span;
        var offset = (int)(first % (1 << tileHeight)) * MerkleHash.Bytes;
        var length = MerkleHash.Bytes << inTile;
        return tile.Length < offset + length
            ? throw new SealBrokenException(
                $"A tile at level {level} of the Merkle tree is shorter than the tree's size."
            )
            : MerkleHash.Root(tile.Slice(offset, length));
    }
}
