using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Brings the tables of one schema up to the end of the log. A round is one transaction: it takes the follower's
/// lease, reads on from its position, writes, and moves the position. Two nodes never run one follower, a killed one
/// holds nothing, and an event it cannot apply stops it there.
/// </summary>
/// <param name="fillsShadow">
/// The schema is a rebuild's own, filled from nothing and made anew after a crash: its commits need not wait for a
/// disk.
/// </param>
internal sealed class ProjectionFollower(
    NpgsqlDataSource writer,
    LogScanner scanner,
    IReadOnlyList<IProjection> projections,
    string name,
    string schema,
    bool fillsShadow = false
)
{
    // Measured: a few rounds are in memory at once, and with four times as many events collecting what they hold on to
    // costs half as much again as reading it.
    private const int MostEvents = 1_000;

    /// <summary>Runs rounds until the end of the log; false where another node holds the lease.</summary>
    public async Task<bool> CatchUp(CancellationToken cancellation, Action<long>? progress = null)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        ReadAhead? ahead = null;
        try
        {
            while (true)
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                if (await TakeLease(connection, cancellation) is not { } position)
                    return false;

                if (ahead?.Position != position)
                {
                    // The first round, or another node has moved the position meanwhile.
                    await Stop(ahead);
                    ahead = new ReadAhead(writer, scanner, position, MostEvents);
                }

                var events = await ahead.Next(cancellation);
                if (events.Count > 0)
                {
                    await Write(connection, events, cancellation);
                    await Move(connection, position, events[^1].Sequence, cancellation);
                    await transaction.CommitAsync(cancellation);
                }

                progress?.Invoke(events.Count);
                if (events.Count < MostEvents)
                    return true;
            }
        }
        finally
        {
            await Stop(ahead);
        }

        static ValueTask Stop(ReadAhead? ahead) => ahead?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private async Task Write(
        NpgsqlConnection connection,
        IReadOnlyList<RecordedEvent> events,
        CancellationToken cancellation
    )
    {
        if (fillsShadow)
        {
            foreach (var projection in projections)
                await projection.Fill(events, schema, connection, cancellation);

            await using var unawaited = new NpgsqlCommand("set local synchronous_commit = off", connection);
            await unawaited.ExecuteNonQueryAsync(cancellation);
            return;
        }

        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (var projection in projections)
            projection.Write(events, schema, batch);

        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<long?> TakeLease(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(
            "insert into events.followers (name, position) values ($1, 0) on conflict (name) do nothing",
            new NpgsqlParameter<string> { TypedValue = name }
        );
        batch.Add(
            "select pg_try_advisory_xact_lock(hashtextextended('schemahub follower ' || $1, 0))",
            new NpgsqlParameter<string> { TypedValue = name }
        );
        // A statement of its own, which sees what the lease's last holder committed.
        batch.Add(
            "select p.position from events.followers p where p.name = $1",
            new NpgsqlParameter<string> { TypedValue = name }
        );
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        if (!reader.GetBoolean(0))
            return null;

        await reader.NextResultAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return reader.GetInt64(0);
    }

    private async Task Move(NpgsqlConnection connection, long from, long to, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            update events.followers
            set position = $3, moved_at = now()
            where name = $1 and position = $2
            """,
            connection
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = to });
        if (await command.ExecuteNonQueryAsync(cancellation) != 1)
            throw new InvalidOperationException($"The follower {name} was moved from {from} by somebody else.");
    }
}
