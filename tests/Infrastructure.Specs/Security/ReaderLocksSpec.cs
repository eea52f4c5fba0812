namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// What PostgreSQL itself offers to every login, tried on all of it: a reader takes no lock that the service waits
/// for, and leaves nothing on disk.
/// </summary>
[TestFixture]
public sealed class ReaderLocksSpec : TwoOrganizations
{
    private static readonly string[] LockModes =
    [
        "row share",
        "row exclusive",
        "share update exclusive",
        "share",
        "share row exclusive",
        "exclusive",
        "access exclusive",
    ];

    private static readonly string[] RowLocks = ["update", "no key update", "share", "key share"];

    [TestCaseSource(nameof(Callers))]
    public async Task No_advisory_lock_can_be_taken_by_any_function(string name)
    {
        var calls = await Calls("p.proname ~ 'advisory' and p.proname !~ 'unlock'");
        calls.Count.ShouldBe(16);
        await ShouldAllBeRefused(Logins[name], calls);
        // Letting go is free: drivers do it when a pooled connection changes hands.
        foreach (var call in await Calls("p.proname ~ 'advisory' and p.proname ~ 'unlock'"))
            (await Logins[name].Try(call)).Refusal.ShouldBeNull(call);
    }

    [TestCaseSource(nameof(Callers))]
    public async Task No_large_object_can_be_made_read_or_changed_by_any_function(string name)
    {
        var calls = await Calls("p.proname ~ '^lo_' or p.proname in ('loread', 'lowrite')");
        calls.Count.ShouldBeGreaterThanOrEqualTo(18);
        await ShouldAllBeRefused(Logins[name], calls);
    }

    [Test]
    public async Task No_relation_can_be_locked_but_against_being_dropped()
    {
        var relations = await Catalog(
            """
            select c.oid::regclass::text
            from pg_class c
            where c.relkind in ('r', 'p', 'v') and c.relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
            """
        );
        relations.Count.ShouldBeGreaterThan(300);
        foreach (var name in new[] { "reader", "reader of nobody" })
            await ShouldAllBeRefused(
                Logins[name],
                from relation in relations
                from mode in LockModes
                select $"lock table {relation} in {mode} mode"
            );
    }

    [Test]
    public async Task No_row_can_be_locked()
    {
        var tables = await Catalog(
            """
            select c.oid::regclass::text
            from pg_class c
            where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
            """
        );
        await ShouldAllBeRefused(
            Logins["reader"],
            from table in tables
            from strength in RowLocks
            select $"select 1 from {table} for {strength}"
        );
    }

    [TestCaseSource(nameof(Callers))]
    public async Task The_right_to_connect_is_for_one_database_and_without_temporary_tables(string name)
    {
        var rights = await Catalog(
            $"""
            select r.rolname || ' ' || p
            from pg_roles r, pg_database d, unnest(array['create', 'temporary']) p
            where r.rolname = '{(await Logins[name].Try("select current_user")).Seen}'
                and d.datname = current_database() and has_database_privilege(r.oid, d.oid, p)
            """
        );
        rights.ShouldBeEmpty();
    }

    /// <summary>A call of each of PostgreSQL's functions that match, with harmless arguments.</summary>
    private static Task<List<string>> Calls(string condition) =>
        Catalog(
            $"""
            select format('select %I(%s)', p.proname, (
                select string_agg(
                    format('%L::%s', case t.typname when 'text' then '/etc/hostname' else '1' end, t.typname),
                    ', ' order by u.place
                )
                from unnest(p.proargtypes) with ordinality u (type, place)
                join pg_type t on t.oid = u.type
            ))
            from pg_proc p
            where p.pronamespace = 'pg_catalog'::regnamespace and ({condition})
            """
        );
}
