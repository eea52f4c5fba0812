namespace SchemaHub.Infrastructure.Seals;

/// <summary>Which of a tenant's two trees: of all its events in order, or of the last event of each stream.</summary>
public enum SealTree : short
{
    Log = 0,
    Heads = 1,
}

internal static class SealTrees
{
    /// <summary>
    /// Wide tiles for the log, which only grows; narrow ones for the heads, where each change of a stream reads, hashes
    /// and writes a whole tile on every level.
    /// </summary>
    public static int TileHeight(this SealTree tree) => tree == SealTree.Log ? 6 : 4;

    /// <summary>The number of hashes in a full tile.</summary>
    public static int TileWidth(this SealTree tree) => 1 << tree.TileHeight();
}

/// <summary>Where a tile lies.</summary>
public readonly record struct TileId(string Tenant, SealTree Tree, short Level, long Index);

/// <summary>
/// Leaves to be set in one tree: new ones join at its end without a hole, older ones are replaced.
/// Leaves are in the order of their places, one per place.
/// </summary>
internal sealed record TileEdit(
    string Tenant,
    SealTree Tree,
    long OldSize,
    IReadOnlyList<(long Position, byte[] Hash)> Leaves
)
{
    private readonly int _width = Tree.TileWidth();

    /// <summary>The tiles on the leaves' way up that exist already and must be known before the edit.</summary>
    public IEnumerable<TileId> TilesToRead()
    {
        var newSize = Math.Max(OldSize, Leaves[^1].Position + 1);
        var entries = Leaves.Select(leaf => leaf.Position).ToList();
        for (short level = 0; entries.Count > 0; level++)
        {
            var height = level * Tree.TileHeight();
            var tiles = entries.Select(entry => entry / _width).Distinct().ToList();
            foreach (var tile in tiles.Where(tile => tile * _width < OldSize >> height))
                yield return new TileId(Tenant, Tree, level, tile);

            entries = tiles.Where(tile => (tile + 1) * _width <= newSize >> height).ToList();
        }
    }

    /// <summary>
    /// Sets the leaves in the tiles, and in the levels above the root of each full tile that changed.
    /// </summary>
    public void Apply(Dictionary<TileId, byte[]> tiles, ISet<TileId> changed)
    {
        var entries = Leaves;
        for (short level = 0; entries.Count > 0; level++)
        {
            var roots = new List<(long, byte[])>();
            for (var next = 0; next < entries.Count; )
            {
                var index = entries[next].Position / _width;
                var end = next;
                while (end < entries.Count && entries[end].Position / _width == index)
                    end++;

                var id = new TileId(Tenant, Tree, level, index);
                var tile = Set(tiles.GetValueOrDefault(id), entries, next, end);
                tiles[id] = tile;
                changed.Add(id);
                if (tile.Length == _width * MerkleHash.Bytes)
                    roots.Add((index, MerkleHash.Root(tile)));

                next = end;
            }

            entries = roots;
        }
    }

    private byte[] Set(byte[]? tile, IReadOnlyList<(long Position, byte[] Hash)> entries, int next, int end)
    {
        var count = (int)(entries[end - 1].Position % _width) + 1;
        tile ??= [];
        if (tile.Length < count * MerkleHash.Bytes)
            Array.Resize(ref tile, count * MerkleHash.Bytes);
        for (; next < end; next++)
            entries[next].Hash.CopyTo(tile, (int)(entries[next].Position % _width) * MerkleHash.Bytes);

        return tile;
    }
}
