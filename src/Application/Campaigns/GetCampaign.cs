using System.Text.Json;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>One campaign as it stands now.</summary>
[Requires("campaigns:read")]
public sealed record GetCampaign(long CampaignId) : IQuery<FoundCampaign>;

/// <summary>A campaign and where its stream stands.</summary>
/// <param name="Version">For <c>ETag</c> and <c>If-Match</c>.</param>
public sealed record FoundCampaign(PublishedCampaign Campaign, long Version);

/// <summary>A campaign as published.</summary>
/// <param name="Status">draft, scheduled, sending, paused, sent, cancelled.</param>
/// <param name="Reason">Why it was paused or cancelled, or the code of what kept it from beginning at its time.</param>
/// <param name="TemplateId">Null once the template was deleted.</param>
/// <param name="Recipients">How many it goes to; 0 before sending began.</param>
/// <param name="ComplaintRate">
/// Complaints per mail that arrived, as last counted, from 1,000 mails on: 0.001 warns, 0.003 pauses.
/// </param>
/// <param name="WaitsUntil">The day's quota is used up; it is tried again then.</param>
/// <param name="HeldSince">
/// The installation was restored from a backup then: nothing of it is sent before the operator decides.
/// </param>
public sealed record PublishedCampaign(
    long Id,
    string Name,
    string? Subject,
    long? TemplateId,
    string Purpose,
    JsonElement? Filter,
    string Status,
    string? Reason,
    int Recipients,
    int Sent,
    DateTimeOffset? ScheduledAt,
    DateTimeOffset? WaitsUntil,
    DateTimeOffset CreatedAt,
    DateTimeOffset? SentAt,
    double? ComplaintRate,
    DateTimeOffset? HeldSince
)
{
    /// <summary>What <see cref="Read"/> reads.</summary>
    internal const string Columns = """
        c.id, c.name, c.subject, c.template_id, d.purpose, d.filter::text, c.status, d.reason, c.total_recipients,
            c.sent_count, c.scheduled_at, r.waits_until, c.created_at, c.sent_at, t.complaint_rate::float8,
            h.held_at
        """;

    /// <summary>Where it reads.</summary>
    internal const string Tables = """
        backstage.email_campaigns c
        join sending.campaigns d on d.campaign_id = c.id
        left join backstage.campaign_stats t on t.campaign_id = c.id
        left join sending.runs r on r.campaign_id = c.id and c.status = 'sending'
        left join sending.held_campaigns h on h.campaign_id = c.id and h.released_at is null
            and c.status not in ('sent', 'cancelled')
        """;

    internal static PublishedCampaign Read(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0),
            row.GetString(1),
            row.TextOrNull(2),
            row.IsDBNull(3) ? null : row.GetInt32(3),
            row.GetString(4),
            row.JsonOrNull(5),
            row.GetString(6),
            row.TextOrNull(7),
            row.GetInt32(8),
            row.GetInt32(9),
            row.UtcOrNull(10),
            row.IsDBNull(11) ? null : row.GetFieldValue<DateTimeOffset>(11),
            row.Utc(12),
            row.UtcOrNull(13),
            row.IsDBNull(14) ? null : row.GetDouble(14),
            row.IsDBNull(15) ? null : row.GetFieldValue<DateTimeOffset>(15)
        );
}

internal sealed class GetCampaignHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetCampaign, FoundCampaign>
{
    private const string Sql = $"""
        select {PublishedCampaign.Columns}, s.version
        from {PublishedCampaign.Tables}
        join events.mt_streams s on s.id = events.stream_of($1)
        where c.id = $1
        """;

    public async Task<FoundCampaign> Handle(GetCampaign query, CancellationToken cancellation)
    {
        var found = await database.Rows(
            context.Tenant,
            Sql,
            row => new FoundCampaign(PublishedCampaign.Read(row), row.GetInt64(16)),
            cancellation,
            new NpgsqlParameter<long> { TypedValue = query.CampaignId }
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("campaign");
    }
}
