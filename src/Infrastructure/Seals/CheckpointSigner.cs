using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>Signs a checkpoint for the tenants whose logs have grown since their last one.</summary>
internal sealed class CheckpointSigner(ISealKey key, TimeProvider clock)
{
    // Bounds a transaction when an import touched every tenant of a large installation.
    private const int AtOnce = 1_000;

    /// <returns>Whether more tenants wait for a checkpoint.</returns>
    public async Task<bool> Sign(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var waiting = await Waiting(connection, cancellation);
        if (waiting.Count == 0)
            return false;

        var tiles = new TileSet(connection);
        var now = clock.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var (checkpoints, before) = await tiles.Compute(
            () =>
                (
                    waiting.ConvertAll(tenant => tenant.ToCheckpoint(tiles, key, now)),
                    waiting.ConvertAll(tenant => tenant.RootBefore(tiles))
                ),
            cancellation
        );
        for (var i = 0; i < waiting.Count; i++)
            waiting[i].RequireSameBeginning(before[i]);

        await Save(connection, checkpoints, cancellation);
        SealMetrics.Checkpoints.Add(checkpoints.Count);
        return waiting.Count == AtOnce;
    }

    private static async Task<List<WaitingTenant>> Waiting(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select t.tenant_id, t.size, t.heads_size, t.last_seq_id, c.tenant_id is not null, {CheckpointRow.Columns}
            from events.seal_trees t
            left join events.checkpoints c on c.tenant_id = t.tenant_id and c.size = t.checkpoint_size
            where t.size > t.checkpoint_size order by t.tenant_id limit {AtOnce}
            """,
            connection
        );
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var waiting = new List<WaitingTenant>();
        while (await rows.ReadAsync(cancellation))
        {
            var previous = rows.GetBoolean(4) ? CheckpointRow.Read(rows, 5).Checkpoint : null;
            waiting.Add(new(rows.GetString(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), previous));
        }

        return waiting;
    }

    private async Task Save(NpgsqlConnection connection, List<Checkpoint> checkpoints, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(
                    """
                    insert into events.checkpoints (tenant_id, size, log_root, heads_size, heads_root, last_seq_id,
                        sealed_at, previous_hash, signature, key_id)
                    select tenant_id, size, log_root, heads_size, heads_root, last_seq_id,
                        sealed_at, previous_hash, signature, key_id
                    from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as c (tenant_id, size, log_root, heads_size,
                        heads_root, last_seq_id, sealed_at, previous_hash, signature, key_id)
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = checkpoints.Select(c => c.Tenant).ToArray() },
                        new() { Value = checkpoints.Select(c => c.Size).ToArray() },
                        new() { Value = checkpoints.Select(c => c.LogRoot).ToArray() },
                        new() { Value = checkpoints.Select(c => c.HeadsSize).ToArray() },
                        new() { Value = checkpoints.Select(c => c.HeadsRoot).ToArray() },
                        new() { Value = checkpoints.Select(c => c.LastSequence).ToArray() },
                        new() { Value = checkpoints.Select(c => c.SealedAt).ToArray() },
                        new()
                        {
                            Value = checkpoints.Select(c => c.PreviousHash).ToArray(),
                            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
                        },
                        new() { Value = checkpoints.Select(c => key.Sign(Encoding.UTF8.GetBytes(c.Note()))).ToArray() },
                        new() { Value = checkpoints.Select(c => c.KeyId).ToArray() },
                    },
                },
                new("update events.seal_trees set checkpoint_size = size where tenant_id = any($1)")
                {
                    Parameters = { new() { Value = checkpoints.Select(c => c.Tenant).ToArray() } },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private sealed record WaitingTenant(
        string Tenant,
        long Size,
        long HeadsSize,
        long LastSequence,
        Checkpoint? Previous
    )
    {
        public byte[]? RootBefore(TileSet tiles) =>
            Previous is null ? null : tiles.Tree(Tenant, SealTree.Log, Previous.Size).Root();

        /// <summary>A log that was changed behind the sealer's back is not signed anew.</summary>
        /// <exception cref="SealBrokenException">The log does not begin as it was signed before.</exception>
        public void RequireSameBeginning(byte[]? root)
        {
            if (Previous is not null && !root.AsSpan().SequenceEqual(Previous.LogRoot))
                throw new SealBrokenException(
                    $"The sealed log of tenant {Tenant} no longer begins as its last checkpoint says; "
                        + "nothing is signed."
                );
        }

        public Checkpoint ToCheckpoint(TileSet tiles, ISealKey key, DateTimeOffset now) =>
            new(
                Tenant,
                Size,
                tiles.Tree(Tenant, SealTree.Log, Size).Root(),
                HeadsSize,
                tiles.Tree(Tenant, SealTree.Heads, HeadsSize).Root(),
                LastSequence,
                now,
                Previous?.Hash(),
                key.KeyId
            );
    }
}
