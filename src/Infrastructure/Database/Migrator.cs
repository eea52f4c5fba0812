using System.Globalization;
using Npgsql;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Jobs;

namespace SchemaHub.Infrastructure.Database;

/// <summary>Applies the numbered SQL files, each once, in one transaction each, as the owner role.</summary>
internal static class Migrator
{
    public const long LockKey = 0x5348_4D49_4752; // "SHMIGR"

    // Schemas in the order in which they build on each other.
    private static readonly string[] Schemas =
    [
        "events",
        "access",
        "backstage",
        "sending",
        "jobs",
        "saas",
        "snorq",
        "podcast",
        "smarthub",
    ];

    // By PostgreSQL's default everybody may take any advisory lock, the log's too, and keep it for as long as they are
    // connected; and may fill the disk with large objects and with messages in PostgreSQL's own log of changes. Only a
    // superuser can change that: Readers.Create refuses where it is not done. Letting go of locks stays free: drivers
    // do it when a connection changes hands.
    private const string OnlyTheWriterLocksAndLeavesThings = $"""
        do $$
        declare
            own_function regprocedure;
        begin
            for own_function in
                select p.oid
                from pg_catalog.pg_proc p
                where {NotForReaders}
                    and (has_function_privilege('public', p.oid, 'execute')
                        or not has_function_privilege('schemahub_owner', p.oid, 'execute'))
                    and (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user)
            loop
                execute format('revoke execute on function %s from public', own_function);
                -- Of the owner the administrator is a member, which locks when it starts and need not be a superuser.
                execute format('grant execute on function %s to schemahub_writer, schemahub_owner', own_function);
            end loop;
            -- With it the nodes of a builder's program agree on who runs which projection.
            if (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) then
                grant execute on function pg_catalog.pg_try_advisory_lock(bigint) to schemahub_builder;
            end if;
            -- Everybody may update this view, for set_config's sake, and so lock it against everybody who reads it.
            if has_table_privilege('public', 'pg_catalog.pg_settings', 'update')
                and (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) then
                revoke update on pg_catalog.pg_settings from public;
            end if;
        end
        $$
        """;

    /// <summary>PostgreSQL's functions (<c>pg_proc p</c>) with which a login blocks others or fills the disk.</summary>
    public const string NotForReaders = """
        p.pronamespace = 'pg_catalog'::regnamespace
            and (p.proname ~ '^pg_(try_)?advisory_(xact_)?lock' or p.proname ~ '^lo_'
                or p.proname in ('loread', 'lowrite', 'pg_logical_emit_message'))
        """;

    /// <summary>Every migration of this program, in order of application.</summary>
    public static IReadOnlyList<Migration> All { get; } =
    [
        .. typeof(Migrator)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(Migration.Load)
            .OrderBy(migration => Array.IndexOf(Schemas, migration.Schema))
            .ThenBy(migration => migration.File, StringComparer.Ordinal),
    ];

    /// <summary>
    /// Applies what is missing. That a schema's tables are then to be filled is written down in the same transaction,
    /// and done by whichever node gets to it, see <see cref="PublishedSchemas"/>.
    /// </summary>
    /// <param name="published">The published schemas that are on; those that are off stay as they are.</param>
    /// <param name="patience">How long another program's migration is waited for.</param>
    /// <exception cref="MigrationException">A file that was applied has changed since.</exception>
    public static async Task Migrate(
        NpgsqlConnectionStringBuilder own,
        NpgsqlConnection administrator,
        IReadOnlyList<string> published,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        await StartLock.Take(administrator, LockKey, "migrations", patience, cancellation);
        try
        {
            await Prepare(administrator, cancellation);
            var applied = await Applied(administrator, cancellation);
            var hasEndedReaders = false;
            foreach (var library in LibraryTables.All)
            {
                var checksum = library.Checksum();
                if (applied.TryGetValue(library.Name, out var made) && checksum.AsSpan().SequenceEqual(made))
                    continue;

                await EndReadersOnce();
                await library.Migrate(own, cancellation);
                await Record(administrator, library.Name, checksum, cancellation);
            }

            foreach (var migration in All)
            {
                if (PublishedSchemas.All.Contains(migration.Schema) && !published.Contains(migration.Schema))
                    continue;

                if (applied.TryGetValue(migration.Name, out var checksum))
                {
                    if (!checksum.AsSpan().SequenceEqual(migration.Checksum))
                        throw new MigrationException(
                            $"{migration.Name} was applied to this database with another content. "
                                + "Applied files never change: write a new one."
                        );
                    continue;
                }

                await EndReadersOnce();
                await ApplyWithin(administrator, migration, patience, cancellation);
                Interruption.At($"applied {migration.Name}");
            }

            async Task EndReadersOnce()
            {
                if (!hasEndedReaders)
                    await EndReaders(administrator, cancellation);

                hasEndedReaders = true;
            }
        }
        finally
        {
            await StartLock.Release(administrator, LockKey);
        }
    }

    // Whoever reads a table keeps it from being changed, for as long as the transaction lasts.
    private static Task EndReaders(NpgsqlConnection administrator, CancellationToken cancellation) =>
        Execute(
            administrator,
            """
            do $$
            begin
                if to_regclass('access.readers') is not null then
                    perform pg_terminate_backend(a.pid, 5000)
                    from pg_stat_activity a
                    join access.readers r on r.role_name = a.usename;
                end if;
            end
            $$
            """,
            cancellation
        );

    private static async Task ApplyWithin(
        NpgsqlConnection administrator,
        Migration migration,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        try
        {
            await Apply(administrator, migration, patience, cancellation);
        }
        catch (PostgresException blocked) when (blocked.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            const string inTheWay = """
                l.locktype = 'relation' and l.pid <> pg_backend_pid() and a.xact_start < now()
                    and l.database = (select d.oid from pg_database d where d.datname = current_database())
                """;
            throw new StartBlockedException(
                $"{migration.Name} needs a table that another session uses. "
                    + await StartLock.Holders(administrator, inTheWay, cancellation),
                blocked
            );
        }
    }

    private static async Task Prepare(NpgsqlConnection administrator, CancellationToken cancellation)
    {
        var database = new NpgsqlCommandBuilder().QuoteIdentifier(administrator.Database);
        // Temporary, because PostgreSQL refreshes a materialized view beside its readers by way of a temporary table.
        await Execute(
            administrator,
            $"grant create, temporary on database {database} to schemahub_owner",
            cancellation
        );
        foreach (var schema in Schemas.Append(HangfireSchema.Name).Append("schema_migrations"))
            await Execute(
                administrator,
                $"create schema if not exists {schema} authorization schemahub_owner",
                cancellation
            );

        await Execute(administrator, OnlyTheWriterLocksAndLeavesThings, cancellation);
        await Execute(
            administrator,
            """
            set role schemahub_owner;
            create table if not exists schema_migrations.applied (
                name varchar(200) primary key,
                checksum bytea not null,
                applied_at timestamptz not null default now()
            );
            create table if not exists schema_migrations.published (
                name varchar(63) primary key,
                is_on boolean not null
            );
            create table if not exists schema_migrations.owed (
                name varchar(63) primary key,
                since timestamptz not null default now()
            );
            create table if not exists schema_migrations.filled (
                name varchar(63) primary key,
                program varchar(80) not null
            );
            reset role
            """,
            cancellation
        );
    }

    private static async Task<Dictionary<string, byte[]>> Applied(
        NpgsqlConnection administrator,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            "select name, checksum from schema_migrations.applied",
            administrator
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var applied = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation))
            applied[reader.GetString(0)] = reader.GetFieldValue<byte[]>(1);

        return applied;
    }

    private static async Task Apply(
        NpgsqlConnection administrator,
        Migration migration,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        await using var transaction = await administrator.BeginTransactionAsync(cancellation);
        var milliseconds = ((long)patience.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        await Execute(
            administrator,
            $"set local role schemahub_owner; set local lock_timeout = {milliseconds}",
            cancellation
        );
        await Execute(administrator, migration.Sql, cancellation);
        await Record(administrator, migration.Name, migration.Checksum, cancellation);

        if (Projections.All.Any(projection => projection.Schema == migration.Schema))
            await OwedRebuilds.Add(administrator, migration.Schema, cancellation);

        await transaction.CommitAsync(cancellation);
    }

    private static async Task Record(
        NpgsqlConnection administrator,
        string name,
        byte[] checksum,
        CancellationToken cancellation
    )
    {
        await using var record = new NpgsqlCommand(
            """
            insert into schema_migrations.applied (name, checksum) values ($1, $2)
            on conflict (name) do update set checksum = excluded.checksum, applied_at = now()
            """,
            administrator
        );
        record.Parameters.AddWithValue(name);
        record.Parameters.AddWithValue(checksum);
        await record.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
