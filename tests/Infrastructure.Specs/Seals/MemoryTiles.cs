using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>One tree in memory, edited with nothing but the tiles an edit says it must read.</summary>
internal sealed class MemoryTiles(SealTree tree)
{
    private readonly Dictionary<TileId, byte[]> _tiles = [];
    private long _size;

    public MerkleTree Tree(long size) => new(size, tree.TileHeight(), Read);

    private ReadOnlyMemory<byte> Read(int level, long index) => _tiles[new TileId("t", tree, (short)level, index)];

    public void Append(byte[][] leaves) => Edit([.. leaves.Select((leaf, i) => (_size + i, leaf))]);

    public void Edit((long Position, byte[] Hash)[] leaves)
    {
        var edit = new TileEdit("t", tree, _size, leaves);
        var read = edit.TilesToRead().ToDictionary(id => id, id => _tiles[id].ToArray());
        var changed = new HashSet<TileId>();
        edit.Apply(read, changed);
        foreach (var id in changed)
            _tiles[id] = read[id];
        _size = Math.Max(_size, leaves[^1].Position + 1);
    }
}
