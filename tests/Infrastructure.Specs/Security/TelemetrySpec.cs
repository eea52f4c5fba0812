namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// What the service's queries may insert: telemetry of the tenant that was set, about things of that tenant. Foreign
/// keys do not look at tenants, so the policies do.
/// </summary>
[TestFixture]
public sealed class TelemetrySpec : TwoOrganizations
{
    private static readonly Dictionary<string, string> NoReferences = new(StringComparer.Ordinal)
    {
        ["listener_id"] = "A name that a player made up.",
        ["resource_id"] = "The id of anything, as text, with the id's kind beside it.",
    };

    private List<Relation> _written = [];

    /// <summary>New rows beside those there are, about the same things.</summary>
    private Side Fresh(Side about) => about with { Word = "fresh", Number = 7, RefersTo = about };

    [OneTimeSetUp]
    public async Task Find()
    {
        var names = await Catalog(
            """
            select c.oid::regclass::text
            from pg_class c
            where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relnamespace::regnamespace::text ~ '^pg_'
                and (has_table_privilege('schemahub_app', c.oid, 'insert')
                    or has_any_column_privilege('schemahub_app', c.oid, 'insert'))
            """
        );
        names.ShouldBe(Telemetry, ignoreOrder: true);
        _written = [.. AllRelations.Where(relation => names.Contains(relation.Name))];
    }

    [Test]
    public async Task The_set_tenants_telemetry_can_be_inserted() =>
        await ShouldAll(refusal: null, Logins["app"], _written.Select(NewRow));

    /// <summary>With a new row before it, where it says more about one that has its own already.</summary>
    private string NewRow(Relation relation)
    {
        var side = Fresh(OurSide);
        var reference = relation.Columns.FirstOrDefault(column => column.Target is { } to && Telemetry.Contains(to));
        if (reference is null)
            return Rows.Insert(relation, side);

        var first = _written.Single(other => other.Name == reference.Target);
        var id = Rows.Value(first, first.Columns.Single(column => column.Name == reference.TargetColumn), side);
        return $"{Rows.Insert(first, side)}; {Rows.Insert(relation, side, (reference, id))}";
    }

    [Test]
    public async Task Nobody_elses_can() =>
        await ShouldAll(
            NotPermitted,
            Logins["app"],
            _written.SelectMany(relation =>
                new[]
                {
                    Rows.Insert(relation, Fresh(TheirSide)),
                    Rows.Insert(relation, Fresh(OurSide) with { Organization = Theirs }),
                    Rows.Insert(relation, Fresh(OurSide), (relation.Tenant!, "null")),
                    Rows.Insert(relation, TheirSide) + " on conflict do nothing",
                }
            )
        );

    [Test]
    public async Task It_refers_to_the_tenants_own_rows_only()
    {
        var attempts = new List<string>();
        foreach (var relation in _written)
        {
            var others = relation.Columns.Where(column => column != relation.Tenant).ToList();
            others
                .Where(column => column.Target is null && column.Name.EndsWith("_id", StringComparison.Ordinal))
                .Select(column => column.Name)
                .Except(NoReferences.Keys)
                .ShouldBeEmpty($"{relation}: make it a foreign key that the policy looks at, or list it here");
            attempts.AddRange(
                others
                    .Where(column => column.Target is not null && column.Type == "uuid")
                    .Select(column =>
                        Rows.Insert(relation, Fresh(OurSide), (column, Rows.Value(relation, column, TheirSide)))
                    )
            );
        }

        attempts.Count.ShouldBeGreaterThanOrEqualTo(7);
        await ShouldAll(NotPermitted, Logins["app"], attempts);
    }

    [TestCase("app without a tenant")]
    [TestCase("reader")]
    [TestCase("reader of nobody")]
    public async Task Without_a_tenant_nothing_is_inserted(string name) =>
        await ShouldAll(
            NotPermitted,
            Logins[name],
            _written.SelectMany(relation =>
                new[] { OurSide, TheirSide }.Select(side => Rows.Insert(relation, Fresh(side)))
            )
        );

    [TestCase("set local app.current_tenant_id = '{theirs}'")]
    [TestCase("set local app.current_user_id = '{their member}'")]
    [TestCase("set local search_path = pg_temp, podcast")]
    public async Task No_setting_beside_the_tenant_lets_more_in(string setting)
    {
        var set = setting
            .Replace("{theirs}", $"{Theirs}", StringComparison.Ordinal)
            .Replace("{their member}", $"{TheirSide.Member}", StringComparison.Ordinal);
        await ShouldAll(
            NotPermitted,
            Logins["app"],
            _written.SelectMany(relation =>
                new[]
                {
                    Rows.Insert(relation, Fresh(TheirSide)),
                    Rows.Insert(relation, Fresh(TheirSide) with { Organization = Ours }),
                }
            ),
            set
        );
    }

    private static async Task ShouldAll(
        string? refusal,
        Caller caller,
        IEnumerable<string> statements,
        params string[] beginning
    )
    {
        var all = statements.ToList();
        var attempts = await caller.TryEach(all, beginning);
        all.Zip(attempts)
            .Where(tried => tried.Second.Refusal != refusal)
            .Select(tried => $"{tried.First}: {tried.Second.Refusal} {tried.Second.Seen}")
            .ShouldBeEmpty();
    }
}
