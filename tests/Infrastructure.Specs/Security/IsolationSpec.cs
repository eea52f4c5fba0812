namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Which rows are seen: in every relation exactly those of the own organization, whatever is set, and of other
/// relations none at all.
/// </summary>
[TestFixture]
public sealed class IsolationSpec : TwoOrganizations
{
    private readonly Dictionary<string, IReadOnlyList<string>> _expected = new(StringComparer.Ordinal);

    [Test]
    public async Task Both_organizations_have_rows_in_every_relation()
    {
        foreach (var relation in AllRelations.Where(relation => !relation.IsSequence && !relation.IsPartition))
        {
            if (
                Owners.Catalogues.ContainsKey(relation.Name)
                || Owners.ServiceOwn.ContainsKey(relation.Name)
                || Owners.PersonsOwn.ContainsKey(relation.Name)
            )
                (await Service.Scalar<long>($"select count(*) from {relation}")).ShouldBePositive(relation.Name);
            else
                foreach (var organization in new[] { Ours, Theirs })
                    (await RowsOf(relation, ["1"], organization)).ShouldNotBeEmpty($"{relation}, {organization}");
        }
    }

    [TestCaseSource(nameof(Everybody))]
    public async Task Exactly_the_rows_of_the_own_organization_are_seen(string name)
    {
        var caller = Logins[name];
        var wrong = new List<string>();
        foreach (var (relation, columns) in await Readable(caller))
        {
            var seen = (await caller.Try(Select(relation, columns))).Answer.Order(StringComparer.Ordinal);
            var expected = await RowsFor(caller, relation, columns);
            if (!seen.SequenceEqual(expected))
                wrong.Add($"{relation}: expected {string.Join("; ", expected)} and saw {string.Join("; ", seen)}");
        }

        wrong.ShouldBeEmpty();
    }

    [TestCaseSource(nameof(Everybody))]
    public async Task What_is_not_to_be_read_is_refused(string name)
    {
        var caller = Logins[name];
        var readable = (await Readable(caller)).ToDictionary(read => read.Relation, read => read.Columns);
        AllRelations
            .Where(relation => !relation.IsSequence && !relation.IsWritersOnly())
            .Where(relation => !(caller.IsReader && relation.IsInternal()))
            .Except(readable.Keys)
            .ShouldBeEmpty($"grant select to {caller.Role}, or list the table in Owners.ServiceOwn with its reason");
        readable
            .Keys.Where(relation => relation.IsWritersOnly() || (caller.IsReader && relation.IsInternal()))
            .ShouldBeEmpty($"revoke select from {caller.Role}");

        var others = AllRelations
            .Where(relation => !relation.IsSequence)
            .SelectMany(relation => relation.Columns.Select(column => (relation, column.Name)))
            .Where(place => !readable.TryGetValue(place.relation, out var columns) || !columns.Contains(place.Name))
            .Select(place => $"select {place.Name} from {place.relation}")
            .ToList();
        others.Count.ShouldBeGreaterThan(100);
        await ShouldAllBeRefused(caller, others);
    }

    [TestCaseSource(nameof(Settings))]
    public async Task Nothing_that_can_be_set_shows_more(string name, string setting)
    {
        var caller = Logins[name];
        var readable = await Readable(caller);
        var set = setting
            .Replace("{theirs}", $"{Theirs}", StringComparison.Ordinal)
            .Replace("{their member}", $"{TheirSide.Member}", StringComparison.Ordinal);
        var attempts = await caller.TryEach(readable.Select(read => Select(read.Relation, read.Columns)), set);
        foreach (var ((relation, columns), attempt) in readable.Zip(attempts))
        {
            attempt.Refusal.ShouldBeNull($"{relation}: {attempt.Seen}");
            var expected = await RowsFor(caller, relation, columns);
            var seen = attempt.Answer.Order(StringComparer.Ordinal);
            // A reader's settings change nothing. The service's queries may lose the tenant by them, and win none.
            if (caller.IsReader)
                string.Join("; ", seen).ShouldBe(string.Join("; ", expected), $"{relation} after {set}");
            else
                seen.Except(expected).ShouldBeEmpty($"{relation} after {set}");
        }
    }

    [TestCaseSource(nameof(Callers))]
    public async Task Row_security_cannot_be_switched_off(string name)
    {
        var caller = Logins[name];
        var tables = (await Readable(caller)).Where(read => read.Relation.IsTable).ToList();
        tables.ShouldNotBeEmpty();
        await ShouldAllBeRefused(
            caller,
            tables.Select(read => Select(read.Relation, read.Columns)),
            "set local row_security = off"
        );
        foreach (var barrier in Owners.Barriers.Keys)
        {
            // Whose the login is stands in a table with row security, too: a reader is refused.
            var seen = await caller.Try("set row_security = off", $"select t::text from {barrier} t");
            ShouldShowNothing(seen, barrier);
            seen.Refusal.ShouldBe(caller.IsReader ? NotPermitted : null, barrier);
        }
    }

    private static IEnumerable<TestCaseData> Settings()
    {
        string[] settings =
        [
            "set local app.current_tenant_id = '{theirs}'",
            "set local app.current_user_id = '{their member}'",
            "set local app.current_organization = '{theirs}'",
            "set local app.tenant_id = '{theirs}'",
            "select set_config('app.current_tenant_id', '{theirs}', true), set_config('app.user_id', '{theirs}', true)",
            "set local search_path = pg_temp, backstage, podcast, smarthub, access, events",
            "set local row_security = on",
            "set local role none",
            "set local check_function_bodies = off; set local plan_cache_mode = force_generic_plan",
        ];
        string[] readers =
        [
            .. settings,
            "set local app.current_tenant = '{theirs}'",
            "do $$ begin perform set_config('app.current_tenant', '{theirs}', true); end $$",
            "select podcast.set_tenant_context('{theirs}')",
            "select podcast.set_tenant_context('{theirs}'); set local app.current_user_id = '{their member}'",
            "set local role schemahub_reader",
        ];
        return readers
            .Select(setting => new TestCaseData("reader", setting))
            .Concat(readers.Select(setting => new TestCaseData("reader of nobody", setting)))
            .Concat(settings.Select(setting => new TestCaseData("app", setting)))
            .Append(new TestCaseData("app", "set local role schemahub_app"));
    }

    /// <summary>The relations that somebody may read, and of each the columns they may.</summary>
    private async Task<List<(Relation Relation, List<string> Columns)>> Readable(Caller caller)
    {
        var columns = await Catalog(
            $"""
            select format('%s %s', c.oid::regclass, quote_ident(a.attname))
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind <> 'S' and has_column_privilege('{caller.Role}', c.oid, a.attnum, 'select')
            """
        );
        var granted = columns.ToLookup(column => column.Split(' ')[0], column => column.Split(' ')[1]);
        return
        [
            .. AllRelations
                .Where(relation => granted.Contains(relation.Name))
                .Select(relation => (relation, granted[relation.Name].ToList())),
        ];
    }

    private static string Select(Relation relation, IEnumerable<string> columns) =>
        $"select row({string.Join(", ", columns.Select(column => $"t.{column}"))})::text from {relation} t";

    /// <summary>What somebody is to see; a reader of nobody not even what is the same for everybody.</summary>
    private async Task<IReadOnlyList<string>> RowsFor(Caller caller, Relation relation, List<string> columns) =>
        caller is { IsReader: true, Organization: null } ? [] : await RowsOf(relation, columns, caller.Organization);

    /// <summary>What an organization's rows are, as the administrator sees them.</summary>
    private async Task<IReadOnlyList<string>> RowsOf(Relation relation, List<string> columns, Guid? organization)
    {
        var key = $"{relation} {organization} {string.Join(' ', columns)}";
        if (_expected.TryGetValue(key, out var known))
            return known;

        var source = Owners.Barriers.GetValueOrDefault(relation.Name, relation.Name);
        var rows = await Catalog(
            $"""
            select row({string.Join(", ", columns.Select(column => column == "1" ? column : $"t.{column}"))})::text
            from {source} t
            where {relation.SeenBy(organization)}
            """
        );
        return _expected[key] = [.. rows.Order(StringComparer.Ordinal)];
    }
}
