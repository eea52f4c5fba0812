using Npgsql;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>The SQL of <see cref="RestoreHolds"/>.</summary>
internal static class RestoreStatements
{
    /// <summary>Campaigns that wait, with what is known of their mails.</summary>
    public const string Campaigns = """
        select c.id, c.organization_id, o.slug, c.name, c.status, h.held_at,
            case when r.campaign_id is null then 0 else m.sent - coalesce(k.sent, 0) end,
            case when r.campaign_id is null then b.sent else coalesce(k.sent, 0) end,
            case when r.campaign_id is null then b.unknown else m.unknown end,
            m.queued - m.unknown, r.campaign_id is not null, d.purpose, d.filter::text
        from sending.held_campaigns h
        join backstage.email_campaigns c on c.id = h.campaign_id
        join sending.campaigns d on d.campaign_id = c.id
        join access.organizations o on o.id = c.organization_id
        left join sending.runs r on r.campaign_id = c.id
        left join sending.chunks k on k.campaign_id = c.id and k.first_id = -1
        cross join lateral (
            select count(*) filter (where b.is_sent) as sent, count(*) filter (where not b.is_sent) as unknown
            from sending.handed_over b
            where b.campaign_id = c.id
        ) b
        cross join lateral (
            select count(*) filter (where l.status in ('sent', 'delivered', 'bounced')) as sent,
                count(*) filter (where l.status = 'queued') as queued,
                count(*) filter (where l.status = 'queued' and b.contact_id is not null) as unknown
            from backstage.email_logs l
            left join sending.handed_over b
                on b.campaign_id = l.campaign_id and b.contact_id = l.contact_id and not b.is_sent
            where l.campaign_id = c.id
        ) m
        where h.released_at is null and c.status not in ('sent', 'cancelled')
        order by c.id
        """;

    /// <summary>An operator has decided on a campaign.</summary>
    public const string Release = """
        update sending.held_campaigns set released_at = $2, rest = $3, resends = $4
        where campaign_id = $1 and released_at is null
        """;

    /// <summary>What may have been sent is not sent again.</summary>
    public const string FailInDoubt = $"""
        with settled as (
            update backstage.email_logs l
            set status = 'failed', in_doubt = true, error_message = $3
            from sending.handed_over b
            where b.campaign_id = $1 and not b.is_sent and l.campaign_id = $1 and l.contact_id = b.contact_id
                and l.status = 'queued'
            returning l.id
        ),
        {Settled}
        insert into sending.chunks as k (campaign_id, first_id, last_id, failed, is_done)
        select r.campaign_id, -1, -1, (select count(*) from settled), true
        from sending.runs r
        where r.campaign_id = $1
        on conflict (campaign_id, first_id) do update set failed = k.failed + excluded.failed
        """;

    /// <summary>Everything that is left is taken as sent, in doubt.</summary>
    public const string TakeAsSent = $"""
        with settled as (
            update backstage.email_logs l
            set status = 'sent', in_doubt = true, error_message = null, sent_at = $2 at time zone 'UTC'
            where l.campaign_id = $1 and l.status = 'queued'
            returning l.id
        ),
        {Settled}
        insert into sending.chunks as k (campaign_id, first_id, last_id, sent, is_done)
        select r.campaign_id, -1, -1, (select count(*) from settled), true
        from sending.runs r
        where r.campaign_id = $1
        on conflict (campaign_id, first_id) do update set sent = k.sent + excluded.sent
        """;

    private const string Settled = """
        ended as (
            delete from sending.deferred d using settled s where d.email_log_id = s.id
        )
        """;

    private const string HoldCampaigns = """
        insert into sending.held_campaigns as h (campaign_id, organization_id, held_at)
        select c.id, c.organization_id, $1
        from backstage.email_campaigns c
        where c.status in ('scheduled', 'sending', 'paused')
            or c.status = 'draft' and c.id in (select b.campaign_id from sending.handed_over b)
        on conflict (campaign_id) do update
            set held_at = excluded.held_at, released_at = null, rest = null, resends = false
        """;

    private const string TakeMails = """
        insert into sending.handed_over as b (campaign_id, contact_id, is_sent, begun_at)
        select u.campaign_id, u.contact_id, u.is_sent, u.begun_at
        from unnest($1, $2, $3, $4) as u (campaign_id, contact_id, is_sent, begun_at)
        join backstage.email_campaigns c on c.id = u.campaign_id and c.status not in ('sent', 'cancelled')
        on conflict (campaign_id, contact_id) do update
            set is_sent = b.is_sent or excluded.is_sent, begun_at = excluded.begun_at
        """;

    // Also what was in flight when the backup was made.
    private const string TakeInFlight = """
        with flying as (
            delete from sending.in_flight f returning f.email_log_id
        )
        insert into sending.handed_over (campaign_id, contact_id, is_sent, begun_at)
        select l.campaign_id, l.contact_id, false, $1
        from flying f
        join backstage.email_logs l on l.id = f.email_log_id
        where l.status = 'queued' and l.contact_id is not null
        on conflict (campaign_id, contact_id) do nothing
        """;

    private const string SettleSent = """
        with settled as (
            update backstage.email_logs l
            set status = 'sent', error_message = null, sent_at = b.begun_at at time zone 'UTC'
            from sending.handed_over b
            where b.is_sent and l.campaign_id = b.campaign_id and l.contact_id = b.contact_id and l.status = 'queued'
            returning l.id, l.campaign_id
        ),
        ended as (
            delete from sending.deferred d using settled s where d.email_log_id = s.id
        )
        insert into sending.chunks as k (campaign_id, first_id, last_id, sent, is_done)
        select s.campaign_id, -1, -1, count(*), true
        from settled s
        join sending.runs r on r.campaign_id = s.campaign_id
        group by s.campaign_id
        on conflict (campaign_id, first_id) do update set sent = k.sent + excluded.sent
        """;

    private const string MarkInDoubt = """
        update backstage.email_logs l
        set in_doubt = true
        from sending.handed_over b
        where not b.is_sent and l.campaign_id = b.campaign_id and l.contact_id = b.contact_id and l.status = 'queued'
        """;

    /// <summary>Adds everything that holds a restored database, in one transaction.</summary>
    public static void Hold(NpgsqlBatch batch, IReadOnlyCollection<HandedOverMail> mails, DateTimeOffset now)
    {
        batch.Add(
            """
            insert into sending.held_work (work, held_at) select u.work, $2 from unnest($1) as u (work)
            on conflict (work) do update set held_at = excluded.held_at
            """,
            HeldWork.All.Column(),
            Instant(now)
        );
        batch.Add(
            TakeMails,
            mails.Select(mail => mail.Campaign).Column(),
            mails.Select(mail => mail.Contact).Column(),
            mails.Select(mail => mail.IsSent).Column(),
            mails.Select(mail => mail.BegunAt).Column()
        );
        batch.Add(TakeInFlight, Instant(now));
        batch.Add(HoldCampaigns, Instant(now));
        batch.Add(SettleSent);
        batch.Add(MarkInDoubt);
        // Whose they were when the backup was made is nobody now.
        batch.Add("update sending.chunks set node = null where node is not null");
        batch.Add("update sending.deferred set node = null where node is not null");
    }

    private static NpgsqlParameter<DateTimeOffset> Instant(DateTimeOffset at) => new() { TypedValue = at };
}
