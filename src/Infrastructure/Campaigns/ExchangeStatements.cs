using Npgsql;
using NpgsqlTypes;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>What an exchange with the ledger writes: outcomes, then tries to come, in one transaction.</summary>
internal static class ExchangeStatements
{
    /// <summary>Adds what an exchange comes to; its last result answers for each mail asked for.</summary>
    public static void Add(
        NpgsqlBatch batch,
        int node,
        DateTimeOffset now,
        IReadOnlyList<Outcome> outcomes,
        IReadOnlyList<QueuedMail> next
    )
    {
        if (outcomes.Count > 0)
            AddOutcomes(batch, outcomes, node, now);

        var retries = outcomes.Where(outcome => outcome.DueAt is not null).ToList();
        if (retries.Count > 0)
            AddRetries(batch, retries);

        if (next.Count > 0)
            AddTries(batch, next, node, now);
    }

    // A row that has an outcome keeps it: what a node tells late, or twice, changes nothing and counts nothing. A try
    // that was not taken gives its place in the quota back.
    private const string Outcomes = """
        with told as (
            select u.id, u.campaign_id, u.chunk, u.status, u.consent_event, u.subject, u.provider_message_id, u.error,
                u.doubt, u.at, u.rule
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $13) as u (
                id, campaign_id, chunk, status, consent_event, subject, provider_message_id, error, doubt, at, rule
            )
        ),
        landed as (
            delete from sending.in_flight f using told u where f.email_log_id = u.id and f.node = $12
        ),
        settled as (
            delete from sending.deferred d using told u where d.email_log_id = u.id and u.status <> 'queued'
        ),
        written as (
            update backstage.email_logs l
            set status = u.status, consent_event = u.consent_event, subject = u.subject,
                provider_message_id = u.provider_message_id, error_message = u.error,
                in_doubt = l.in_doubt or u.doubt, sent_at = case when u.status = 'sent' then u.at end
            from told u
            where l.id = u.id and l.status = 'queued'
            returning l.id, l.organization_id, l.user_id, u.campaign_id, u.chunk, u.status, u.doubt, u.rule
        ),
        refused as (
            insert into sending.sender_refusals (email_log_id, organization_id, campaign_id, rule, refused_at)
            select w.id, w.organization_id, w.campaign_id, w.rule, $11 at time zone 'utc'
            from written w
            where w.rule is not null
            on conflict (email_log_id) do nothing
        ),
        counted as (
            update sending.chunks k
            set sent = k.sent + n.sent, failed = k.failed + n.failed
            from (
                select w.campaign_id, w.chunk, count(*) filter (where w.status = 'sent') as sent,
                    count(*) filter (where w.status = 'failed') as failed
                from written w
                where w.status <> 'queued'
                group by w.campaign_id, w.chunk
            ) n
            where k.campaign_id = n.campaign_id and k.first_id = n.chunk
        )
        update backstage.quota_tracking q
        set emails_sent_today = greatest(0, q.emails_sent_today - n.refused), updated_at = $11
        from (
            select w.user_id, count(*) as refused from written w
            where w.status <> 'sent' and not w.doubt
            group by w.user_id
        ) n
        where q.user_id = n.user_id and q.last_reset_date = $11::date
        """;

    private static void AddOutcomes(NpgsqlBatch batch, IReadOnlyList<Outcome> outcomes, int node, DateTimeOffset now) =>
        batch.Add(
            Outcomes,
            outcomes.Select(outcome => outcome.Mail.Id).Column(),
            outcomes.Select(outcome => outcome.Mail.Work.Campaign.Id).Column(),
            outcomes.Select(outcome => outcome.Mail.Chunk).Column(),
            outcomes.Select(outcome => outcome.Status).Column(),
            outcomes.Select(outcome => outcome.ConsentEvent).Column(),
            outcomes.Select(outcome => outcome.Subject).Column(),
            outcomes.Select(outcome => outcome.ProviderMessageId).Column(),
            outcomes.Select(outcome => outcome.Error).Column(),
            outcomes.Select(outcome => outcome.InDoubt).Column(),
            outcomes.Select(outcome => outcome.At).UtcColumn(),
            Utc(now),
            new NpgsqlParameter<int> { TypedValue = node },
            outcomes.Select(RuleAboutSender).Column()
        );

    /// <summary>The rule by which a mail failed because of us; null where it did not.</summary>
    private static string? RuleAboutSender(Outcome outcome) =>
        outcome is { Status: Outcome.Failed, InDoubt: false }
        && BounceRules.Default.Judge(status: null, outcome.Error) is { IsAboutSender: true } refusal
            ? refusal.Rule
            : null;

    private static void AddRetries(NpgsqlBatch batch, IReadOnlyList<Outcome> retries) =>
        batch.Add(
            """
            insert into sending.deferred as d (email_log_id, campaign_id, due_at, attempts, doubts, node)
            select u.id, u.campaign_id, u.due_at, u.attempts, u.doubts, null
            from unnest($1, $2, $3, $4, $5) as u (id, campaign_id, due_at, attempts, doubts)
            join backstage.email_logs l on l.id = u.id and l.status = 'queued'
            on conflict (email_log_id) do update
                set due_at = excluded.due_at, attempts = excluded.attempts,
                    doubts = greatest(d.doubts, excluded.doubts), node = null
            """,
            retries.Select(outcome => outcome.Mail.Id).Column(),
            retries.Select(outcome => outcome.Mail.Work.Campaign.Id).Column(),
            retries.Select(outcome => outcome.DueAt!.Value).Column(),
            retries.Select(outcome => outcome.Attempts).Column(),
            retries.Select(outcome => outcome.Doubts).Column()
        );

    // The share locks hold off a node that takes this one for dead until this is committed. Consent is asked for here,
    // once more, by contact: the highest position whose purpose is the campaign's or every purpose is the last word,
    // and its lowest bit says whether that was yes. So is whether the person's data may be used at all.
    private const string Tries = """
        with asked as (
            select u.id, u.campaign_id
            from unnest($1, $2, $3, $4) as u (id, campaign_id, chunk, is_deferred)
            where case when u.is_deferred
                then exists (
                    select from sending.deferred d where d.email_log_id = u.id and d.node = $5 for share
                )
                else exists (
                    select from sending.chunks k
                    where k.campaign_id = u.campaign_id and k.first_id = u.chunk and k.node = $5 for share
                )
            end
        ),
        wanted as (
            select l.id, l.campaign_id, l.contact_id, l.user_id, s.purpose,
                c.status = 'sending' and not exists (
                    select from sending.held_campaigns e where e.campaign_id = a.campaign_id and e.released_at is null
                ) as is_sending
            from asked a
            join backstage.email_logs l on l.id = a.id and l.status = 'queued'
            join backstage.email_campaigns c on c.id = a.campaign_id
            join sending.campaigns s on s.campaign_id = a.campaign_id
        ),
        consented as (
            select w.id, w.campaign_id, w.user_id, h.last_word,
                coalesce(h.last_word & 1, 0) = 1 and not exists (
                    select from sending.restrictions r where r.contact_id = w.contact_id and r.lifted_at is null
                ) as has_agreed
            from wanted w
            cross join lateral (
                select max((h.id::bigint << 1) | (h.action <> 'unsubscribe')::int) as last_word
                from backstage.consent_history h
                where h.contact_id = w.contact_id and coalesce(h.metadata ->> 'purpose', w.purpose) = w.purpose
            ) h
            where w.is_sending
        ),
        room as (
            select q.user_id, greatest(0, q.monthly_limit
                - case when q.last_reset_date = $6::date then q.emails_sent_today else 0 end) as mails
            from backstage.quota_tracking q
            where q.user_id in (select c.user_id from consented c where c.has_agreed)
            order by q.user_id
            for update
        ),
        granted as (
            select g.id, g.campaign_id, g.user_id
            from (
                select c.id, c.campaign_id, c.user_id, row_number() over (partition by c.user_id order by c.id) as place
                from consented c
                where c.has_agreed
            ) g
            join room r on r.user_id = g.user_id
            where g.place <= r.mails
        ),
        counted as (
            update backstage.quota_tracking q
            set emails_sent_today = n.mails
                    + case when q.last_reset_date = $6::date then q.emails_sent_today else 0 end,
                last_reset_date = $6::date, updated_at = $6
            from (select g.user_id, count(*) as mails from granted g group by g.user_id) n
            where q.user_id = n.user_id
        ),
        in_flight as (
            insert into sending.in_flight as f (email_log_id, campaign_id, node)
            select g.id, g.campaign_id, $5 from granted g
            on conflict (email_log_id) do update set node = excluded.node where f.node = excluded.node
            returning f.email_log_id
        ),
        withheld as (
            update backstage.email_logs l
            set status = 'withheld', error_message = 'The consent ended before its turn.'
            from consented c
            where l.id = c.id and not c.has_agreed
            returning l.id, l.campaign_id
        ),
        ended as (
            delete from sending.deferred d using withheld w where d.email_log_id = w.id
        ),
        told as (
            update sending.chunks k
            set withheld = k.withheld + n.mails
            from (
                select w.campaign_id, u.chunk, count(*) as mails
                from withheld w
                join unnest($1, $3) as u (id, chunk) on u.id = w.id
                group by w.campaign_id, u.chunk
            ) n
            where k.campaign_id = n.campaign_id and k.first_id = n.chunk
        )
        select w.id,
            case
                when not w.is_sending then 1
                when not c.has_agreed then 2
                when f.email_log_id is not null then 0
                when g.id is null then 3
                else 4
            end,
            coalesce(c.last_word >> 1, 0)
        from wanted w
        left join consented c on c.id = w.id
        left join granted g on g.id = w.id
        left join in_flight f on f.email_log_id = w.id
        """;

    private static void AddTries(NpgsqlBatch batch, IReadOnlyList<QueuedMail> next, int node, DateTimeOffset now) =>
        batch.Add(
            Tries,
            next.Select(mail => mail.Id).Column(),
            next.Select(mail => mail.Work.Campaign.Id).Column(),
            next.Select(mail => mail.Chunk).Column(),
            next.Select(mail => mail.Work.FirstId is null).Column(),
            new NpgsqlParameter<int> { TypedValue = node },
            Utc(now)
        );

    private static NpgsqlParameter<DateTime> Utc(DateTimeOffset now) =>
        new()
        {
            NpgsqlDbType = NpgsqlDbType.Timestamp,
            TypedValue = DateTime.SpecifyKind(now.UtcDateTime, DateTimeKind.Unspecified),
        };
}
