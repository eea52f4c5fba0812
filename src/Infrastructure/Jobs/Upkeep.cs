using Npgsql;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <inheritdoc cref="IUpkeep"/>
internal sealed class Upkeep(Installation installation) : IUpkeep
{
    public async Task<int> ResetQuotas(DateOnly today, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            update backstage.quota_tracking q
            set emails_sent_today = 0, last_reset_date = $1, updated_at = $2
            where q.last_reset_date is null or q.last_reset_date < $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = today });
        command.Parameters.Add(
            new NpgsqlParameter<DateTime> { TypedValue = today.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified) }
        );
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<int> RefreshCampaignTotals(DateTimeOffset now, CancellationToken cancellation)
    {
        var due = new List<int>();
        await using (var find = installation.Writer.CreateCommand(DueCampaigns))
        {
            find.Parameters.Add(Instant(now));
            await using var reader = await find.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                due.Add(reader.GetInt32(0));
        }

        foreach (var campaign in due)
        {
            await using var count = installation.Writer.CreateCommand(CountCampaign);
            count.CommandTimeout = 0;
            count.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaign });
            count.Parameters.Add(Instant(now));
            await count.ExecuteNonQueryAsync(cancellation);
        }

        return due.Count;
    }

    public async Task<long> PurgeReceipts(DateTimeOffset before, CancellationToken cancellation)
    {
        // No index leads there, which every append would pay for: one walk, once a day.
        await using var command = installation.Writer.CreateCommand(
            "delete from events.receipts where recorded_at < $1"
        );
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = before });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public Task<long> PurgeRuns(DateTimeOffset before, CancellationToken cancellation) =>
        DeleteInSlices(
            """
            delete from backstage.execution_logs
            where id = any (array(
                select l.id from backstage.execution_logs l where l.executed_at < $1 order by l.executed_at limit $2
            ))
            """,
            Instant(before),
            cancellation
        );

    public Task<long> PurgeJobKeys(DateTimeOffset before, CancellationToken cancellation) =>
        DeleteInSlices(
            """
            delete from jobs.keys d
            using (
                select k.organization_id, k.key
                from jobs.keys k
                -- The key of a job that is not done is how it is taken back.
                where k.created_at < $1 and not exists (select from jobs.jobs j where j.id = k.job_id)
                order by k.created_at
                limit $2
            ) old
            where d.organization_id = old.organization_id and d.key = old.key
            """,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = before },
            cancellation
        );

    public Task<long> PurgeMails(DateTimeOffset before, CancellationToken cancellation) =>
        DeleteInSlices(
            """
            delete from backstage.email_logs
            where id = any (array(
                select l.id
                from backstage.email_campaigns c
                join backstage.email_logs l on l.campaign_id = c.id
                where c.status in ('sent', 'cancelled')
                    -- Nobody wrote down when one was cancelled: it was when its last mail went out, or later.
                    and coalesce(
                        c.sent_at,
                        (select max(m.sent_at) from backstage.email_logs m where m.campaign_id = c.id),
                        c.created_at
                    ) < $1
                    -- Whoever asked what was sent to them is shown it first.
                    and not exists (
                        select from access.privacy_requests r where r.contact_id = l.contact_id and r.ended_at is null
                    )
                limit $2
            ))
            """,
            Instant(before),
            cancellation
        );

    private async Task<long> DeleteInSlices(string sql, NpgsqlParameter before, CancellationToken cancellation)
    {
        for (var deleted = 0L; ; )
        {
            await using var command = installation.Writer.CreateCommand(sql);
            command.CommandTimeout = 0;
            command.Parameters.Add(before.Clone());
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = RowsAtOnce });
            var now = await command.ExecuteNonQueryAsync(cancellation);
            deleted += now;
            if (now < RowsAtOnce)
                return deleted;
        }
    }

    // backstage keeps its times without a zone, in UTC.
    private static NpgsqlParameter<DateTime> Instant(DateTimeOffset at) =>
        new() { TypedValue = DateTime.SpecifyKind(at.UtcDateTime, DateTimeKind.Unspecified) };

    private const int RowsAtOnce = 10_000;

    // What is being sent is counted at every run. What has ended is counted whenever it is a twelfth older than at the
    // last count: every few minutes at first, every few days after a month, and never again once its mails were purged.
    // So the work grows with the campaigns that changed lately, not with all there ever were.
    private const string DueCampaigns = """
        select c.id
        from backstage.email_campaigns c
        left join backstage.campaign_totals t on t.campaign_id = c.id
        where (
                c.status in ('sending', 'paused')
                or c.status in ('sent', 'cancelled')
                    and (
                        t.refreshed_at is null
                        or $1 - t.refreshed_at
                            > (t.refreshed_at - coalesce(c.sent_at, c.created_at)) / 12
                    )
            )
            and exists (select from backstage.email_logs l where l.campaign_id = c.id)
        order by c.id
        limit 1000
        """;

    // An opening or click of a machine is none of a person's.
    private const string CountCampaign = """
        insert into backstage.campaign_totals
            (campaign_id, organization_id, queued, sent, delivered, bounced, failed, opened, clicked, complained,
                refreshed_at)
        select c.id, c.organization_id, m.queued, m.sent, m.delivered, m.bounced, m.failed, e.opened,
            e.clicked, e.complained, $2
        from backstage.email_campaigns c
        cross join lateral (
            select count(*) filter (where l.status = 'queued') as queued,
                count(*) filter (where l.status in ('sent', 'delivered', 'bounced')) as sent,
                count(*) filter (where l.status = 'delivered') as delivered,
                count(*) filter (
                    where l.status = 'bounced'
                        or exists (
                            select from backstage.email_events b
                            where b.email_log_id = l.id and b.event_type = 'bounced'
                        )
                ) as bounced,
                count(*) filter (where l.status = 'failed') as failed
            from backstage.email_logs l
            where l.campaign_id = c.id
        ) m
        cross join lateral (
            select count(distinct v.email_log_id) filter (where v.event_type = 'opened') as opened,
                count(distinct v.email_log_id) filter (where v.event_type = 'clicked') as clicked,
                count(distinct v.email_log_id) filter (where v.event_type = 'complained') as complained
            from backstage.email_logs l
            join backstage.email_events v on v.email_log_id = l.id
            where l.campaign_id = c.id and coalesce(v.metadata ->> 'machine', '') <> 'true'
        ) e
        where c.id = $1
        on conflict (campaign_id) do update
        set queued = excluded.queued, sent = excluded.sent, delivered = excluded.delivered, bounced = excluded.bounced,
            failed = excluded.failed, opened = excluded.opened, clicked = excluded.clicked,
            complained = excluded.complained, refreshed_at = excluded.refreshed_at
        """;
}
