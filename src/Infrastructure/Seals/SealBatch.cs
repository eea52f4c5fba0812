using Npgsql;
using NpgsqlTypes;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>The next events to be sealed, and how they change the trees of their tenants.</summary>
internal sealed class SealBatch
{
    private readonly Dictionary<string, TenantBatch> _tenants = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    public long LastSequence { get; private set; }

    /// <summary>Events become leaves as they arrive: what they say is never held in memory together.</summary>
    public static async Task<SealBatch> Read(
        NpgsqlConnection connection,
        long from,
        int limit,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            $"""
            select {SealedEvent.Columns}
            from events.log e
            where e.seq_id > $1
            order by e.seq_id
            limit $2
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = from },
                new() { Value = limit },
            },
        };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var batch = new SealBatch();
        while (await rows.ReadAsync(cancellation))
            batch.Add(SealedEvent.From(rows));

        return batch;
    }

    public async Task Save(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await ReadTrees(connection, cancellation);
        var edits = _tenants.Values.SelectMany(tenant => tenant.Edits()).ToList();
        var tileSet = new TileSet(connection);
        var tiles = await tileSet.Load([.. edits.SelectMany(edit => edit.TilesToRead())], cancellation);
        var changed = new HashSet<TileId>();
        foreach (var edit in edits)
            edit.Apply(tiles, changed);

        await Write(connection, [.. changed], tiles, cancellation);
    }

    private void Add(SealedEvent sealing)
    {
        if (!_tenants.TryGetValue(sealing.Tenant, out var tenant))
            _tenants.Add(sealing.Tenant, tenant = new TenantBatch(sealing.Tenant));

        tenant.Add(sealing);
        LastSequence = sealing.Sequence;
        Count++;
    }

    private async Task ReadTrees(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var streams = _tenants
            .Values.SelectMany(tenant => tenant.Streams.Select(stream => (tenant.Tenant, stream)))
            .ToList();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("select tenant_id, size, heads_size from events.seal_trees where tenant_id = any($1)")
                {
                    Parameters = { new() { Value = _tenants.Keys.ToArray() } },
                },
                new(
                    """
                    select w.tenant_id, w.stream_id, h.position
                    from unnest($1, $2) as w (tenant_id, stream_id)
                    cross join lateral (
                        select position from events.seal_heads
                        where tenant_id = w.tenant_id and stream_id = w.stream_id
                        offset 0
                    ) h
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = streams.Select(stream => stream.Tenant).ToArray() },
                        new() { Value = streams.Select(stream => stream.stream).ToArray() },
                    },
                },
            },
        };
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            _tenants[rows.GetString(0)].Grown(rows.GetInt64(1), rows.GetInt64(2));

        await rows.NextResultAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            _tenants[rows.GetString(0)].Place(rows.GetGuid(1), rows.GetInt64(2));
    }

    private async Task Write(
        NpgsqlConnection connection,
        IReadOnlyList<TileId> changed,
        Dictionary<TileId, byte[]> tiles,
        CancellationToken cancellation
    )
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { WriteTiles(changed, tiles), WriteSlots(), WriteTrees() },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlBatchCommand WriteTiles(IReadOnlyList<TileId> changed, Dictionary<TileId, byte[]> tiles) =>
        new(
            """
            insert into events.seal_tiles (tenant_id, tree, level, index, hashes, first_seq_id)
            select tenant_id, tree, level, index, hashes, first_seq_id
            from unnest($1, $2, $3, $4, $5, $6) as t (tenant_id, tree, level, index, hashes, first_seq_id)
            on conflict (tenant_id, tree, level, index) do update set hashes = excluded.hashes
            """
        )
        {
            Parameters =
            {
                new() { Value = changed.Select(id => id.Tenant).ToArray() },
                new() { Value = changed.Select(id => (short)id.Tree).ToArray() },
                new() { Value = changed.Select(id => id.Level).ToArray() },
                new() { Value = changed.Select(id => id.Index).ToArray() },
                new() { Value = changed.Select(id => tiles[id]).ToArray() },
                new()
                {
                    Value = changed.Select(id => _tenants[id.Tenant].FirstSequence(id)).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
                },
            },
        };

    private NpgsqlBatchCommand WriteSlots()
    {
        var slots = _tenants
            .Values.SelectMany(
                tenant => tenant.NewSlots(),
                (tenant, slot) => (tenant.Tenant, slot.Stream, slot.Position)
            )
            .ToList();
        return new(
            """
            insert into events.seal_heads (tenant_id, stream_id, position)
            select tenant_id, stream_id, position from unnest($1, $2, $3) as h (tenant_id, stream_id, position)
            """
        )
        {
            Parameters =
            {
                new() { Value = slots.Select(slot => slot.Tenant).ToArray() },
                new() { Value = slots.Select(slot => slot.Stream).ToArray() },
                new() { Value = slots.Select(slot => slot.Position).ToArray() },
            },
        };
    }

    private NpgsqlBatchCommand WriteTrees()
    {
        var tenants = _tenants.Values;
        return new(
            """
            insert into events.seal_trees (tenant_id, size, heads_size, last_seq_id)
            select tenant_id, size, heads_size, last_seq_id
            from unnest($1, $2, $3, $4) as t (tenant_id, size, heads_size, last_seq_id)
            on conflict (tenant_id) do update
            set size = excluded.size, heads_size = excluded.heads_size, last_seq_id = excluded.last_seq_id
            """
        )
        {
            Parameters =
            {
                new() { Value = tenants.Select(tenant => tenant.Tenant).ToArray() },
                new() { Value = tenants.Select(tenant => tenant.NewSize).ToArray() },
                new() { Value = tenants.Select(tenant => tenant.NewHeadsSize).ToArray() },
                new() { Value = tenants.Select(tenant => tenant.LastSequence).ToArray() },
            },
        };
    }
}
