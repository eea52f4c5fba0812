using Npgsql;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>The stored tiles a computation over the trees needs, read in one statement.</summary>
internal sealed class TileSet(NpgsqlConnection connection)
{
    private static readonly byte[] Blank = new byte[SealTree.Log.TileWidth() * MerkleHash.Bytes];

    private readonly Dictionary<TileId, byte[]> _tiles = [];
    private readonly HashSet<TileId> _missing = [];

    public MerkleTree Tree(string tenant, SealTree tree, long size) =>
        new(size, tree.TileHeight(), (level, index) => Read(new TileId(tenant, tree, (short)level, index)));

    public byte[] this[TileId id] => _tiles[id];

    /// <summary>
    /// Computes twice: which tiles are asked for does not depend on what they hold, so the first time tells which
    /// to read and the second time has them.
    /// </summary>
    public async Task<T> Compute<T>(Func<T> computation, CancellationToken cancellation)
    {
        var result = computation();
        if (_missing.Count == 0)
            return result;

        await Load([.. _missing], cancellation);
        _missing.Clear();
        return computation();
    }

    public async Task<Dictionary<TileId, byte[]>> Load(IReadOnlyList<TileId> ids, CancellationToken cancellation)
    {
        // One look-up a tile, whatever the planner thinks of sorting the whole table instead: hence the offset.
        await using var command = new NpgsqlCommand(
            """
            select w.tenant_id, w.tree, w.level, w.index, t.hashes
            from unnest($1, $2, $3, $4) as w (tenant_id, tree, level, index)
            cross join lateral (
                select hashes from events.seal_tiles
                where tenant_id = w.tenant_id and tree = w.tree and level = w.level and index = w.index
                offset 0
            ) t
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = ids.Select(id => id.Tenant).ToArray() },
                new() { Value = ids.Select(id => (short)id.Tree).ToArray() },
                new() { Value = ids.Select(id => id.Level).ToArray() },
                new() { Value = ids.Select(id => id.Index).ToArray() },
            },
        };
        await using (var rows = await command.ExecuteReaderAsync(cancellation))
        {
            while (await rows.ReadAsync(cancellation))
            {
                var id = new TileId(rows.GetString(0), (SealTree)rows.GetInt16(1), rows.GetInt16(2), rows.GetInt64(3));
                _tiles[id] = rows.GetFieldValue<byte[]>(4);
            }
        }

        var lost = ids.Where(id => !_tiles.ContainsKey(id)).Take(1).ToList();
        return lost.Count == 0 ? _tiles : throw new SealBrokenException($"The sealed tile {lost[0]} is gone.");
    }

    private byte[] Read(TileId id)
    {
        if (_tiles.TryGetValue(id, out var tile))
            return tile;

        _missing.Add(id);
        return Blank;
    }
}
