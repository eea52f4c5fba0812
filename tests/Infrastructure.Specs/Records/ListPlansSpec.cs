using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Records;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Records;

/// <summary>
/// How much a page of records reads as the service's own login, under its policies, in tables that are mostly other
/// organizations': counted by the server.
/// </summary>
public sealed class ListPlansSpec
{
    private const int Neighbours = 100_000;
    private const int Repetitions = 8;

    private TestDatabase _database = null!;
    private TestService _service = null!;
    private Guid _organization;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        (_database, var keys) = await TestService.CreateDatabase();
        await using (var service = await TestService.Start(_database.ConnectionString, keys))
            await Fill(service);

        _service = await TestService.Start(_database.ConnectionString, keys);
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        await _service.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_service.Installation.Keys.Directory, recursive: true);
    }

    [Test]
    public async Task Every_record_of_organizations_has_an_index_of_its_key_within_them()
    {
        var shapes = _service.Services.GetRequiredService<ITableShapes>();
        foreach (var type in RecordCatalogue.All.Where(type => type.TenantColumn is not null))
        {
            var shape = await shapes.Of(type, CancellationToken.None);
            string[] wanted = [type.TenantColumn!, .. type.KeyColumns.Except([type.TenantColumn!])];
            shape.Indexes.ShouldContain(index => index.Take(wanted.Length).SequenceEqual(wanted), type.Name);
        }
    }

    [TestCase("podcast.partners", null, null)]
    [TestCase("podcast.experiments", null, null)]
    [TestCase("podcast.experiments", "status=draft", null)]
    [TestCase("podcast.experiments", null, "status")]
    [TestCase("podcast.user_metrics", null, null)]
    [TestCase("saas.projects", null, null)]
    [TestCase("snorq.labels", null, null)]
    public async Task A_page_reads_itself_and_no_more(string table, string? filter, string? sort)
    {
        var filters = filter is null
            ? null
            : new Dictionary<string, string> { [filter.Split('=')[0]] = filter.Split('=')[1] };
        foreach (var descending in new[] { false, true })
        {
            var first = new ListRecords(table, filters, sort, descending, Limit: 20);
            var second = first with { After = (await _service.Send(_organization, first)).Next! };
            foreach (var page in new[] { first, second })
                await ShouldRead(21, table, page);
        }
    }

    private async Task ShouldRead(long rows, string table, ListRecords page)
    {
        await Flush();
        var before = await RowsRead(table);
        for (var i = 0; i < Repetitions; i++)
            (await _service.Send(_organization, page)).Items.Count.ShouldBe(20);

        await Flush();
        // Planning looks at the ends of an index now and then.
        (await RowsRead(table) - before).ShouldBeInRange(1, (rows + 5) * Repetitions, $"{page}");
    }

    private async Task Fill(TestService service)
    {
        _organization = await service.CreateOrganization("acme");
        await service.Execute(
            $"""
            create temporary table neighbours as
            select gen_random_uuid() as id, i from generate_series(1, 100) i;
            insert into podcast.tenants (id, name, slug) select n.id, 'n' || n.i, 'n' || n.i from neighbours n;
            insert into podcast.users (id, tenant_id, account_id, email)
            select n.id, n.id, n.id, n.i || '@example.org' from neighbours n;
            insert into snorq.users (id, email, updated_at)
            select access.cuid(n.id), n.i || '@example.org', now() from neighbours n;
            insert into snorq.organizations (id, name, slug, owner_id, updated_at)
            select access.cuid(n.id), 'n' || n.i, 'n' || n.i, access.cuid(n.id), now() from neighbours n;
            insert into neighbours select '{_organization}', 0;
            create temporary table seeded as
            select s.i, n.id as organization, gen_random_uuid() as id
            from generate_series(1, {Neighbours}) s (i)
            join neighbours n on n.i = s.i % 101;
            insert into podcast.partners (id, tenant_id, name, partner_type)
            select s.id, s.organization, 'p', 't' from seeded s;
            insert into podcast.experiments (id, tenant_id, name, status)
            select s.id, s.organization, 'p', case when s.i % 3 = 0 then 'draft' else 'running' end from seeded s;
            insert into podcast.user_metrics (user_id, metric_name)
            select coalesce(m.id, s.organization), s.id::text
            from seeded s left join access.memberships m on m.organization_id = s.organization;
            insert into saas.projects (id, user_id, name, status, created_at, updated_at, organization_id)
            select 1000000 + s.i, (select min(u.id) from saas.users u), 'p', 'active', now(), now(), s.organization
            from seeded s;
            insert into snorq.labels (id, name, organization_id)
            select access.cuid(s.id), s.id::text, access.cuid(s.organization) from seeded s;
            """
        );
        await service.Execute("vacuum analyze");
    }

    private Task<long> RowsRead(string table) =>
        _service.Scalar<long>(
            $"""
            select (t.seq_tup_read + coalesce(t.idx_tup_fetch, 0))::bigint
            from pg_stat_user_tables t
            where t.relid = '{table}'::regclass
            """
        );

    /// <summary>What a connection has counted is known for certain once it has ended.</summary>
    private async Task Flush()
    {
        _service.Installation.App.Clear();
        _service.Installation.Writer.Clear();
        _service.Installation.Administrator.Clear();
        await Eventually.True(async () =>
            await _service.Scalar<long>(
                """
                select count(*)
                from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                    and backend_type = 'client backend'
                """
            ) == 0
        );
    }
}
