using System.Text.Json;
using FluentValidation;
using SchemaHub.Application;
using SchemaHub.Application.Records;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Records;

/// <summary>What records are to each other, and to the log.</summary>
public sealed class RulesSpec
{
    private TestService _service = null!;
    private Guid _ours;
    private Guid _theirs;
    private SampleRecords _samples = null!;
    private int _slug;

    [OneTimeSetUp]
    public async Task Start() => _service = await TestService.Create();

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [SetUp]
    public async Task NewOrganizations()
    {
        _ours = await _service.CreateOrganization($"ours{++_slug}");
        _theirs = await _service.CreateOrganization($"theirs{_slug}");
        _samples = await _service.Samples(_ours);
    }

    [Test]
    public async Task What_a_record_refers_to_is_the_organizations_own()
    {
        var foreign = (await (await _service.Samples(_theirs)).Save(Type("podcast.podcasts"))).Id;
        await ShouldBeInvalid("podcastId", new Episode(Guid.Parse(foreign), "One"));
        await ShouldBeInvalid("podcastId", new Episode(Guid.CreateVersion7(), "One"));
        var stranger = await _service.Scalar<Guid>(
            $"select m.user_id from access.memberships m where m.organization_id = '{_theirs}'"
        );
        await ShouldBeInvalid("ownerId", new Entity("thing", "One", OwnerId: stranger));
        await ShouldBeInvalid("createdBy", new Report("weekly", Json("{}"), CreatedBy: stranger));
    }

    [Test]
    public async Task What_was_softly_deleted_is_referred_to_no_more()
    {
        var (id, version, _) = await _samples.Save(Type("podcast.podcasts"));
        await _service.Send(_ours, new DeleteRecord("podcast.podcasts", id, version));

        await ShouldBeInvalid("podcastId", new Episode(Guid.Parse(id), "One"));
        (
            await _service.Scalar<long>(
                $"select count(*) from podcast.podcasts where id = '{id}' and deleted_at is not null"
            )
        ).ShouldBe(1);
    }

    [Test]
    public async Task A_record_of_another_organization_does_not_exist()
    {
        var theirs = await _service.Samples(_theirs);
        foreach (var type in RecordCatalogue.All.Where(type => type.Scope == RecordScope.Tenant))
        {
            var (id, version, row) = await theirs.Save(type);

            (await _service.Send(_ours, new ListRecords(type.Name))).Items.ShouldBeEmpty(type.Name);
            await Should.ThrowAsync<NotFoundException>(_service.Send(_ours, new GetRecord(type.Name, id)), type.Name);
            await ShouldNotExist(new DeleteRecord(type.Name, id, version));
            (await _service.Send(_theirs, new GetRecord(type.Name, id))).Version.ShouldBe(version, type.Name);
            _ = row;
        }

        async Task ShouldNotExist(ICommand command)
        {
            var refusal = await Should.ThrowAsync<Exception>(_service.Send(_ours, command));
            refusal.Message.ShouldBe("There is no such record.");
        }
    }

    [Test]
    public async Task Deleting_deletes_what_cannot_be_without_it_by_events_of_its_own()
    {
        var partner = (await _samples.Save(Type("podcast.partners"))).Id;
        var integration = await Save(new PartnerIntegration(Guid.Parse(partner), "shop"));
        await _service.Send(_ours, new DeleteRecord("podcast.partners", partner));

        await Should.ThrowAsync<NotFoundException>(
            _service.Send(_ours, new GetRecord("podcast.partner_integrations", integration))
        );
        (
            await _service.Scalar<string>(
                $"""
                select string_agg(e.type, ', ' order by e.seq_id) from events.mt_events e
                where e.stream_id in ('{partner}', '{integration}') and e.version = 2
                """
            )
        ).ShouldBe("record_erased, record_erased");
    }

    [Test]
    public async Task What_is_referred_to_by_a_restrictive_reference_stays()
    {
        var campaign = (await _samples.Save(Type("podcast.campaigns"))).Id;
        var sponsor = (Guid)Property(await Row("podcast.campaigns", campaign), "SponsorId")!;
        await Save(new InsertionOrder(Guid.Parse(campaign), sponsor, new DateOnly(2026, 3, 1)));

        await ShouldBeRefused("record.in_use", new DeleteRecord("podcast.campaigns", campaign));
        await ShouldBeRefused("record.in_use", new DeleteRecord("podcast.sponsors", sponsor.ToString()));
        (await Row("podcast.campaigns", campaign)).ShouldNotBeNull();
    }

    [Test]
    public async Task One_theme_is_active()
    {
        var first = await Save(new Theme("one", "One", Json("{}"), IsActive: true), Guid.Empty);
        await ShouldBeInvalid("isActive", new Theme("two", "Two", Json("{}"), IsActive: true), Guid.Empty);
        await Save(new Theme("two", "Two", Json("{}")), Guid.Empty);
        await ShouldBeInvalid("name", new Theme("two", "Two", Json("{}")), Guid.Empty);
        await ShouldBeRefused("record.of_operator", new SaveRecord("saas.themes", new Theme("x", "X", Json("{}"))));
        (await _service.Send(_ours, new GetRecord("saas.themes", first))).Version.ShouldBeNull();
    }

    [Test]
    public async Task One_transcript_per_episode_and_one_row_per_organization()
    {
        var episode = Guid.Parse((await _samples.Save(Type("podcast.episodes"))).Id);
        await Save(new Transcript(episode, "Hello."));
        await ShouldBeRefused(
            "record.exists",
            new SaveRecord("podcast.transcripts", new Transcript(episode, "Hello again."))
        );
        await Save(new TenantQuotas(MaxPodcasts: 1));
        await ShouldBeRefused("record.exists", new SaveRecord("podcast.tenant_quotas", new TenantQuotas()));
        await ShouldBeInvalid("name", new Show("One too many"));
    }

    [Test]
    public async Task What_belongs_together_fits()
    {
        var campaign = Guid.Parse((await _samples.Save(Type("podcast.campaigns"))).Id);
        var other = Guid.Parse(await Save(new Sponsor("Other")));
        var episode = Guid.Parse(
            await Save(
                new Episode(Guid.Parse((await _samples.Save(Type("podcast.podcasts"))).Id), "A", DurationSeconds: 60)
            )
        );
        await ShouldBeInvalid("sponsorId", new InsertionOrder(campaign, other, new DateOnly(2026, 3, 1)));
        await ShouldBeInvalid("positionSeconds", new AdUnit(campaign, episode, "mid", 50, 11));
        await Save(new AdUnit(campaign, episode, "mid", 50, 10));
    }

    [Test]
    public async Task The_stage_of_a_campaign_tells_since_when()
    {
        var (id, version, row) = await _samples.Save(Type("podcast.campaigns"));
        var since = await Since();
        var renamed = (Campaign)row with { Name = "Renamed" };
        version = (await _service.Send(_ours, new SaveRecord("podcast.campaigns", renamed, id, version))).Version;
        (await Since()).ShouldBe(since);
        await _service.Send(_ours, new SaveRecord("podcast.campaigns", renamed with { Stage = "won" }, id, version));
        (await Since()).ShouldBeGreaterThan(since);

        Task<DateTime> Since() =>
            _service.Scalar<DateTime>($"select stage_changed_at from podcast.campaigns where id = '{id}'");
    }

    [Test]
    public async Task The_audit_tells_who_changed_what()
    {
        var id = await Save(new Partner("Acme", "agency", "ann@example.com"));
        await _service.Send(
            _ours,
            new SaveRecord("podcast.partners", new Partner("Acme", "shop", "bob@example.com"), id, 1),
            caller => caller with { Actor = "key:7", UserAgent = "spec" }
        );
        (
            await _service.Scalar<string>(
                $"""
                select concat_ws(' ', a.action, a.resource_type, a.user_agent, a.changes::text)
                from podcast.audit_logs a
                where a.resource_id = '{id}' and a.tenant_id = '{_ours}' and a.action = 'record_saved'
                    and a.user_agent is not null
                """
            )
        ).ShouldBe(
            "record_saved podcast.partners spec "
                + """{"after": {"partner_type": "shop"}, "before": {"partner_type": "agency"}}"""
        );
        (
            await _service.Scalar<string>(
                $"select e.headers ->> 'id' from events.mt_events e where e.stream_id = '{id}' and e.version = 2"
            )
        ).ShouldBe("key:7");
        (
            await _service.Scalar<long>(
                """
                select count(*) from events.mt_events e
                where e.type like 'record%' and e.data::text like '%@example.com%'
                """
            )
        ).ShouldBe(0);
    }

    [Test]
    public async Task A_rebuild_finds_records_as_the_log_says()
    {
        foreach (var type in RecordCatalogue.All)
        {
            var (id, version, row) = await _samples.Save(type);
            await _service.Send(_samples.TenantOf(type), new SaveRecord(type.Name, row, id, version));
            if (type.Name is "podcast.partners" or "podcast.referrals")
                await _service.Send(_ours, new DeleteRecord(type.Name, id));
        }

        foreach (var schema in RecordCatalogue.All.Select(type => type.Schema).Distinct())
        {
            var before = await Tables(schema);
            (await new Rebuild(_service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                0,
                schema
            );
            (await Tables(schema)).ShouldBe(before);
        }

        async Task<List<string>> Tables(string schema)
        {
            var rows = new List<string>();
            foreach (var type in RecordCatalogue.All.Where(type => type.Schema == schema))
                rows.AddRange(await _service.Rows(type.Name));

            return rows;
        }
    }

    private static RecordType Type(string table) => RecordCatalogue.Get(table);

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);

    private static object? Property(object row, string name) => row.GetType().GetProperty(name)!.GetValue(row);

    private static string TableOf(object row) => RecordCatalogue.All.Single(type => type.Row == row.GetType()).Name;

    private async Task<object> Row(string table, string id) =>
        (await _service.Send(_ours, new GetRecord(table, id))).Record.Row;

    private async Task<string> Save(object row, Guid? tenant = null)
    {
        var command = new SaveRecord(TableOf(row), row);
        return command.IdOf(_ours.ToString(), await _service.Send(tenant ?? _ours, command));
    }

    private async Task ShouldBeInvalid(string field, object row, Guid? tenant = null)
    {
        var events = await _service.Scalar<long>("select count(*) from events.mt_events");
        var refusal = await Should.ThrowAsync<ValidationException>(Save(row, tenant));
        refusal.Errors.Select(error => error.PropertyName).ShouldBe([field]);
        (await _service.Scalar<long>("select count(*) from events.mt_events")).ShouldBe(events);
    }

    private async Task ShouldBeRefused(string code, ICommand command) =>
        (await Should.ThrowAsync<RuleBrokenException>(_service.Send(_ours, command))).Code.ShouldBe(code);
}
