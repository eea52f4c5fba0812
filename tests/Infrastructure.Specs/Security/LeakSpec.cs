namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Ways around the rows: conditions that tell what they see, what the planner knows, cursors, and every function that
/// may be called.
/// </summary>
[TestFixture]
public sealed class LeakSpec : TwoOrganizations
{
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
        var conditions = new[]
        {
            "pg_temp.leak({0}::text)",
            "{0}::text::xml is document",
            "length({0}::text::uuid::text) > 0",
        };
        var questions =
            from relation in AllRelations
            where !relation.IsWritersOnly() && !relation.IsSequence
            from column in relation.Columns
            from condition in conditions
            let told = condition.Replace("{0}", $"t.{column.Name}", StringComparison.Ordinal)
            select $"select count(*) from {relation} t where {told}";
        var asked = questions.ToList();
        var attempts = await Logins[name].TryEach(asked, leak);
        await Service.Execute($"revoke temporary on database {database} from public");
        foreach (var (question, attempt) in asked.Zip(attempts))
            ShouldShowNothing(attempt, question);

        if (name != "app without a tenant")
            attempts.Count(attempt => attempt.Seen.Contains("saw alpha", StringComparison.Ordinal)).ShouldBePositive();
    }

    [TestCaseSource(nameof(Callers))]
    public async Task What_the_planner_knows_of_other_organizations_is_not_shown(string name)
    {
        foreach (var view in new[] { "pg_stats", "pg_stats_ext", "pg_stats_ext_exprs" })
            ShouldShowNothing(await Logins[name].Try($"select t::text from pg_catalog.{view} t"), view);

        (await Logins[name].Try("select stavalues1::text from pg_statistic")).Refusal.ShouldBe(NotPermitted);
        var explained = AllRelations
            .Where(relation => !relation.IsSequence)
            .Select(relation =>
                $"explain (verbose, analyze, format text) select {relation.Columns[0].Name} from {relation}"
            )
            .Append("explain (verbose, analyze, format json) select email from backstage.contacts")
            .ToList();
        foreach (var (question, attempt) in explained.Zip(await Logins[name].TryEach(explained)))
            ShouldShowNothing(attempt, question);
    }

    [TestCase("reader")]
    [TestCase("app")]
    public async Task Copies_hold_own_rows_only(string name)
    {
        var own = await Service.Scalar<long>(
            $"select count(*) from backstage.contacts where organization_id = '{Ours}'"
        );
        var seen = await Logins[name]
            .Try(
                "begin",
                "declare c cursor with hold for select email, name from backstage.contacts",
                "commit",
                "fetch all from c"
            );
        ShouldShowNothing(seen, "cursor");
        seen.Rows.ShouldBe((int)own);
    }

    [TestCaseSource(nameof(Everybody))]
    public async Task Functions_answer_nothing_of_the_other_organization(string name)
    {
        var caller = Logins[name];
        var calls = await Catalog(
            $"""
            select format('select %s(%s)::text', p.oid::regproc, (
                select string_agg(case t.type
                    when 'uuid'::regtype then '''{TheirSide.Member}'''
                    when 'bigint'::regtype then '{TheirContact}'
                    else 'null' end || '::' || t.type::regtype, ', ' order by t.place)
                from unnest(p.proargtypes::oid[]) with ordinality as t (type, place)
            ))
            from pg_proc p
            where p.pronamespace::regnamespace::text in {Relation.Schemas}
                and has_function_privilege('{caller.Role}', p.oid, 'execute')
            """
        );
        calls.Count.ShouldBeGreaterThan(8);
        foreach (var (call, attempt) in calls.Zip(await caller.TryEach(calls)))
        {
            attempt.Refusal.ShouldBeNull($"{call}: {attempt.Seen}");
            if (caller.Organization == Theirs)
                continue;

            // What was passed in may come back; the person's number and cuid were not.
            ShouldShowNothing(attempt, call);
            attempt.Answer.ShouldNotContain($"{TheirSide.MemberNumber}", call);
            attempt.Answer.ShouldNotContain($"{TheirSide.Member}", call);
        }
    }

    [TestCaseSource(nameof(Callers))]
    public async Task All_other_functions_are_refused(string name)
    {
        var caller = Logins[name];
        var calls = await Catalog(
            $"""
            select case p.prokind
                when 'p' then format('call %s(%s)', p.oid::regproc, a.nulls)
                -- Of constants PostgreSQL finds the answer of a strict function without calling it.
                else format('select %s(%s) from (select %s offset 0) t', p.oid::regproc, a.columns, a.named)
            end
            from pg_proc p
            cross join lateral (
                select string_agg(format('null::%s', t.type::regtype), ', ' order by t.place) as nulls,
                    string_agg('t.a' || t.place, ', ' order by t.place) as columns,
                    string_agg(format('null::%s as a%s', t.type::regtype, t.place), ', ' order by t.place) as named
                from unnest(p.proargtypes::oid[]) with ordinality as t (type, place)
            ) a
            where p.pronamespace::regnamespace::text in {Relation.Schemas}
                and not has_function_privilege('{caller.Role}', p.oid, 'execute')
            """
        );
        calls.Count.ShouldBeGreaterThan(10);
        await ShouldAllBeRefused(caller, calls);
    }
}
