using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>What became of a campaign's mails, as last counted: <c>backstage.campaign_stats</c>.</summary>
[Requires("campaigns:read")]
public sealed record GetCampaignStats(long CampaignId) : IQuery<CampaignStats>;

/// <summary>What became of a campaign's mails.</summary>
/// <param name="Sent">Taken by the provider, whatever became of them.</param>
/// <param name="Opened">Mails that people opened, of those who agreed to be measured.</param>
/// <param name="Complaints">Whether so many complained that it warns, or pauses the campaign.</param>
/// <param name="ComplaintPercent">Of those who got it; null below 1,000 mails, where it says nothing.</param>
/// <param name="RefreshedAt">When it was counted; null where it never was.</param>
public sealed record CampaignStats(
    long Id,
    string Status,
    int Recipients,
    int Queued,
    int Sent,
    int Delivered,
    int Bounced,
    int Failed,
    int Opened,
    int Clicked,
    int Complained,
    string Complaints,
    double? ComplaintPercent,
    DateTimeOffset? RefreshedAt
);

internal sealed class GetCampaignStatsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetCampaignStats, CampaignStats>
{
    private const string Sql = """
        select s.campaign_id, s.status, s.total_recipients, s.queued, s.sent, s.delivered, s.bounced, s.failed,
            s.opened, s.clicked, s.complained, s.refreshed_at
        from backstage.campaign_stats s
        where s.campaign_id = $1
        """;

    public async Task<CampaignStats> Handle(GetCampaignStats query, CancellationToken cancellation)
    {
        var found = await database.Rows(
            context.Tenant,
            Sql,
            Read,
            cancellation,
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(query.CampaignId, int.MaxValue) }
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("campaign");
    }

    private static CampaignStats Read(NpgsqlDataReader row)
    {
        var (sent, delivered, complained) = (row.GetInt32(4), row.GetInt32(5), row.GetInt32(10));
        var rate = ComplaintRate.Of(complained, delivered, sent);
        return new CampaignStats(
            row.GetInt32(0),
            row.GetString(1),
            row.GetInt32(2),
            row.GetInt32(3),
            sent,
            delivered,
            row.GetInt32(6),
            row.GetInt32(7),
            row.GetInt32(8),
            row.GetInt32(9),
            complained,
            rate.Verdict.ToString().ToLowerInvariant(),
            rate.Arrived < ComplaintRate.FewestMails ? null : rate.Percent,
            row.UtcOrNull(11)
        );
    }
}
