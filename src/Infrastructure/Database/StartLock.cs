using System.Data;
using System.Globalization;
using Npgsql;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// Locks that programs take one after the other when they start. Waiting for one ends, with a message that names who
/// holds it.
/// </summary>
internal static class StartLock
{
    /// <summary>How long a program waits for another one's start.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Takes an advisory lock for the session; its caller releases it.</summary>
    /// <param name="purpose">What the lock is for, as the message says it.</param>
    /// <exception cref="StartBlockedException">It was not free within <paramref name="patience"/>.</exception>
    public static Task Take(
        NpgsqlConnection connection,
        long key,
        string purpose,
        TimeSpan patience,
        CancellationToken cancellation
    ) =>
        Run(
            connection,
            $"select pg_advisory_lock({Text(key)})",
            $"""
            l.locktype = 'advisory' and l.objsubid = 1
                and l.database = (select d.oid from pg_database d where d.datname = current_database())
                and l.classid = {Text((key >> 32) & 0xFFFF_FFFF)}::bigint::oid
                and l.objid = {Text(key & 0xFFFF_FFFF)}::bigint::oid
            """,
            purpose,
            patience,
            cancellation
        );

    /// <summary>Releases what <see cref="Take"/> took. A session that is gone holds nothing.</summary>
    public static async Task Release(NpgsqlConnection connection, long key)
    {
        if (connection.State != ConnectionState.Open)
            return;

        await using var release = new NpgsqlCommand($"select pg_advisory_unlock({Text(key)})", connection);
        await release.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Runs a statement that waits for a lock.</summary>
    /// <param name="lockCondition">What tells the lock in <c>pg_locks l</c>.</param>
    /// <exception cref="StartBlockedException">It was not free within <paramref name="patience"/>.</exception>
    public static async Task Run(
        NpgsqlConnection connection,
        string statement,
        string lockCondition,
        string purpose,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        try
        {
            await using var waiting = new NpgsqlCommand(
                $"set lock_timeout = {Text((long)patience.TotalMilliseconds)}; {statement}; reset lock_timeout",
                connection
            )
            {
                CommandTimeout = 0,
            };
            await waiting.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException blocked) when (blocked.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            var holders = await Holders(connection, lockCondition, cancellation);
            throw new StartBlockedException(
                $"The lock for {purpose} was not free within {patience.TotalSeconds:0.#} seconds. {holders}",
                blocked
            );
        }
    }

    /// <summary>Who holds a lock, in words.</summary>
    /// <param name="lockCondition">Of <c>pg_locks l</c>, and its holder in <c>pg_stat_activity a</c>.</param>
    public static async Task<string> Holders(
        NpgsqlConnection connection,
        string lockCondition,
        CancellationToken cancellation
    )
    {
        // Ends a transaction that the time-out has aborted; without one it does nothing.
        await using var command = new NpgsqlCommand(
            $"""
            rollback;
            select distinct l.pid, a.usename::text, a.application_name,
                to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
                to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
            from pg_locks l
            left join pg_stat_activity a on a.pid = l.pid
            where l.granted and {lockCondition}
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var holders = new List<string>();
        while (await reader.ReadAsync(cancellation))
            holders.Add(
                reader.IsDBNull(0)
                    ? "a prepared transaction holds it (see pg_prepared_xacts)"
                    : $"process {Text(reader.GetInt32(0))} of PostgreSQL holds it: role {Named(reader, 1)}, "
                        + $"application \"{Named(reader, 2)}\", connected since {Named(reader, 3)}, "
                        + $"in a transaction since {Named(reader, 4)}"
            );

        return holders.Count == 0
            ? "Its holder has ended just now: try again."
            : $"Now {string.Join("; ", holders)}. Wait until it is done, or end it with "
                + "select pg_terminate_backend(<process>).";
    }

    private static string Named(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? "unknown" : reader.GetString(column);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Another program holds a lock that every start needs.</summary>
public sealed class StartBlockedException(string message, Exception? inner = null) : Exception(message, inner);
