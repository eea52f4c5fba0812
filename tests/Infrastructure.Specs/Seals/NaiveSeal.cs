using System.Text;
using Npgsql;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>What the trees must be, recomputed from nothing but the events.</summary>
internal static class NaiveSeal
{
    /// <summary>
    /// Every stored tile, and the newest checkpoint of every tenant, are those of the events as they are now.
    /// </summary>
    public static async Task ShouldBeSealed(this SealDatabase database)
    {
        var logs = new Dictionary<string, List<byte[]>>(StringComparer.Ordinal);
        var heads = new Dictionary<string, List<(Guid Stream, byte[] Leaf)>>(StringComparer.Ordinal);
        await foreach (var (tenant, stream, version, leaf) in Events(database))
        {
            if (logs.TryAdd(tenant, []))
                heads.Add(tenant, []);
            logs[tenant].Add(leaf);
            var head = (stream, SealedLeaf.OfHead(tenant, stream, version, leaf));
            var slot = heads[tenant].FindIndex(known => known.Stream == stream);
            if (slot < 0)
                heads[tenant].Add(head);
            else
                heads[tenant][slot] = head;
        }

        var expected = new Dictionary<TileId, string>();
        foreach (var tenant in logs.Keys)
        {
            AddTiles(expected, tenant, SealTree.Log, logs[tenant]);
            AddTiles(expected, tenant, SealTree.Heads, heads[tenant].ConvertAll(head => head.Leaf));
        }

        (await Tiles(database)).ShouldBe(expected, ignoreOrder: true);
        (await Checkpoints(database)).ShouldBe(
            logs.Keys.Select(tenant =>
                (
                    tenant,
                    (long)logs[tenant].Count,
                    Root(logs[tenant]),
                    Root(heads[tenant].ConvertAll(head => head.Leaf))
                )
            ),
            ignoreOrder: true
        );
    }

    private static void AddTiles(Dictionary<TileId, string> tiles, string tenant, SealTree tree, List<byte[]> hashes)
    {
        var width = tree == SealTree.Log ? 64 : 16;
        for (short level = 0; hashes.Count > 0; level++)
        {
            var chunks = hashes.Chunk(width).ToList();
            for (var index = 0; index < chunks.Count; index++)
                tiles.Add(
                    new TileId(tenant, tree, level, index),
                    Convert.ToHexString([.. chunks[index].SelectMany(h => h)])
                );

            hashes = [.. chunks.Where(chunk => chunk.Length == width).Select(chunk => NaiveMerkleTree.Root(chunk))];
        }
    }

    private static string Root(List<byte[]> leaves) => Convert.ToHexString(NaiveMerkleTree.Root(leaves.ToArray()));

    private static async IAsyncEnumerable<(string, Guid, long, byte[])> Events(SealDatabase database)
    {
        await using var rows = await Query(
            database,
            """
            select tenant_id, stream_id, version, type,
                (extract(epoch from timestamp) * 1000000)::bigint, data::text, headers ->> 'id'
            from events.mt_events order by seq_id
            """
        );
        while (await rows.ReadAsync())
        {
            var (tenant, stream, version) = (rows.GetString(0), rows.GetGuid(1), rows.GetInt64(2));
            var data = Encoding.UTF8.GetBytes(rows.GetString(5));
            var actor = await rows.IsDBNullAsync(6) ? null : rows.GetString(6);
            yield return (
                tenant,
                stream,
                version,
                SealedLeaf.OfEvent(tenant, stream, version, rows.GetString(3), rows.GetInt64(4), data, actor)
            );
        }
    }

    private static async Task<Dictionary<TileId, string>> Tiles(SealDatabase database)
    {
        await using var rows = await Query(
            database,
            "select tenant_id, tree, level, index, hashes from events.seal_tiles"
        );
        var tiles = new Dictionary<TileId, string>();
        while (await rows.ReadAsync())
        {
            tiles.Add(
                new TileId(rows.GetString(0), (SealTree)rows.GetInt16(1), rows.GetInt16(2), rows.GetInt64(3)),
                Convert.ToHexString(rows.GetFieldValue<byte[]>(4))
            );
        }

        return tiles;
    }

    private static async Task<List<(string, long, string, string)>> Checkpoints(SealDatabase database)
    {
        await using var rows = await Query(
            database,
            """
            select distinct on (tenant_id) tenant_id, size, log_root, heads_root from events.checkpoints
            order by tenant_id, size desc
            """
        );
        var checkpoints = new List<(string, long, string, string)>();
        while (await rows.ReadAsync())
        {
            checkpoints.Add(
                (
                    rows.GetString(0),
                    rows.GetInt64(1),
                    Convert.ToHexString(rows.GetFieldValue<byte[]>(2)),
                    Convert.ToHexString(rows.GetFieldValue<byte[]>(3))
                )
            );
        }

        return checkpoints;
    }

    private static async Task<NpgsqlDataReader> Query(SealDatabase database, string sql)
    {
        var connection = await database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteReaderAsync(System.Data.CommandBehavior.CloseConnection);
    }
}
