using System.Numerics;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>Checks proofs without the tree; nothing in them is trusted.</summary>
public static class MerkleProof
{
    /// <summary>Whether the leaf lies at this place of the tree with this root (RFC 9162 section 2.1.3.2).</summary>
    public static bool Includes(byte[] leaf, long position, long size, IReadOnlyList<byte[]> proof, byte[] root)
    {
        if (position < 0 || position >= size || !AreHashes(proof) || leaf is not { Length: MerkleHash.Bytes })
            return false;

        var (node, last, hash) = (position, size - 1, leaf);
        foreach (var sibling in proof)
        {
            if (last == 0)
                return false;

            if (IsRight(node) || node == last)
            {
                hash = MerkleHash.Node(sibling, hash);
                (node, last) = SkipLevelsWithoutSibling(node, last);
            }
            else
            {
                hash = MerkleHash.Node(hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>Whether the later tree begins with all leaves of the earlier (RFC 9162 section 2.1.4.2).</summary>
    public static bool IsConsistent(
        long earlierSize,
        byte[] earlierRoot,
        long laterSize,
        byte[] laterRoot,
        IReadOnlyList<byte[]> proof
    )
    {
        if (earlierSize < 1 || earlierSize > laterSize || !AreHashes(proof))
            return false;
        if (earlierSize == laterSize)
            return proof.Count == 0 && earlierRoot.AsSpan().SequenceEqual(laterRoot);

        var path = BitOperations.IsPow2(earlierSize) ? [earlierRoot, .. proof] : proof;
        if (path.Count == 0)
            return false;

        var (node, last) = (earlierSize - 1, laterSize - 1);
        for (; IsRight(node); node >>= 1)
            last >>= 1;

        var (earlier, later) = (path[0], path[0]);
        foreach (var sibling in path.Skip(1))
        {
            if (last == 0)
                return false;

            if (IsRight(node) || node == last)
            {
                (earlier, later) = (MerkleHash.Node(sibling, earlier), MerkleHash.Node(sibling, later));
                (node, last) = SkipLevelsWithoutSibling(node, last);
            }
            else
            {
                later = MerkleHash.Node(later, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && earlier.AsSpan().SequenceEqual(earlierRoot) && later.AsSpan().SequenceEqual(laterRoot);
    }

    private static bool IsRight(long node) => (node & 1) == 1;

    private static bool AreHashes(IReadOnlyList<byte[]> proof) =>
        proof.All(hash => hash is { Length: MerkleHash.Bytes });

    private static (long Node, long Last) SkipLevelsWithoutSibling(long node, long last)
    {
        for (; !IsRight(node) && node != 0; node >>= 1)
            last >>= 1;

        return (node, last);
    }
}
