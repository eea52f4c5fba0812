using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// What a node has in hand nobody else takes, neither another node nor the same one a second time: a mail that two
/// connections had would go out twice.
/// </summary>
[TestFixture]
public sealed class MailsInHandSpec
{
    private TestMailing _mailing = null!;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _mailing = await TestMailing.Create();
        await _mailing.AddContacts(2);
    }

    [OneTimeTearDown]
    public async Task End() => await _mailing.DisposeAsync();

    [Test]
    public async Task A_chunk_of_deferred_mails_that_is_over_frees_no_mail_of_another()
    {
        await using var node = await NodeIdentity.Claim(Writer, CancellationToken.None);
        var chunks = new ChunkLedger(Writer, TimeProvider.System, node.Number);
        var campaign = await Activate(await _mailing.Start());
        var mails = await chunks.Take(campaign, CancellationToken.None);
        mails.Count.ShouldBe(2);
        var first = await Again(mails[0]);
        var second = await Again(mails[1]);

        first.Work.Leave(first).ShouldBeTrue();
        await chunks.Finish(first.Work, CancellationToken.None);
        (await chunks.Take(campaign, CancellationToken.None)).ShouldBeEmpty();

        second.Work.Drop(second).ShouldBeTrue();
        await chunks.Finish(second.Work, CancellationToken.None);
        (await chunks.Take(campaign, CancellationToken.None)).ShouldHaveSingleItem().Id.ShouldBe(second.Id);

        async Task<QueuedMail> Again(QueuedMail mail)
        {
            await chunks.Defer([(mail, DateTimeOffset.UnixEpoch)], CancellationToken.None);
            return (await chunks.Take(campaign, CancellationToken.None)).ShouldHaveSingleItem();
        }
    }

    [Test]
    public async Task What_the_ledger_refuses_keeps_no_other_mail_waiting()
    {
        await using var node = await NodeIdentity.Claim(Writer, CancellationToken.None);
        var id = await _mailing.Start();
        var campaign = await Activate(id);
        var mails = await new ChunkLedger(Writer, TimeProvider.System, node.Number).Take(
            campaign,
            CancellationToken.None
        );
        await using var exchange = new LedgerExchange(Writer, TimeProvider.System, NullLogger.Instance, node.Number);
        foreach (var mail in mails)
            (await exchange.Exchange(outcome: null, mail)).Permission.ShouldBe(Permission.Go);

        // PostgreSQL keeps no NUL in a text.
        var refused = exchange.Exchange(Outcome(mails[0], "\0"), next: null);
        await exchange.Exchange(Outcome(mails[1], error: null), next: null);

        (await Should.ThrowAsync<PostgresException>(refused)).SqlState.ShouldBe("22021");
        (
            await _mailing.Service.Texts(
                $"select l.id || ' ' || l.status from backstage.email_logs l where l.campaign_id = {id} order by l.id"
            )
        ).ShouldBe([$"{mails[0].Id} queued", $"{mails[1].Id} sent"]);
    }

    [Test]
    public async Task A_node_whose_lock_is_lost_goes_on_under_another_number()
    {
        await using var mailing = await TestMailing.Create();
        await mailing.AddContacts(300);
        mailing.Sink.Slowness = TimeSpan.FromMilliseconds(20);
        var campaign = await mailing.Start();
        await using var node = mailing.Node();
        await Eventually.True(() => mailing.Sink.Count >= 20);
        var before = (await Numbers(mailing)).ShouldHaveSingleItem();
        await mailing.Service.Execute(
            $"select pg_terminate_backend(l.pid) from pg_locks l where {IsOfNode} and l.database = ({ThisDatabase})"
        );
        await Eventually.True(async () => await Numbers(mailing) is [var now] && now != before);

        (await mailing.WaitFor(campaign, progress => progress.Status == "sent")).Sent.ShouldBe(300);
        mailing.Sink.Taken.ShouldBeUnique();
        mailing.Sink.Count.ShouldBe(300);
    }

    private static string IsOfNode =>
        $"l.locktype = 'advisory' and l.objsubid = 2 and l.classid = {DeadNodes.LockClass}";

    private NpgsqlDataSource Writer => _mailing.Service.Installation.Writer;

    private static Task<List<string>> Numbers(TestMailing mailing) =>
        mailing.Service.Texts(
            $"select l.objid::text from pg_locks l where {IsOfNode} and l.database = ({ThisDatabase})"
        );

    private const string ThisDatabase = "select d.oid from pg_database d where d.datname = current_database()";

    private async Task<ActiveCampaign> Activate(int campaign)
    {
        var ledger = new RunLedger(Writer, TimeProvider.System);
        var runs = new CampaignRuns(ledger, _mailing.Service.Services.GetRequiredService<RunAs>(), TimeProvider.System);
        var run = (await ledger.FindRuns(CancellationToken.None)).Single(one => one.CampaignId == campaign);
        return (await runs.Activate(run, CancellationToken.None)).ShouldNotBeNull();
    }

    private static Outcome Outcome(QueuedMail mail, string? error) =>
        new(
            mail,
            Infrastructure.Campaigns.Outcome.Sent,
            ConsentEvent: 0,
            "Hello",
            ProviderMessageId: null,
            error,
            InDoubt: false,
            TimeProvider.System.GetUtcNow(),
            DueAt: null,
            Attempts: 1,
            Doubts: 0
        );
}
