using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// Ends sessions of SQL readers that go beyond their limits, which they can take off their own settings, and revokes
/// readers of closed organizations. Every node runs it; one at a time looks.
/// </summary>
public sealed partial class ReaderWatchdog(
    Installation installation,
    ReaderLimits limits,
    TimeProvider clock,
    ILogger<ReaderWatchdog> logger
)
{
    private const long LockKey = 0x5348_5245_4144; // "SHREAD"

    // What was asked for is ended without a doubt; only sessions that are gone when this returns are counted.
    private const string EndSessions = """
        with session as materialized (
            select a.pid, a.usename::text as role, a.state, t.now - a.query_start as in_query,
                t.now - a.state_change as in_state, t.now - a.xact_start as in_transaction,
                row_number() over (order by a.place_in_role, a.backend_start, a.pid) as place
            from (
                select s.pid, s.usename, s.state, s.query_start, s.state_change, s.xact_start, s.backend_start,
                    row_number() over (partition by s.usename order by s.backend_start, s.pid) as place_in_role
                from pg_stat_activity s
                join access.readers r on r.role_name = s.usename
            ) a
            cross join (select clock_timestamp() as now) t
        ),
        judged as materialized (
            select s.pid, s.role,
                case
                    when s.state in ('active', 'fastpath function call') and s.in_query > $1 then 'statement'
                    when s.state like 'idle in transaction%' and s.in_state > $2 then 'idle_in_transaction'
                    when s.in_transaction > $3 then 'transaction'
                    when s.state = 'idle' and s.in_state > $4 then 'idle'
                    when s.place > $5 then 'connections'
                    when s.in_transaction > $6 and pg_notification_queue_usage() > $7 then 'notifications'
                end as reason
            from session s
        )
        select j.role, j.reason, pg_terminate_backend(j.pid, 1000) from judged j where j.reason is not null
        """;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    // A session that listens reads notifications between its transactions: one this long holds the queue up.
    private static readonly TimeSpan HoldsQueueUp = TimeSpan.FromSeconds(5);

    private static readonly Meter Meter = new("SchemaHub.Readers");

    private static readonly Counter<long> SessionsEnded = Meter.CreateCounter<long>(
        "schemahub.readers.sessions_ended",
        "{session}",
        "Sessions of SQL readers that were ended, by the limit they went beyond."
    );

    private static readonly Counter<long> ReadersRevoked = Meter.CreateCounter<long>(
        "schemahub.readers.revoked",
        "{reader}",
        "Readers' logins that were dropped because their organization closed, or whose revocation was interrupted."
    );

    private string? _trouble;

    /// <summary>Looks every second until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await Look(cancellation);
                _trouble = null;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (DatabaseOutage.IsOrRefusal(failed))
            {
                // Once for each sort of failure: it looks again in a second.
                var trouble = (failed as PostgresException)?.SqlState ?? failed.GetType().Name;
                if (_trouble != trouble)
                    Failed(_trouble = trouble);
            }

            await Pause(cancellation);
        }
    }

    /// <summary>Looks once; does nothing while another node looks.</summary>
    /// <returns>Why sessions were ended.</returns>
    public async Task<IReadOnlyList<string>> Look(CancellationToken cancellation)
    {
        await using var connection = await installation.Administrator.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var alone = new NpgsqlCommand("select pg_try_advisory_xact_lock($1)", connection))
        {
            alone.Parameters.AddWithValue(LockKey);
            if (await alone.ExecuteScalarAsync(cancellation) is not true)
                return [];
        }

        var reasons = await End(connection, cancellation);
        // Not in a transaction, and while this one keeps the other nodes away.
        await using (var other = await installation.Administrator.OpenConnectionAsync(cancellation))
            await ReaderRevocation.EndPrepared(other, role: null, cancellation);

        foreach (var role in await DueForRevocation(connection, cancellation))
        {
            await ReaderRevocation.Revoke(installation, role, cancellation, clock);
            ReadersRevoked.Add(1);
            Revoked(role);
        }

        await transaction.CommitAsync(cancellation);
        return reasons;
    }

    private async Task<List<string>> End(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(EndSessions, connection);
        command.Parameters.AddWithValue(TimeSpan.FromSeconds(limits.StatementSeconds));
        command.Parameters.AddWithValue(TimeSpan.FromSeconds(limits.IdleInTransactionSeconds));
        command.Parameters.AddWithValue(TimeSpan.FromSeconds(limits.TransactionSeconds));
        command.Parameters.AddWithValue(TimeSpan.FromSeconds(limits.IdleSeconds));
        command.Parameters.AddWithValue((long)limits.TotalConnections);
        command.Parameters.AddWithValue(HoldsQueueUp);
        command.Parameters.AddWithValue(limits.NotificationQueueShare);
        var reasons = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            var reason = rows.GetString(1);
            if (!rows.GetBoolean(2))
                continue;

            reasons.Add(reason);
            SessionsEnded.Add(1, new KeyValuePair<string, object?>("reason", reason));
            Ended(rows.GetString(0), reason);
        }

        return reasons;
    }

    private static async Task<List<string>> DueForRevocation(
        NpgsqlConnection connection,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select r.role_name::text
            from access.readers r
            left join access.organizations o on o.id = r.organization_id
            where r.revoked_at is not null or o.closed_at is not null
            order by r.role_name
            """,
            connection
        );
        return await ReaderRevocation.Texts(command, cancellation);
    }

    private async Task Pause(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(BetweenLooks, clock, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by itself.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A session of the SQL reader {Role} was ended: {Reason}")]
    private partial void Ended(string role, string reason);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The SQL reader {Role} was revoked: its organization is closed, or revoking it was interrupted"
    )]
    private partial void Revoked(string role);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sessions of SQL readers are not watched: {Why}")]
    private partial void Failed(string why);
}
