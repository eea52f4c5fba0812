using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>What recurring jobs do to the tables beside the log.</summary>
public sealed class UpkeepSpec
{
    private FakeTimeProvider _clock = null!;
    private TestService _service = null!;
    private Guid _organization;

    [SetUp]
    public async Task Begin()
    {
        _clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 10, 0, 0, 1, TimeSpan.Zero));
        _service = await TestService.Create(services => services.AddSingleton<TimeProvider>(_clock));
        _organization = await _service.CreateOrganization("acme");
    }

    [TearDown]
    public ValueTask End() => _service.DisposeAsync();

    [Test]
    public async Task Quotas_of_an_earlier_day_begin_anew_and_those_of_today_go_on()
    {
        await _service.Execute(
            """
            insert into backstage.users (id, email, password_hash)
            values (9001, 'a@x.org', '!'), (9002, 'b@x.org', '!');
            insert into backstage.quota_tracking (user_id, emails_sent_today, last_reset_date)
            values (9001, 500, '2026-03-09'), (9002, 7, '2026-03-10')
            """
        );
        (await Run(new ResetQuotas())).ShouldBe("1 quotas reset.");
        (await Run(new ResetQuotas())).ShouldBe("0 quotas reset.");
        (
            await _service.Scalar<string>(
                "select string_agg(q.emails_sent_today || ' ' || q.last_reset_date, ', ' order by q.user_id) "
                    + "from backstage.quota_tracking q where q.user_id > 9000"
            )
        ).ShouldBe("0 2026-03-10, 7 2026-03-10");
    }

    [Test]
    public async Task What_was_kept_long_enough_goes_and_mails_stay_unless_a_setting_says_otherwise()
    {
        await Campaign(1, "sent", sentAt: "2026-01-01");
        await Campaign(2, "sending", sentAt: null);
        await _service.Execute(
            """
            insert into events.receipts
                (tenant_id, actor, key, request_hash, stream_id, version, sequence, number, recorded_at)
            values ('t', 'a', 'old', '', gen_random_uuid(), 1, 1, 1, '2025-12-01'),
                ('t', 'a', 'new', '', gen_random_uuid(), 1, 1, 1, '2026-03-01');
            insert into backstage.execution_logs (job_type, status, executed_at)
            select 'a', 'success', '2025-12-01'::timestamp + i * interval '1 minute' from generate_series(1, 15000) i;
            insert into backstage.execution_logs (job_type, status, executed_at) values ('a', 'success', '2026-03-09');
            insert into jobs.keys (organization_id, key, job_id, created_at)
            values (gen_random_uuid(), 'old', gen_random_uuid(), '2026-02-01'),
                (gen_random_uuid(), 'new', gen_random_uuid(), '2026-03-01'),
                (gen_random_uuid(), 'open', '01a22d04-cc4a-7890-a8c5-fd689cc36f56', '2026-02-01');
            insert into jobs.jobs (id, hangfire_id, name, actor, due_at, created_at)
            values ('01a22d04-cc4a-7890-a8c5-fd689cc36f56', 1, 'send_campaign', 'spec', '2026-12-01', '2026-02-01')
            """
        );
        // A run a minute for the nine days from 1 December to 90 days before 10 March.
        (await Run(new PurgeOldRows())).ShouldBe("Deleted 1 receipts, 12960 runs, 1 keys of jobs, 0 mails.");
        (await Count("jobs.keys")).ShouldBe(2);
        (await Count("backstage.email_logs")).ShouldBe(8);

        await using var strict = await TestService.Start(
            _service.ConnectionString,
            _service.Installation.Keys.Directory,
            services =>
            {
                services.AddSingleton<TimeProvider>(_clock);
                services.AddSingleton(new RetentionOptions { MailsDays = 30 });
            }
        );
        (await strict.Send(Guid.Empty, new PurgeOldRows())).ShouldEndWith("4 mails.");
        (await Count("backstage.email_logs")).ShouldBe(4);
        (await Count("backstage.email_events")).ShouldBe(5);
        Should.Throw<InvalidOperationException>(() => new RetentionOptions { ReceiptsDays = 0 }.Check());
    }

    [Test]
    public async Task A_campaigns_counts_follow_its_mails_and_machines_open_nothing()
    {
        await Campaign(1, "sent", sentAt: "2026-03-09 23:59:00");
        (await Run(new RefreshCampaignTotals())).ShouldBe("1 campaigns counted.");
        (await Totals()).ShouldBe("queued 1 sent 2 delivered 1 bounced 1 failed 1 opened 1 clicked 1 complained 0");

        await _service.Execute("update backstage.email_logs set status = 'delivered' where status = 'queued'");
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await Run(new RefreshCampaignTotals())).ShouldBe("1 campaigns counted.");
        (await Totals()).ShouldStartWith("queued 0 sent 3 delivered 2");

        // After a month it is looked at every few days, and what has no mails any more keeps its counts.
        _clock.Advance(TimeSpan.FromDays(30));
        (await Run(new RefreshCampaignTotals())).ShouldBe("1 campaigns counted.");
        _clock.Advance(TimeSpan.FromDays(2));
        (await Run(new RefreshCampaignTotals())).ShouldBe("0 campaigns counted.");
        _clock.Advance(TimeSpan.FromDays(1));
        await _service.Execute("delete from backstage.email_logs");
        (await Run(new RefreshCampaignTotals())).ShouldBe("0 campaigns counted.");
        (await Totals()).ShouldStartWith("queued 0 sent 3 delivered 2");
    }

    private Task<string> Run(IJob job) => _service.Send(Guid.Empty, job);

    private Task<long> Count(string table) => _service.Scalar<long>($"select count(*) from {table}");

    private Task<string> Totals() =>
        _service.Scalar<string>(
            """
            select format('queued %s sent %s delivered %s bounced %s failed %s opened %s clicked %s complained %s',
                t.queued, t.sent, t.delivered, t.bounced, t.failed, t.opened, t.clicked, t.complained)
            from backstage.campaign_totals t
            """
        );

    /// <summary>Four mails: one waits, one arrived and was read, one bounced, one was not taken.</summary>
    private async Task Campaign(int id, string status, string? sentAt)
    {
        var at = sentAt is null ? "null" : $"'{sentAt}'";
        await _service.Execute(
            $$"""
            insert into backstage.email_campaigns (id, name, status, sent_at, organization_id)
            values ({{id}}, 'Letter', '{{status}}', {{at}}, '{{_organization}}');
            insert into backstage.email_logs (recipient_email, status, organization_id, campaign_id)
            select s || '{{id}}@example.org', s, '{{_organization}}', {{id}}
            from unnest(array['queued', 'delivered', 'bounced', 'failed']) s;
            insert into backstage.email_events (email_log_id, event_type, organization_id, metadata)
            select l.id, v.type, '{{_organization}}', v.metadata::jsonb
            from backstage.email_logs l
            join (
                values ('delivered', 'opened', '{}'), ('delivered', 'opened', '{}'), ('delivered', 'clicked', '{}'),
                    ('bounced', 'bounced', '{}'), ('failed', 'opened', '{"machine":true}')
            ) v (status, type, metadata) on v.status = l.status
            where l.campaign_id = {{id}}
            """
        );
    }
}
