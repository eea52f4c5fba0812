using Npgsql;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Infrastructure.Specs.Database;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>What a SQL reader and the service's own query login can do: read, and nothing else.</summary>
[TestFixture]
public sealed class PrivilegeSpec : TwoOrganizations
{
    private const string NotInThatState = PostgresErrorCodes.ObjectNotInPrerequisiteState;
    private const string NotThatKind = PostgresErrorCodes.WrongObjectType;
    private const string NotSupported = PostgresErrorCodes.FeatureNotSupported;

    [TestCaseSource(nameof(Everybody))]
    public async Task Nothing_can_be_written_locked_or_referred_to(string name)
    {
        const string trigger = "suppress_redundant_updates_trigger()";
        var attempts =
            from table in Tables
            let column = table.Columns[0].Name
            // Only the service's queries insert, and telemetry only: see TelemetrySpec.
            let mayInsert = !Logins[name].IsReader && Telemetry.Contains(table.Name)
            let key = $"{table.Name.Split('.')[1]}_pkey"
            from attempt in new[]
            {
                mayInsert
                    ? $"{Rows.Insert(table, OurSide)} on conflict on constraint {key} do update set {column} = null"
                    : $"insert into {table} default values",
                mayInsert ? $"truncate {table}" : $"copy {table} from stdin",
                // Whoever may insert may lock out nobody but those who change the table's definition.
                $"lock table {table} in {(mayInsert ? "share update" : "row")} exclusive mode",
                $"update {table} set {column} = {column}",
                $"delete from {table}",
                $"merge into {table} t using (select 1) s (x) on true when matched then delete",
                $"truncate {table}",
                $"truncate {table} cascade",
                $"lock table {table} in access exclusive mode",
                $"select {column} from {table} for key share",
                $"alter table {table} disable row level security",
                $"alter table {table} no force row level security",
                $"create policy mine on {table} using (true)",
                $"create index mine on {table} (({column}::text))",
                $"drop table {table}",
                $"create trigger t before insert on {table} execute function {trigger}",
                $"create rule mine as on select to {table} do also nothing",
            }
            select attempt;
        await ShouldAllBeRefused(Logins[name], attempts);
    }

    [TestCaseSource(nameof(Everybody))]
    public async Task Views_are_no_way_to_write(string name)
    {
        foreach (var view in AllRelations.Where(relation => relation.Kind is 'v' or 'm'))
        {
            var column = view.Columns[0].Name;
            string[] attempts =
            [
                $"insert into {view} ({column}) select {column} from {view}",
                $"update {view} set {column} = {column}",
                $"delete from {view}",
                $"refresh materialized view {view}",
                $"drop {(view.Kind == 'v' ? "view" : "materialized view")} {view}",
                $"create or replace view {view} as select 1 as one",
                $"alter view {view} set (security_invoker = false)",
                $"alter view {view} owner to current_user",
            ];
            foreach (var (what, attempt) in attempts.Zip(await Logins[name].TryEach(attempts)))
                // Some of it cannot be done to a view by anybody.
                new[] { NotPermitted, NotInThatState, NotThatKind, NotSupported }.ShouldContain(attempt.Refusal, what);
        }
    }

    [TestCase("schemahub_reader")]
    [TestCase("schemahub_app")]
    [TestCase("public")]
    public async Task Nobody_was_granted_more_than_reading(string role) =>
        (
            await Catalog(
                $"""
                select c.oid::regclass::text
                from pg_class c
                join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'v', 'm', 'p', 'f')
                    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                    and (has_table_privilege('{role}', c.oid, 'update, delete, truncate, references, trigger')
                        or has_any_column_privilege('{role}', c.oid, 'update, references')
                        or has_any_column_privilege('{role}', c.oid, 'insert')
                            and (c.oid::regclass::text <> all (string_to_array('{string.Join(',', Telemetry)}', ','))
                                or '{role}' <> 'schemahub_app'))
                """
            )
        ).ShouldBeEmpty();

    [TestCaseSource(nameof(Callers))]
    public async Task No_sequence_can_be_read_or_moved(string name)
    {
        var sequences = AllRelations.Where(relation => relation.IsSequence).ToList();
        sequences.ShouldNotBeEmpty();
        await ShouldAllBeRefused(
            Logins[name],
            sequences.SelectMany(sequence =>
                new[]
                {
                    $"select nextval('{sequence}')",
                    $"select setval('{sequence}', 1)",
                    $"select currval('{sequence}')",
                    $"select last_value from {sequence}",
                }
            )
        );
    }

    [TestCaseSource(nameof(Callers))]
    public async Task Nothing_is_left_behind(string name)
    {
        string[] attempts =
        [
            "select lo_create(0)",
            "select lo_creat(-1)",
            "select lo_from_bytea(0, 'x')",
            "select lo_import('/etc/hostname')",
            "select pg_logical_emit_message(false, 'x', 'y')",
            "create temporary table mine (id int)",
        ];
        await ShouldAllBeRefused(Logins[name], attempts);
    }

    [TestCase(
        "reader",
        "access.cuid(uuid)",
        "access.reader_member_cuids()",
        "access.reader_member_numbers()",
        "access.reader_members()",
        "access.reader_memberships()",
        "access.reader_organization()",
        "access.reader_organization_cuid()",
        "access.reader_owner()",
        "access.reader_owners()",
        "podcast.set_tenant_context(uuid)",
        "podcast.visible_tenant()"
    )]
    [TestCase(
        "app",
        "access.cuid(uuid)",
        "access.current_member_cuids()",
        "access.current_member_numbers()",
        "access.current_members()",
        "access.current_organization()",
        "access.current_organization_cuid()",
        "access.current_owner()",
        "access.current_owners()",
        "events.stream_of(bigint)",
        "podcast.current_members()",
        "podcast.current_tenant()",
        "podcast.set_tenant_context(uuid)",
        "podcast.visible_tenant()",
        "sending.progress_of(integer)",
        "smarthub.current_user_id()"
    )]
    public async Task Only_the_functions_behind_the_policies_can_be_called(string name, params string[] permitted)
    {
        var callable = await Catalog(
            $"""
            select p.oid::regprocedure::text
            from pg_proc p
            where p.pronamespace in (
                select n.oid from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            )
            and has_function_privilege('schemahub_{name}', p.oid, 'execute')
            -- What an extension brings belongs to everybody, and touches no table.
            and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
            """
        );
        callable.ShouldBe(permitted, ignoreOrder: true);
    }

    [Test]
    public async Task Functions_that_run_as_their_owner_cannot_be_led_to_other_names() =>
        (
            await Catalog(
                """
                select p.oid::regprocedure::text
                from pg_proc p
                join pg_namespace n on n.oid = p.pronamespace
                where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                    -- Unless it is named, whatever is temporary comes first.
                    and (p.proconfig is null or not 'search_path=pg_catalog, pg_temp' = any (p.proconfig))
                """
            )
        ).ShouldBeEmpty();

    [TestCaseSource(nameof(Callers))]
    public async Task Nobody_becomes_somebody_else(string name)
    {
        var logins = Service.Installation.Keys.Logins;
        var otherGroup = Logins[name].IsReader ? "schemahub_app" : "schemahub_reader";
        string[] others =
        [
            "postgres",
            "schemahub_owner",
            "schemahub_writer",
            logins.Writer,
            otherGroup,
            "pg_read_all_data",
        ];
        foreach (var other in others)
        {
            (await Logins[name].Try($"set role {other}")).Refusal.ShouldBe(NotPermitted, other);
            (await Logins[name].Try($"set session authorization {other}")).Refusal.ShouldBe(NotPermitted, other);
            (await Logins[name].Try($"grant {other} to current_user")).Refusal.ShouldBe(NotPermitted, other);
        }

        foreach (
            var schema in AllRelations
                .Select(relation => relation.Schema)
                .Distinct()
                .Append("schema_migrations")
                .Append("public")
        )
            (await Logins[name].Try($"create table {schema}.mine (id int)")).Refusal.ShouldBe(NotPermitted, schema);

        foreach (
            var statement in new[]
            {
                "create schema mine",
                "create role mine",
                "set session_replication_role = replica",
                "copy (select 1) to '/tmp/mine'",
            }
        )
            (await Logins[name].Try(statement)).Refusal.ShouldBe(NotPermitted, statement);
    }

    [Test]
    public async Task The_log_cannot_be_held_up_by_whoever_may_only_read()
    {
        foreach (var name in Callers)
        {
            foreach (var way in new[] { "pg_advisory_lock", "pg_try_advisory_lock", "pg_advisory_xact_lock_shared" })
                (await Logins[name].Try($"select {way}({BatchWriter.LockKey})")).Refusal.ShouldBe(NotPermitted, way);

            // Drivers do this whenever a pooled connection changes hands.
            (await Logins[name].Try("select pg_advisory_unlock_all()")).Refusal.ShouldBeNull();
        }
    }

    [Test]
    public async Task Another_installations_logins_on_the_same_server_are_not_let_in()
    {
        var foreign = await StoppedInstallation.ForeignKeys();
        var logins = KeyRing.Open(foreign).Logins;
        foreach (
            var (user, password) in new[] { (logins.Writer, logins.WriterPassword), (logins.App, logins.AppPassword) }
        )
        {
            await using var source = NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(Service.ConnectionString) { Username = user, Password = password }
            );
            var connecting = source.OpenConnectionAsync().AsTask();
            (await Should.ThrowAsync<PostgresException>(connecting)).SqlState.ShouldBe(NotPermitted, user);
        }

        Directory.Delete(foreign, recursive: true);
    }
}
