using Npgsql;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>Makes the proof of one stream.</summary>
public sealed class ProofBuilder(NpgsqlDataSource writer, Sealer sealer)
{
    private sealed record StoredEvent(
        SealedEvent Sealed,
        string Type,
        string Timestamp,
        string Data,
        string? Actor,
        TileId? Tile
    );

    /// <summary>Seals what is not sealed yet, and proves the stream as it is now.</summary>
    /// <returns>The proof, or null if the tenant has no such stream.</returns>
    /// <exception cref="SealBrokenException">The database no longer holds what was sealed.</exception>
    public Task<ProofBundle?> Build(string tenant, Guid stream, CancellationToken cancellation) =>
        Build(tenant, stream, subjectKey: null, witnessedSizes: [], cancellation);

    /// <summary>Seals what is not sealed yet, and proves the stream as it is now.</summary>
    /// <param name="tenant">The tenant's id, as stored.</param>
    /// <param name="stream">The stream's id.</param>
    /// <param name="subjectKey">
    /// Carried along as it is: what lets the bundle's reader decrypt this one person's data.
    /// </param>
    /// <param name="witnessedSizes">
    /// Sizes of checkpoints that the reader holds from a witness. The last few that each witness of this installation
    /// was given are proven in any case.
    /// </param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The proof, or null if the tenant has no such stream.</returns>
    /// <exception cref="SealBrokenException">The database no longer holds what was sealed.</exception>
    public async Task<ProofBundle?> Build(
        string tenant,
        Guid stream,
        byte[]? subjectKey,
        IReadOnlyList<long> witnessedSizes,
        CancellationToken cancellation
    )
    {
        // Most of the work in short transactions; then the rest, if any, in the one that reads.
        await sealer.SealAll(cancellation);
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var position = await sealer.SealAndHold(connection, cancellation);
        var events = await Events(connection, tenant, stream, position, cancellation);
        var slot = await Slot(connection, tenant, stream, cancellation);
        if (events.Count == 0 && slot is null)
            return null;
        if (events.Count == 0 || slot is null)
            throw new SealBrokenException($"Stream {stream} was sealed with events, or has events, that are gone.");

        var checkpoint = await NewestCheckpoint(connection, tenant, cancellation);
        var sizes = await WitnessedSizes(connection, tenant, checkpoint.Checkpoint.Size, witnessedSizes, cancellation);
        var bundle = await Prove(connection, events, slot.Value, checkpoint, sizes, cancellation);
        await transaction.CommitAsync(cancellation);
        return bundle with { SubjectKey = subjectKey };
    }

    private static async Task<ProofBundle> Prove(
        NpgsqlConnection connection,
        List<StoredEvent> events,
        long slot,
        CheckpointRow signed,
        IReadOnlyList<long> sizes,
        CancellationToken cancellation
    )
    {
        var (checkpoint, last) = (signed.Checkpoint, events[^1].Sealed);
        var tiles = new TileSet(connection);
        var places = await Places(tiles, events, cancellation);
        var log = tiles.Tree(checkpoint.Tenant, SealTree.Log, checkpoint.Size);
        var heads = tiles.Tree(checkpoint.Tenant, SealTree.Heads, checkpoint.HeadsSize);
        var head = SealedLeaf.OfHead(last.Tenant, last.Stream, last.Version, last.Leaf);
        var bundle = await tiles.Compute(
            () =>
                new ProofBundle(
                    ProofBundle.CurrentFormat,
                    checkpoint.Tenant,
                    last.Stream,
                    [
                        .. events.Select(
                            (e, i) =>
                                new ProvenEvent(
                                    e.Sealed.Version,
                                    e.Type,
                                    e.Timestamp,
                                    e.Data,
                                    places[i],
                                    e.Sealed.Leaf,
                                    log.Inclusion(places[i]),
                                    e.Actor
                                )
                        ),
                    ],
                    new ProvenHead(head, slot, heads.Inclusion(slot)),
                    signed.Signed,
                    [.. sizes.Select(size => new ConsistencyProof(size, log.Consistency(size)))]
                ),
            cancellation
        );
        return MerkleProof.Includes(head, slot, checkpoint.HeadsSize, bundle.Head.Proof, checkpoint.HeadsRoot)
            ? bundle
            : throw new SealBrokenException($"Stream {last.Stream} does not end where it was sealed to end.");
    }

    /// <summary>The events' places in the log: a tile tells which of its leaves an event is.</summary>
    private static async Task<List<long>> Places(
        TileSet tiles,
        List<StoredEvent> events,
        CancellationToken cancellation
    )
    {
        var found = await tiles.Load([.. events.Select(e => e.Tile).OfType<TileId>().Distinct()], cancellation);
        return events.ConvertAll(e =>
        {
            var (sequence, _, stream, version, leaf) = e.Sealed;
            var hashes = e.Tile is { } tile ? found[tile] : [];
            for (var i = 0; i < hashes.Length; i += MerkleHash.Bytes)
            {
                if (hashes.AsSpan(i, MerkleHash.Bytes).SequenceEqual(leaf))
                    return e.Tile!.Value.Index * SealTree.Log.TileWidth() + i / MerkleHash.Bytes;
            }

            throw new SealBrokenException(
                $"Event {sequence}, version {version} of stream {stream}, is not what was sealed under that number."
            );
        });
    }

    private static async Task<List<StoredEvent>> Events(
        NpgsqlConnection connection,
        string tenant,
        Guid stream,
        long position,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            $"""
            select {SealedEvent.Columns}, t.index
            from events.mt_events e
            left join lateral (
                select index from events.seal_tiles
                where tenant_id = e.tenant_id and first_seq_id <= e.seq_id order by first_seq_id desc limit 1
            ) t on true
            where e.tenant_id = $1 and e.stream_id = $2 and e.seq_id <= $3 order by e.version
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = tenant },
                new() { Value = stream },
                new() { Value = position },
            },
        };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var events = new List<StoredEvent>();
        while (await rows.ReadAsync(cancellation))
        {
            TileId? tile = rows.IsDBNull(8) ? null : new TileId(tenant, SealTree.Log, 0, rows.GetInt64(8));
            var actor = rows.IsDBNull(7) ? null : rows.GetString(7);
            var time = DateTime.UnixEpoch.AddTicks(SealedEvent.Microseconds(rows, 5) * TimeSpan.TicksPerMicrosecond);
            var (sealing, data) = (SealedEvent.From(rows), rows.GetString(6));
            events.Add(new StoredEvent(sealing, rows.GetString(4), ProvenEvent.FormatTime(time), data, actor, tile));
        }

        return events;
    }

    private static async Task<long?> Slot(
        NpgsqlConnection connection,
        string tenant,
        Guid stream,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            "select position from events.seal_heads where tenant_id = $1 and stream_id = $2",
            connection
        )
        {
            Parameters =
            {
                new() { Value = tenant },
                new() { Value = stream },
            },
        };
        return await command.ExecuteScalarAsync(cancellation) as long?;
    }

    private static async Task<CheckpointRow> NewestCheckpoint(
        NpgsqlConnection connection,
        string tenant,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            $"select {CheckpointRow.Columns} from events.checkpoints c where tenant_id = $1 order by size desc limit 1",
            connection
        )
        {
            Parameters = { new() { Value = tenant } },
        };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return await rows.ReadAsync(cancellation)
            ? CheckpointRow.Read(rows, 0)
            : throw new SealBrokenException($"The checkpoints of tenant {tenant} are gone.");
    }

    private static async Task<IReadOnlyList<long>> WitnessedSizes(
        NpgsqlConnection connection,
        string tenant,
        long size,
        IReadOnlyList<long> asked,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select distinct c.size from events.checkpoint_deliveries d
            cross join lateral (
                select size from events.checkpoints
                where tenant_id = d.tenant_id and size <= d.delivered_size order by size desc limit 8
            ) c
            where d.tenant_id = $1
            """,
            connection
        )
        {
            Parameters = { new() { Value = tenant } },
        };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var sizes = new SortedSet<long>(asked);
        while (await rows.ReadAsync(cancellation))
            sizes.Add(rows.GetInt64(0));

        return [.. sizes.Where(earlier => earlier > 0 && earlier < size)];
    }
}
