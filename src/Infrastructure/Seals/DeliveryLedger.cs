using System.Data;
using Npgsql;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>A tenant with checkpoints that a witness has not got; zero events delivered if it has none.</summary>
internal sealed record DueDelivery(string Tenant, long DeliveredSize, int Attempts);

/// <summary>How far one witness has come, in <c>events.checkpoint_deliveries</c>.</summary>
internal sealed class DeliveryLedger(NpgsqlConnection connection, string witness)
{
    /// <summary>
    /// Lets one node at a time deliver to a witness. A lock of the session: a witness may take minutes, and a
    /// transaction of minutes holds back the vacuum.
    /// </summary>
    public async Task<bool> TryLock(CancellationToken cancellation)
    {
        await using var command = LockCommand("pg_try_advisory_lock");
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>A pooled session would keep its lock until its next use; a broken one has lost it already.</summary>
    public async Task Unlock()
    {
        if (connection.FullState != ConnectionState.Open)
            return;

        await using var command = LockCommand("pg_advisory_unlock");
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    public async Task<List<DueDelivery>> Due(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select t.tenant_id, coalesce(d.delivered_size, 0), coalesce(d.attempts, 0)
            from events.seal_trees t
            left join events.checkpoint_deliveries d on d.witness = $1 and d.tenant_id = t.tenant_id
            where t.checkpoint_size > coalesce(d.delivered_size, 0) and coalesce(d.due_at <= $2, true)
            order by t.tenant_id
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = witness },
                new() { Value = now },
            },
        };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var due = new List<DueDelivery>();
        while (await rows.ReadAsync(cancellation))
            due.Add(new(rows.GetString(0), rows.GetInt64(1), rows.GetInt32(2)));

        return due;
    }

    /// <summary>The next checkpoints in their order, or only the newest.</summary>
    public async Task<List<CheckpointRow>> Pending(
        DueDelivery due,
        int limit,
        bool isNewestFirst,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            $"""
            select {CheckpointRow.Columns} from events.checkpoints c
            where tenant_id = $1 and size > $2 order by size {(isNewestFirst ? "desc" : "asc")} limit $3
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = due.Tenant },
                new() { Value = due.DeliveredSize },
                new() { Value = limit },
            },
        };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var pending = new List<CheckpointRow>();
        while (await rows.ReadAsync(cancellation))
            pending.Add(CheckpointRow.Read(rows, 0));

        return pending.Count > 0
            ? pending
            : throw new SealBrokenException($"The checkpoints of tenant {due.Tenant} are gone.");
    }

    public async Task Delivered(
        DueDelivery due,
        long size,
        DateTimeOffset now,
        DateTimeOffset dueAt,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            insert into events.checkpoint_deliveries
                (witness, tenant_id, delivered_size, delivered_at, due_at, attempts, last_error)
            values ($1, $2, $4, $5, $6, 0, null)
            on conflict (witness, tenant_id) do update
            set delivered_size = $4, delivered_at = $5, due_at = $6, attempts = 0, last_error = null
            where checkpoint_deliveries.delivered_size = $3
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = witness },
                new() { Value = due.Tenant },
                new() { Value = due.DeliveredSize },
                new() { Value = size },
                new() { Value = now },
                new() { Value = dueAt },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellation) != 1)
            throw new InvalidOperationException(
                $"Another node has delivered checkpoints of {due.Tenant} to {witness}."
            );
    }

    public async Task Failed(DueDelivery due, string error, DateTimeOffset dueAt, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into events.checkpoint_deliveries
                (witness, tenant_id, delivered_size, delivered_at, due_at, attempts, last_error)
            values ($1, $2, 0, null, $3, 1, $4)
            on conflict (witness, tenant_id) do update
            set due_at = $3, attempts = checkpoint_deliveries.attempts + 1, last_error = $4
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = witness },
                new() { Value = due.Tenant },
                new() { Value = dueAt },
                new() { Value = error },
            },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlCommand LockCommand(string function) =>
        new($"select {function}(hashtextextended('schemahub.witness ' || $1, 0))", connection)
        {
            Parameters = { new() { Value = witness } },
        };
}
