using Npgsql;
using NpgsqlTypes;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>To whom a campaign goes: everybody whose consent for its purpose is in force.</summary>
internal static class Recipients
{
    // The last word per contact in one pass, as ConsentAsOf finds it; the owners are named for their index.
    private const string Agreed = """
        from (
            select h.contact_id, max((h.id::bigint << 1) | (h.action <> 'unsubscribe')::int) as last_word
            from backstage.consent_history h
            where h.user_id = any (array(
                    select o.user_id from access.organization_owners o where o.organization_id = $2
                ))
                and h.organization_id = $2 and coalesce(h.metadata ->> 'purpose', $3) = $3
            group by h.contact_id
        ) l
        join backstage.contacts c on c.id = l.contact_id
        join backstage.email_campaigns p on p.id = $1
        left join sending.held_campaigns e on e.campaign_id = p.id
        left join sending.handed_over b on b.campaign_id = p.id and b.contact_id = c.id
        where l.last_word & 1 = 1 and c.organization_id = $2 and c.unsubscribe_token is not null
            and not exists (
                select from sending.restrictions s where s.contact_id = c.id and s.lifted_at is null
            )
            and ($4::jsonb is null or c.metadata @> $4)
        """;

    /// <summary>
    /// A mail for each of them, in the order of contacts. Whom the mail was handed over to before a restore does not
    /// get it again: it is sent, or in doubt and failed.
    /// </summary>
    public static NpgsqlBatchCommand Freeze(int campaignId, Guid organization, CampaignPlan plan, DateTimeOffset now)
    {
        var command = new NpgsqlBatchCommand(
            $"""
            with mails as (
                insert into backstage.email_logs
                    (user_id, recipient_email, status, sent_at, organization_id, campaign_id, contact_id, consent_event,
                        in_doubt, error_message)
                select r.user_id, r.email, r.status, case when r.status = 'sent' then r.at end, $2, $1, r.id,
                    r.consent_event, r.is_known is false, case when r.status = 'failed' then $6 end
                from (
                    select p.user_id, c.email, c.id, l.last_word >> 1 as consent_event,
                        case
                            when b.is_sent or e.rest = 'sent' then 'sent'
                            when b.is_sent is null or e.resends then 'queued'
                            else 'failed'
                        end as status,
                        case
                            when b.is_sent then true
                            when b.is_sent is not null or e.rest = 'sent' then false
                        end as is_known,
                        coalesce(b.begun_at at time zone 'UTC', $5) as at
                    {Agreed}
                    order by c.id
                ) r
                returning id, status
            ),
            before as (
                insert into sending.chunks (campaign_id, first_id, last_id, sent, failed, is_done)
                select $1, -1, -1, count(*) filter (where m.status = 'sent'),
                    count(*) filter (where m.status = 'failed'), true
                from mails m
                where m.status <> 'queued'
                having count(*) > 0
            )
            update sending.runs r
            set recipients = m.total, next_id = coalesce(m.first_id, 0)
            from (select count(*) as total, min(id) as first_id from mails) m
            where r.campaign_id = $1
            returning r.recipients
            """
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaignId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = organization });
        AddPlan(command.Parameters, plan.Purpose, plan.Filter?.GetRawText());
        command.Parameters.Add(
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlDbType.Timestamp,
                Value = DateTime.SpecifyKind(now.UtcDateTime, DateTimeKind.Unspecified),
            }
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RestoreHolds.NotAgain });
        return command;
    }

    /// <summary>How many there are of whom the journal knows nothing.</summary>
    public static NpgsqlCommand Count(
        NpgsqlDataSource writer,
        int campaignId,
        Guid organization,
        string purpose,
        string? filter
    )
    {
        var command = writer.CreateCommand($"select count(*) {Agreed} and b.contact_id is null");
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaignId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = organization });
        AddPlan(command.Parameters, purpose, filter);
        return command;
    }

    private static void AddPlan(NpgsqlParameterCollection parameters, string purpose, string? filter)
    {
        parameters.Add(new NpgsqlParameter<string> { TypedValue = purpose });
        parameters.Add(
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = (object?)filter ?? DBNull.Value }
        );
    }
}
