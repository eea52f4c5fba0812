using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Specs.Compliance;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// A backup is restored that was made while one campaign was half sent and another was scheduled; both were sent since,
/// the second by a process that was killed. Nobody gets a mail twice, and who may not have got one is named.
/// </summary>
[TestFixture]
public sealed class RestoredCampaignsSpec
{
    private const int People = 240;
    private const int Connections = 4;

    private TestDatabase _database = null!;
    private string _keys = "";
    private string _backup = "";
    private MailSink _sink = null!;
    private TestMailing _mailing = null!;
    private int _half;
    private int _scheduled;
    private Guid _job;

    [SetUp]
    public async Task LoseADatabase()
    {
        (_database, _keys) = await TestService.CreateDatabase();
        _sink = new MailSink { Slowness = TimeSpan.FromMilliseconds(20) };
        await using (var service = await Start())
        {
            _mailing = await TestMailing.Of(service, await service.CreateOrganization("night-train"), _sink);
            await Live();
        }

        await _database.DisposeAsync();
        _database = await TestDatabase.Create();
        await Backup.Restore(_backup, _database.ConnectionString);
        _sink.Slowness = TimeSpan.Zero;
    }

    [TearDown]
    public async Task CleanUp()
    {
        await _sink.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_keys, recursive: true);
        File.Delete(_backup);
    }

    [Test]
    public async Task Nothing_goes_out_before_the_operator_decides_and_then_nothing_twice()
    {
        var before = _sink.Count;
        await using var service = await Start(restoring: true);
        var mailing = TestMailing.Again(service, _mailing);
        await using var node = mailing.Node();
        await EverythingElseGoesOn(mailing);

        _sink.Count.ShouldBe(before + People, "something that was held went out");
        var (half, scheduled) = await Held(service);
        half.Unknown.ShouldBe(0, "its sender ended as it should, and wrote down what it had sent");
        (half.SentBefore + half.SentSince).ShouldBe(People);
        half.SentBefore.ShouldBeInRange(1, People - 1);
        half.Remaining.ShouldBe(0);
        scheduled.SentBefore.ShouldBe(0);
        scheduled.SentSince.ShouldBe(0, "less than a chunk was sent, and its end was not written down");
        scheduled.Unknown.ShouldBe(People);
        await ShowsItself(mailing, _half);

        await Release(service, _half, RestOfCampaign.Send);
        (await mailing.WaitFor(_half, progress => progress.Status == "sent")).Sent.ShouldBe(People);
        await Release(service, _scheduled, RestOfCampaign.Send);
        await service.Send(mailing.Organization, new StartCampaign(_scheduled));
        (await mailing.WaitFor(_scheduled, progress => progress.Status == "sent")).Failed.ShouldBe(People);

        _sink.Count.ShouldBe(before + People, "somebody got a mail twice");
        await NamesTheDoubtful(mailing);
    }

    [Test]
    public async Task Sent_again_on_demand_doubtful_mails_are_marked()
    {
        await using var service = await Start(restoring: true);
        var mailing = TestMailing.Again(service, _mailing);
        await using var node = mailing.Node();
        await Release(service, _scheduled, RestOfCampaign.Send, resends: true);
        await service.Send(mailing.Organization, new StartCampaign(_scheduled));
        (await mailing.WaitFor(_scheduled, progress => progress.Status == "sent")).Sent.ShouldBe(People);

        (
            await service.Scalar<long>(
                $"select count(*) from backstage.email_logs where campaign_id = {_scheduled} and in_doubt"
            )
        ).ShouldBe(People);
    }

    [Test]
    public async Task What_remains_can_be_taken_as_sent_or_be_cancelled()
    {
        var before = _sink.Count;
        await using var service = await Start(restoring: true);
        var mailing = TestMailing.Again(service, _mailing);
        await using var node = mailing.Node();
        await Release(service, _half, RestOfCampaign.Sent);
        (await mailing.WaitFor(_half, progress => progress.Status == "sent")).Sent.ShouldBe(People);
        await service.Send(mailing.Organization, new CancelCampaign(_scheduled));
        (await service.Send(Guid.Empty, new ListHeld())).Campaigns.ShouldBeEmpty();
        _sink.Count.ShouldBe(before);
    }

    [Test]
    public async Task It_stays_held_over_restarts_and_repeated_reapplying()
    {
        for (var start = 0; start < 3; start++)
        {
            await using var service = await Start(restoring: start == 0);
            var (half, scheduled) = await Held(service);
            (half.SentBefore + half.SentSince, scheduled.Unknown).ShouldBe((People, People));
            await ShowsItself(TestMailing.Again(service, _mailing), _half);
            var held = await service.Send(Guid.Empty, new ListHeld());
            held.Work.Select(work => work.Work).ShouldBe(HeldWork.All, ignoreOrder: true);
        }
    }

    [Test]
    public async Task Jobs_wait_until_they_are_released()
    {
        await using var service = await Start(restoring: true);
        using var jobs = ActivatorUtilities.CreateInstance<JobService>(service.Services);
        await jobs.StartAsync(CancellationToken.None);
        var gate = service.Services.GetRequiredService<RestoreGate>();
        using var impatient = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await Should.ThrowAsync<OperationCanceledException>(() =>
            gate.WaitUntilReleased(HeldWork.Jobs, impatient.Token)
        );
        (await Waiting(service)).ShouldBe(1);
        (await Acted(service)).ShouldBe(0, "Hangfire ran while jobs were held");

        await service.Send(Guid.Empty, new ReleaseWork(HeldWork.Jobs));
        await Eventually.True(async () => await Waiting(service) == 0);
        (await Acted(service)).ShouldBePositive();
        await jobs.StopAsync(CancellationToken.None);
        await Should.ThrowAsync<NotFoundException>(() => service.Send(Guid.Empty, new ReleaseWork(HeldWork.Jobs)));
    }

    [Test]
    public async Task A_node_that_goes_on_over_a_restored_database_hands_nothing_over()
    {
        await using var service = await Start(restoring: true);
        // As a dump of long ago, restored beneath it.
        await service.Execute("update events.safekeeping set journal_number = 1");
        using var journal = new HandOverJournal(
            service.Installation.Writer,
            service.Installation.Journal,
            TimeProvider.System
        );
        await Should.ThrowAsync<JournalException>(() =>
            journal.Begin(1, _mailing.Organization, [1, 2, 3], CancellationToken.None)
        );
    }

    /// <summary>Until the database is lost.</summary>
    private async Task Live()
    {
        await _mailing.AddContacts(People);
        _half = await _mailing.Start();
        _scheduled = await _mailing.Draft();
        await _mailing.Service.Send(
            _mailing.Organization,
            new ScheduleCampaign(_scheduled, TimeProvider.System.GetUtcNow().AddHours(1))
        );
        var runAs = _mailing.Service.Services.GetRequiredService<RunAs>();
        await using (var scope = runAs.System(Tenant.System, SystemActors.System))
            _job = await scope
                .Services.GetRequiredService<IBackgroundJobs>()
                .Enqueue(new ResetQuotas(), CancellationToken.None);

        await using (_mailing.Node())
        {
            await _mailing.WaitFor(_half, progress => progress.Sent is > 20);
            _backup = await Backup.Dump(_mailing.Service.ConnectionString);
            await _mailing.WaitFor(_half, progress => progress.Status == "sent");
        }

        await _mailing.Service.Send(_mailing.Organization, new StartCampaign(_scheduled));
        using var program = SendingProgram.Start(_mailing, Connections);
        await _mailing.WaitFor(_scheduled, progress => progress.Sent is > 40);
        program.Kill();
        (await _mailing.Progress(_scheduled)).Status.ShouldBe("sending");
    }

    private Task<TestService> Start(bool restoring = false) =>
        TestService.Start(
            _database.ConnectionString,
            _keys,
            services => TestMailing.AddSending(services, _sink.Port, Connections),
            restoring
        );

    /// <summary>A campaign of after the restore is sent by the same node, so it had time for the held ones.</summary>
    private static async Task EverythingElseGoesOn(TestMailing mailing)
    {
        var campaign = await mailing.Start();
        (await mailing.WaitFor(campaign, progress => progress.Status == "sent")).Sent.ShouldBe(People);
    }

    private async Task<(HeldCampaign Half, HeldCampaign Scheduled)> Held(TestService service)
    {
        var held = (await service.Send(Guid.Empty, new ListHeld())).Campaigns;
        held.Select(campaign => campaign.Id).ShouldBe([_half, _scheduled]);
        return (held[0], held[1]);
    }

    private static async Task ShowsItself(TestMailing mailing, int campaign)
    {
        var shown = await mailing.Service.Send(mailing.Organization, new GetCampaign(campaign));
        shown.Campaign.HeldSince.ShouldNotBeNull();
    }

    private static Task Release(TestService service, int campaign, string rest, bool resends = false) =>
        service.Send(Guid.Empty, new ReleaseCampaign(campaign, rest, resends));

    private async Task NamesTheDoubtful(TestMailing mailing)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        var page = await mailing.Service.Send(
            mailing.Organization,
            new ListDeliveries(_scheduled, Limit: 200, InDoubt: true)
        );
        while (page.Items.Count > 0)
        {
            page.Items.ShouldAllBe(mail => mail.Status == "failed" && mail.Error == RestoreHolds.NotAgain);
            named.UnionWith(page.Items.Select(mail => mail.Email));
            page = await mailing.Service.Send(
                mailing.Organization,
                new ListDeliveries(_scheduled, Limit: 200, After: page.Items[^1].Id, InDoubt: true)
            );
        }

        named.Count.ShouldBe(People);
    }

    private Task<long> Waiting(TestService service) =>
        service.Scalar<long>($"select count(*) from jobs.jobs where id = '{_job}'");

    /// <summary>What a node leaves that runs jobs: itself, what recurs, and its runs.</summary>
    private static Task<long> Acted(TestService service) =>
        service.Scalar<long>(
            """
            select (select count(*) from hangfire.server) + (select count(*) from hangfire.hash)
                + (select count(*) from jobs.jobs where attempts > 0)
                + (select count(*) from backstage.execution_logs)
            """
        );
}
