namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>What can be seen of another organization, by a SQL reader and by the service's own query login.</summary>
[TestFixture]
public sealed class IsolationSpec : TwoOrganizations
{
    [TestCaseSource(nameof(Callers))]
    public async Task No_relation_and_no_column_shows_another_organization(string name)
    {
        var readable = new List<string>();
        foreach (var relation in AllRelations)
        {
            foreach (var column in await Columns(relation))
            {
                var attempt = await Logins[name].Try($"select t.{column}::text from {relation} t");
                ShouldShowNothing(attempt, $"{relation}.{column}");
                if (attempt.Rows > 0)
                    readable.Add($"{relation}.{column}");
            }
        }

        if (name == "app without a tenant")
            readable.ShouldBeEmpty();
        else
            readable.ShouldContain("backstage.contacts.email");

        readable.ShouldNotContain(column => column.StartsWith("access.", StringComparison.Ordinal));
        readable.ShouldNotContain(column => column.Contains("password", StringComparison.Ordinal));
        // Where a stream stands, for queries; nothing else of the log, and nothing of it for readers.
        readable
            .Where(column => column.StartsWith("events.", StringComparison.Ordinal))
            .ShouldAllBe(column => name == "app" && column.StartsWith("events.mt_streams.", StringComparison.Ordinal));
        readable.ShouldNotContain("events.mt_streams.subject_key");
    }

    [TestCase("reader")]
    [TestCase("app")]
    public async Task Every_row_of_the_own_organization_is_there(string name)
    {
        foreach (var table in new[] { "contacts", "consent_history" })
        {
            var own = await Service.Scalar<long>(
                $"select count(*) from backstage.{table} where organization_id = '{Ours}'"
            );
            (await Logins[name].Try($"select id from backstage.{table}")).Rows.ShouldBe((int)own);
        }

        (await Logins[name].Try("select id from backstage.users")).Rows.ShouldBe(1);
        (await Logins[name].Try("select day from backstage.consent_stats")).Rows.ShouldBeGreaterThan(0);
    }

    [TestCase("set app.current_tenant = '{0}'")]
    [TestCase("do $$ begin perform set_config('app.current_tenant', '{0}', false); end $$")]
    [TestCase("set session app.current_organization = '{0}'")]
    [TestCase("set role schemahub_reader")]
    [TestCase("set search_path = pg_temp, backstage, access, events")]
    [TestCase("set row_security = on")]
    public async Task A_reader_stays_the_same_whatever_they_set(string setting)
    {
        var own = await Logins["reader"]
            .Try(
                setting.Replace("{0}", Theirs.ToString(), StringComparison.Ordinal),
                "select email, organization_id from backstage.contacts"
            );
        ShouldShowNothing(own, setting);
        own.Rows.ShouldBe(3, setting);
    }

    [TestCaseSource(nameof(Callers))]
    public async Task Row_security_cannot_be_switched_off(string name) =>
        (await Logins[name].Try("set row_security = off", "select email from backstage.contacts")).Refusal.ShouldBe(
            NotPermitted
        );

    [TestCaseSource(nameof(Callers))]
    public async Task Conditions_that_tell_what_they_see_see_own_rows_only(string name)
    {
        // Nobody has a use for temporary objects here; a reader who is allowed them is not to gain by it.
        var database = await Service.Scalar<string>("select current_database()::text");
        await Service.Execute($"grant temporary on database {database} to public");
        const string leak = """
            create function pg_temp.leak(anyelement) returns boolean language plpgsql cost 0.0000001
            as $$ begin raise notice 'saw %', $1; return true; end $$
            """;
        foreach (var relation in await Tables("backstage"))
        {
            foreach (var column in await Columns(relation))
            {
                string[] conditions =
                [
                    $"pg_temp.leak(t.{column}::text)",
                    $"t.{column}::text::xml is document",
                    $"length(t.{column}::text::uuid::text) > 0",
                ];
                foreach (var condition in conditions)
                    ShouldShowNothing(
                        await Logins[name].Try(leak, $"select count(*) from {relation} t where {condition}"),
                        $"{relation} {condition}"
                    );
            }
        }

        await Service.Execute($"revoke temporary on database {database} from public");
    }

    [TestCaseSource(nameof(Callers))]
    public async Task What_the_planner_knows_of_other_organizations_is_not_shown(string name)
    {
        foreach (var view in new[] { "pg_stats", "pg_stats_ext", "pg_stats_ext_exprs" })
            ShouldShowNothing(await Logins[name].Try($"select t::text from pg_catalog.{view} t"), view);

        (await Logins[name].Try("select stavalues1::text from pg_statistic")).Refusal.ShouldBe(NotPermitted);
        foreach (var form in new[] { "text", "json" })
            ShouldShowNothing(
                await Logins[name].Try($"explain (verbose, analyze, format {form}) select * from backstage.contacts"),
                form
            );
    }

    [TestCase("reader")]
    [TestCase("app")]
    public async Task Copies_hold_own_rows_only(string name)
    {
        var own = await Logins[name]
            .Try(
                "begin",
                "declare c cursor with hold for select email, name from backstage.contacts",
                "commit",
                "fetch all from c"
            );
        ShouldShowNothing(own, "cursor");
        own.Rows.ShouldBe(3);
    }

    [Test]
    public async Task Everything_published_is_isolated_also_from_its_owner()
    {
        var open = await Catalog(
            """
            select c.oid::regclass::text
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                and not (c.relrowsecurity and c.relforcerowsecurity)
                and exists (
                    select 1
                    from pg_roles r
                    where r.rolname in ('schemahub_app', 'schemahub_reader')
                        and has_any_column_privilege(r.oid, c.oid, 'select')
                )
            """
        );
        open.ShouldBeEmpty("give the table row-level security, enabled and forced");
        var views = await Catalog(
            """
            select c.oid::regclass::text
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                and not coalesce('security_invoker=true' = any (c.reloptions), false)
            """
        );
        views.ShouldBeEmpty("make the view with (security_invoker = true)");
    }
}
