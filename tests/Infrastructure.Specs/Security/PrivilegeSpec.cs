using Npgsql;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Infrastructure.Specs.Database;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>What a SQL reader and the service's own query login can do: read, and nothing else.</summary>
[TestFixture]
public sealed class PrivilegeSpec : TwoOrganizations
{
    [TestCaseSource(nameof(Callers))]
    public async Task Nothing_can_be_written_locked_or_referred_to(string name)
    {
        foreach (var relation in await Tables())
        {
            var column = (await Columns(relation))[0];
            string[] attempts =
            [
                $"insert into {relation} default values",
                $"update {relation} set {column} = {column}",
                $"delete from {relation}",
                $"truncate {relation}",
                $"begin; lock table {relation} in row exclusive mode",
                $"alter table {relation} disable row level security",
                $"drop table {relation}",
                $"create trigger t before insert on {relation} execute function suppress_redundant_updates_trigger()",
            ];
            foreach (var attempt in attempts)
                (await Logins[name].Try(attempt)).Refusal.ShouldBe(NotPermitted, attempt);
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
                    and (has_table_privilege('{role}', c.oid, 'insert, update, delete, truncate, references, trigger')
                        or has_any_column_privilege('{role}', c.oid, 'insert, update, references'))
                """
            )
        ).ShouldBeEmpty();

    [TestCaseSource(nameof(Callers))]
    public async Task No_sequence_can_be_read_or_moved(string name)
    {
        foreach (var sequence in await Relations("S"))
        {
            foreach (var call in new[] { "nextval('{0}')", "setval('{0}', 1)", "currval('{0}')" })
                (
                    await Logins[name].Try("select " + call.Replace("{0}", sequence, StringComparison.Ordinal))
                ).Refusal.ShouldBe(NotPermitted, sequence);

            (await Logins[name].Try($"select last_value from {sequence}")).Refusal.ShouldBe(NotPermitted, sequence);
        }
    }

    [TestCase(
        "reader",
        "access.cuid(uuid)",
        "access.reader_member_cuids()",
        "access.reader_member_numbers()",
        "access.reader_members()",
        "access.reader_organization()",
        "access.reader_organization_cuid()",
        "access.reader_owner()",
        "access.reader_owners()"
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
        "events.stream_of(bigint)"
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
        foreach (var caller in Callers)
            ShouldShowNothing(
                await Logins[caller].Try($"select events.stream_of({TheirContact})::text"),
                "events.stream_of"
            );
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
                    and (p.proconfig is null or not 'search_path=pg_catalog' = any (p.proconfig))
                """
            )
        ).ShouldBeEmpty();

    [TestCaseSource(nameof(Callers))]
    public async Task Nobody_becomes_somebody_else(string name)
    {
        var logins = Service.Installation.Keys.Logins;
        string[] others = ["postgres", "schemahub_owner", "schemahub_writer", logins.Writer, "pg_read_all_data"];
        foreach (var other in others)
        {
            (await Logins[name].Try($"set role {other}")).Refusal.ShouldBe(NotPermitted, other);
            (await Logins[name].Try($"set session authorization {other}")).Refusal.ShouldBe(NotPermitted, other);
            (await Logins[name].Try($"grant {other} to current_user")).Refusal.ShouldBe(NotPermitted, other);
        }

        foreach (var schema in new[] { "backstage", "access", "events", "schema_migrations", "public" })
            (await Logins[name].Try($"create table {schema}.mine (id int)")).Refusal.ShouldBe(NotPermitted, schema);

        foreach (var statement in new[] { "create schema mine", "create role mine", "copy (select 1) to '/tmp/mine'" })
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
