using Npgsql;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Where the database stands in the journal. A writer of the journal holds the log's lock, and takes the number of what
/// it wrote in the same transaction.
/// </summary>
internal static class JournalNumbers
{
    private const string Sql = "select s.journal_number from events.safekeeping s";

    /// <summary>
    /// Takes the log's lock until the transaction ends. It ends by itself when it is idle for longer than a batch may
    /// be.
    /// </summary>
    /// <returns>The last number that is in the database.</returns>
    public static async Task<long> Lock(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        WriterSession.AddBounds(batch);
        // Two statements: the second sees what the lock's last holder committed.
        batch.Add("select pg_advisory_xact_lock($1)", new NpgsqlParameter<long> { TypedValue = BatchWriter.LockKey });
        batch.Add(Sql);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return reader.GetInt64(0);
    }

    /// <summary>
    /// Writes to the journal under the log's lock. Where another node was stopped while it wrote, the file is taken
    /// over from it.
    /// </summary>
    /// <param name="write">Given whether to take over.</param>
    public static async Task Write(NpgsqlConnection locked, Func<bool, Task> write, CancellationToken cancellation)
    {
        try
        {
            await write(false);
        }
        catch (JournalBusyException)
        {
            // The transaction still answers, so the lock is ours, and the other node has lost it.
            await using var ask = new NpgsqlCommand("select", locked);
            await ask.ExecuteNonQueryAsync(cancellation);
            await write(true);
        }
    }

    /// <summary>The last number that is in the database.</summary>
    public static async Task<long> Read(NpgsqlDataSource writer, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        return await Read(connection, cancellation);
    }

    /// <inheritdoc cref="Read(NpgsqlDataSource, CancellationToken)"/>
    public static async Task<long> Read(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The database has everything up to a number.</summary>
    public static async Task Take(NpgsqlConnection connection, long number, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "update events.safekeeping set journal_number = $1 where journal_number < $1",
            connection
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
