using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>
/// How much look-ups and lists read, as the service's own login and under its policies, in a database that is mostly
/// other organizations': counted by the server, so that it is the statements themselves that are looked at.
/// </summary>
[TestFixture]
public sealed class PlansSpec
{
    private const int Own = 300;
    private const int Neighbours = 40_000;
    private const int Organizations = 200;
    private const int Repetitions = 8;

    private TestDatabase _database = null!;
    private TestService _service = null!;
    private Guid _organization;
    private readonly List<long> _contacts = [];

    [OneTimeSetUp]
    public async Task Prepare()
    {
        (_database, var keys) = await TestService.CreateDatabase();
        await using (_service = await TestService.Start(_database.ConnectionString, keys))
            await Fill();

        _service = await TestService.Start(_database.ConnectionString, keys);
        await Flush();
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        await _service.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_service.Installation.Keys.Directory, recursive: true);
    }

    private async Task Fill()
    {
        _organization = await _service.CreateOrganization("acme");
        var added = await Task.WhenAll(
            Enumerable
                .Range(0, Own)
                .Select(i =>
                    _service.Send(_organization, new AddContact($"p{i}@example.org", Consent: new ConsentInput()))
                )
        );
        _contacts.AddRange(added.Select(position => position.Number).Order());
        await _service.Execute(
            $$"""
            insert into backstage.users (id, email, password_hash)
            select 900000 + o, 'o' || o || '@example.org', '!' from generate_series(0, {{Organizations - 1}}) o;
            insert into backstage.contacts (id, user_id, email, subscribed, unsubscribe_token, organization_id)
            select 1000000 + i, 900000 + i % {{Organizations}}, 'n' || i || '@example.org', i % 2 = 0,
                lpad(to_hex(i), 64, '0'), md5('organization ' || i % {{Organizations}})::uuid
            from generate_series(1, {{Neighbours}}) i;
            insert into backstage.consent_history (id, user_id, contact_id, action, timestamp, source, metadata,
                organization_id)
            select c.id * 10 + i, c.user_id, c.id, 'subscribe', now(), 'api', '{"purpose": "newsletter"}',
                c.organization_id
            from backstage.contacts c, generate_series(1, 2) i
            where c.id > 1000000;
            insert into backstage.email_templates (id, user_id, name, subject, organization_id)
            select 2000000 + i, 900000 + i % {{Organizations}}, 'n', 's',
                md5('organization ' || i % {{Organizations}})::uuid
            from generate_series(1, {{Neighbours}}) i
            """
        );
        for (var i = 0; i < 60; i++)
            await _service.Send(_organization, new SaveTemplate($"t{i}", "s", IsDraft: true));

        await _service.Execute("analyze");
    }

    [Test]
    public Task A_contact_is_found_by_its_id() =>
        ShouldRead(1, () => _service.Send(_organization, new GetContact(_contacts[^1])));

    [Test]
    public Task A_contact_is_found_by_its_address() =>
        ShouldRead(1, () => _service.Send(_organization, new LookUpContact("p7@example.org")));

    [Test]
    public Task A_contact_of_somebody_else_is_not_looked_for_everywhere() =>
        ShouldRead(
            1,
            () => Should.ThrowAsync<NotFoundException>(_service.Send(_organization, new GetContact(1_000_007)))
        );

    [Test]
    public async Task A_page_of_contacts_is_read_and_no_more()
    {
        foreach (var after in new[] { 0, _contacts[100], _contacts[^2] })
        {
            await ShouldRead(51, () => _service.Send(_organization, new ListContacts(After: after)));
            await ShouldRead(51, () => _service.Send(_organization, new ListContacts(After: after, Subscribed: true)));
        }
    }

    [Test]
    public async Task A_page_of_templates_is_read_and_no_more()
    {
        await ShouldRead(51, () => _service.Send(_organization, new ListTemplates()));
        await ShouldRead(60, () => _service.Send(_organization, new ListTemplates(After: 0, Limit: 200)));
    }

    [Test]
    public Task The_history_of_a_contact_is_found_by_the_contact() =>
        ShouldRead(1, () => _service.Send(_organization, new ListConsentHistory(_contacts[5])));

    [Test]
    public Task Everybody_as_of_an_instant_is_one_pass_over_the_own_rows() =>
        ShouldRead(
            2 * Own,
            async () =>
            {
                var asOf = await _service.Send(_organization, new ConsentAsOf(TimeProvider.System.GetUtcNow()));
                var count = 0;
                await foreach (var _ in asOf)
                    count++;

                count.ShouldBe(Own);
            }
        );

    [Test]
    public Task Statistics_are_one_pass_over_the_own_rows()
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        return ShouldRead(Own, () => _service.Send(_organization, new ConsentStatistics(today.AddDays(-1), today)));
    }

    /// <summary>Rows of the published tables read per query at most, also once the plan is a kept one.</summary>
    private async Task ShouldRead(long rows, Func<Task> query)
    {
        await Flush();
        var before = await RowsRead();
        for (var i = 0; i < Repetitions; i++)
            await query();

        await Flush();
        var read = await RowsRead() - before;
        // Planning looks at the ends of an index now and then.
        read.ShouldBeInRange(1, (rows + 5) * Repetitions);
    }

    private Task<long> RowsRead() =>
        _service.Scalar<long>(
            """
            select sum(t.seq_tup_read + coalesce(t.idx_tup_fetch, 0))::bigint
            from pg_stat_user_tables t
            where t.schemaname = 'backstage' and t.relname in ('contacts', 'consent_history', 'email_templates')
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
