using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Straight to the ledger, as the writer: the token of a mail tells its tenant, not whoever brings it. What happened
/// goes into one statement, so that a status never changes without its event.
/// </summary>
internal sealed class Deliveries(NpgsqlDataSource writer) : IDeliveries
{
    private const string FindSql = """
        select l.organization_id, l.contact_id, l.campaign_id,
            case when $2 = 'delivered' then l.status in ('delivered', 'bounced')
                else exists (
                    select from backstage.email_events e
                    where e.email_log_id = l.id and e.event_type = $2 and e.provider_event_id = $3
                ) end
        from backstage.email_logs l
        where l.id = $1
        """;

    // A mail that bounced is not delivered any more, whichever was told first; a hard bounce explains more than a soft
    // one. Of a mail that is still queued its sender says first that it left.
    private const string WriteSql = """
        with mail as (
            select l.id, l.organization_id, l.status from backstage.email_logs l where l.id = $1
        ),
        moved as (
            update backstage.email_logs l
            set status = case when $2 = 'delivered' then 'delivered' else 'bounced' end,
                error_message = case when $2 = 'delivered' then l.error_message else $6 end
            where l.id = $1 and case $2
                when 'delivered' then l.status not in ('queued', 'delivered', 'bounced')
                when 'bounced' then l.status not in ('queued', 'bounced') or (l.status = 'bounced' and $7)
                else false end
            returning l.id
        ),
        kept as (
            insert into backstage.email_events
                (email_log_id, event_type, timestamp, metadata, organization_id, provider_event_id)
            select m.id, $2, $4, $5, m.organization_id, $3
            from mail m
            where m.status <> 'queued' and $2 <> 'delivered'
            on conflict (email_log_id, event_type, provider_event_id) where provider_event_id is not null do nothing
            returning id
        ),
        refused as (
            insert into sending.sender_refusals (email_log_id, organization_id, campaign_id, rule, refused_at)
            select l.id, l.organization_id, l.campaign_id, $8, $9
            from backstage.email_logs l
            where l.id = $1 and l.status <> 'queued' and $8::text is not null
            on conflict (email_log_id) do nothing
        )
        select m.status = 'queued', exists (select from moved) or exists (select from kept) from mail m
        """;

    private const string FeedbackSql = """
        select count(*) filter (where l.status in ('sent', 'delivered', 'bounced')),
            count(*) filter (where l.status = 'delivered'),
            (
                select count(distinct e.email_log_id)
                from backstage.email_events e
                join backstage.email_logs c on c.id = e.email_log_id
                where e.event_type = 'complained' and c.campaign_id = $1
            )
        from backstage.email_logs l
        where l.campaign_id = $1
        """;

    public async Task<LedgerMail?> Find(int emailLog, Delivery delivery, string eventId, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(FindSql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = emailLog });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = KindOf(delivery) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = eventId });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new LedgerMail(
                reader.GetGuid(0),
                await reader.IsDBNullAsync(1, cancellation) ? null : reader.GetInt32(1),
                await reader.IsDBNullAsync(2, cancellation) ? null : reader.GetInt32(2),
                reader.GetBoolean(3)
            )
            : null;
    }

    public async Task<MailPurpose?> PurposeOf(int emailLog, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select l.organization_id, l.contact_id, c.purpose
            from backstage.email_logs l
            join sending.campaigns c on c.campaign_id = l.campaign_id
            where l.id = $1 and l.contact_id is not null
            """
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = emailLog });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation)
            ? new MailPurpose(row.GetGuid(0), row.GetInt32(1), row.GetString(2))
            : null;
    }

    public async Task<DeliveryRecorded> Write(RecordDelivery told, Refusal? refusal, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(WriteSql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = told.EmailLog });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = KindOf(told.Delivery) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = told.EventId });
        command.Parameters.Add(
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlDbType.Timestamp,
                Value = DateTime.SpecifyKind(told.At.UtcDateTime, DateTimeKind.Unspecified),
            }
        );
        command.Parameters.Add(
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = MetadataOf(told, refusal) }
        );
        command.Parameters.Add(
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)ErrorOf(told) ?? DBNull.Value }
        );
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = told.Delivery == Delivery.HardBounce });
        var ours = refusal is { IsAboutSender: true } ? refusal.Rule : null;
        command.Parameters.Add(
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)ours ?? DBNull.Value }
        );
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = told.At });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return DeliveryRecorded.NoSuchMail;

        if (reader.GetBoolean(0))
            return DeliveryRecorded.TooEarly;

        if (!reader.GetBoolean(1))
            return DeliveryRecorded.KnownAlready;

        if (refusal is not null)
            MailMetrics.CountRefusal(refusal, isInSession: false);

        return DeliveryRecorded.Recorded;
    }

    public async Task<CampaignFeedback> Feedback(int campaign, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(FeedbackSql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaign });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new CampaignFeedback(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    private static string KindOf(Delivery delivery) =>
        delivery switch
        {
            Delivery.Delivered => "delivered",
            Delivery.Complained => "complained",
            _ => "bounced",
        };

    private static string MetadataOf(RecordDelivery told, Refusal? refusal)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (told.Delivery is Delivery.HardBounce or Delivery.SoftBounce)
            facts["type"] = told.Delivery == Delivery.HardBounce ? "hard" : "soft";

        if (refusal is not null)
            facts["rule"] = refusal.Rule;

        if (told.Status is { } status)
            facts["status"] = status;

        if (told.Diagnostic is { } diagnostic)
            facts["diagnostic"] = diagnostic;

        return JsonSerializer.Serialize(facts);
    }

    private static string? ErrorOf(RecordDelivery told) =>
        (told.Status, told.Diagnostic) switch
        {
            (null, null) => null,
            ({ } status, { } said) when !said.Contains(status, StringComparison.Ordinal) => $"{status} {said}",
            var (status, said) => said ?? status,
        };
}
