using Npgsql;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The session that appends to the log. Its settings bound how long it can keep the log's lock from the other nodes,
/// whatever becomes of this one: stopped, cut off, or slow.
/// </summary>
internal static class WriterSession
{
    // A node that is stopped or cut off inside a transaction loses it after this time.
    private const string LongestIdle = "5s";

    // Longer than that, so that the other nodes wait for the lock and do not fail.
    private const string LongestWait = "10s";

    /// <summary>
    /// Everything a batch does, the checks of foreign keys included, is a look-up by key. Plans made while the tables
    /// were small would scan them until the next analyze, and most statements would be planned anew in every batch.
    /// A plan that may not scan looks so dear to the server that it would compile it, each time.
    /// A node that has vanished is noticed by the server's own probes.
    /// </summary>
    private const string Settings = $"""
        set enable_seqscan = off;
        set jit = off;
        set plan_cache_mode = force_generic_plan;
        set idle_in_transaction_session_timeout = '{LongestIdle}';
        set lock_timeout = '{LongestWait}';
        set statement_timeout = '15s';
        set tcp_keepalives_idle = 5;
        set tcp_keepalives_interval = 2;
        set tcp_keepalives_count = 3;
        set tcp_user_timeout = '10s'
        """;

    /// <summary>
    /// Connections for such sessions: never pooled, since their settings are for this one purpose.
    /// </summary>
    public static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder writer) =>
        NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(writer.ConnectionString)
            {
                Pooling = false,
                ApplicationName = "schemahub log",
                CommandTimeout = 20,
                CancellationTimeout = 1_000,
            }
        );

    /// <summary>
    /// Bounds one transaction that takes the log's lock in a session that is used for other things too.
    /// </summary>
    public static void AddBounds(NpgsqlBatch transaction)
    {
        transaction.Add($"set local idle_in_transaction_session_timeout = '{LongestIdle}'");
        transaction.Add($"set local lock_timeout = '{LongestWait}'");
    }

    /// <summary>Connects and sets what holds for every batch.</summary>
    public static async Task<NpgsqlConnection> Open(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            await using var settings = new NpgsqlCommand(Settings, connection);
            await settings.ExecuteNonQueryAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
