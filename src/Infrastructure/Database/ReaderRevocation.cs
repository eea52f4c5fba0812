using Npgsql;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// Takes a reader's login back: from the first commit on it sees no rows and opens no session; then its sessions end,
/// what it left behind is dropped, and the role. Killed in between, the watchdog or the next call goes on.
/// </summary>
public static class ReaderRevocation
{
    // A session that is told to end does so within milliseconds; one that waits for a disk may take longer.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(30);

    /// <summary>Revokes. Idempotent: a login that is not there any more is no error.</summary>
    /// <exception cref="TimeoutException">A session does not end; the login is shut and sees nothing.</exception>
    public static async Task<RevokedReader> Revoke(
        Installation installation,
        string role,
        CancellationToken cancellation,
        TimeProvider? clock = null
    )
    {
        var time = clock ?? TimeProvider.System;
        await using var connection = await installation.Administrator.OpenConnectionAsync(cancellation);
        if (!await Shut(connection, role, time.GetUtcNow(), cancellation))
            return new RevokedReader(role, WasThere: false, SessionsEnded: 0);

        var ended = await EndSessions(connection, role, time, cancellation);
        await DropElsewhere(installation, connection, role, cancellation);
        await Drop(connection, role, cancellation);
        return new RevokedReader(role, WasThere: true, ended);
    }

    /// <summary>Ends transactions that readers prepared: no session holds their locks.</summary>
    internal static async Task EndPrepared(NpgsqlConnection administrator, string? role, CancellationToken cancellation)
    {
        await using var find = new NpgsqlCommand(
            """
            select p.gid
            from pg_prepared_xacts p
            join access.readers r on r.role_name = p.owner
            where p.database = current_database() and ($1::text is null or p.owner = $1)
            """,
            administrator
        );
        find.Parameters.AddWithValue(NpgsqlTypes.NpgsqlDbType.Text, role ?? (object)DBNull.Value);
        foreach (var prepared in await Texts(find, cancellation))
        {
            try
            {
                await Execute(administrator, $"rollback prepared {Roles.Literal(prepared)}", cancellation);
            }
            catch (PostgresException gone) when (gone.SqlState == PostgresErrorCodes.UndefinedObject)
            {
                // Another node was faster.
            }
        }
    }

    private static async Task<bool> Shut(
        NpgsqlConnection administrator,
        string role,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        await using var transaction = await administrator.BeginTransactionAsync(cancellation);
        await using var mark = new NpgsqlCommand(
            "update access.readers set revoked_at = coalesce(revoked_at, $2) where role_name = $1::name",
            administrator
        );
        mark.Parameters.AddWithValue(role);
        mark.Parameters.AddWithValue(now);
        if (await mark.ExecuteNonQueryAsync(cancellation) == 0)
            return false;

        if (await Exists(administrator, role, cancellation))
            await Execute(administrator, $"alter role {Roles.Quote(role)} nologin", cancellation);

        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static async Task<int> EndSessions(
        NpgsqlConnection administrator,
        string role,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        var ended = 0;
        var began = clock.GetTimestamp();
        while (true)
        {
            await using var end = new NpgsqlCommand(
                """
                select count(*)::integer, count(*) filter (where pg_terminate_backend(a.pid, 5000))::integer
                from pg_stat_activity a
                where a.usename = $1
                """,
                administrator
            );
            end.Parameters.AddWithValue(role);
            await using var counts = await end.ExecuteReaderAsync(cancellation);
            await counts.ReadAsync(cancellation);
            if (counts.GetInt32(0) == 0)
                return ended;

            ended += counts.GetInt32(1);
            if (clock.GetElapsedTime(began) > LongestEnd)
                throw new TimeoutException(
                    $"A session of {role} does not end. The login is shut and sees nothing; run this again to drop it."
                );
        }
    }

    // On a server of somebody else's the login may have been in other databases, and have left something there.
    private static async Task DropElsewhere(
        Installation installation,
        NpgsqlConnection administrator,
        string role,
        CancellationToken cancellation
    )
    {
        await using var find = new NpgsqlCommand(
            """
            select distinct d.datname::text
            from pg_shdepend s
            join pg_database d on d.oid = s.dbid and d.datname <> current_database()
            join pg_roles r on r.oid = s.refobjid and r.rolname = $1
            where s.refclassid = 'pg_authid'::regclass
            """,
            administrator
        );
        find.Parameters.AddWithValue(role);
        foreach (var database in await Texts(find, cancellation))
        {
            var there = new NpgsqlConnectionStringBuilder(installation.AdministratorConnection)
            {
                Database = database,
                Pooling = false,
            };
            await using var connection = new NpgsqlConnection(there.ConnectionString);
            await connection.OpenAsync(cancellation);
            await Execute(connection, $"drop owned by {Roles.Quote(role)}", cancellation);
        }
    }

    private static async Task Drop(NpgsqlConnection administrator, string role, CancellationToken cancellation)
    {
        await EndPrepared(administrator, role, cancellation);
        await using var transaction = await administrator.BeginTransactionAsync(cancellation);
        await using var row = new NpgsqlCommand("delete from access.readers where role_name = $1::name", administrator);
        row.Parameters.AddWithValue(role);
        // Its lock lets one at a time get here; the others find nothing left to do.
        if (await row.ExecuteNonQueryAsync(cancellation) == 0)
            return;

        if (await Exists(administrator, role, cancellation))
        {
            // Grants, and what it owns: a reader may set default privileges of its own, which would keep the role.
            await Execute(administrator, $"drop owned by {Roles.Quote(role)}", cancellation);
            await Execute(administrator, $"drop role {Roles.Quote(role)}", cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    private static async Task<bool> Exists(NpgsqlConnection connection, string role, CancellationToken cancellation)
    {
        await using var find = new NpgsqlCommand("select 1 from pg_roles where rolname = $1", connection);
        find.Parameters.AddWithValue(role);
        return await find.ExecuteScalarAsync(cancellation) is not null;
    }

    internal static async Task<List<string>> Texts(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var texts = new List<string>();
        while (await rows.ReadAsync(cancellation))
            texts.Add(rows.GetString(0));

        return texts;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>A login that was taken back.</summary>
/// <param name="WasThere">False where no reader has this login, or no longer.</param>
/// <param name="SessionsEnded">Open when it was revoked.</param>
public sealed record RevokedReader(string Role, bool WasThere, int SessionsEnded);
