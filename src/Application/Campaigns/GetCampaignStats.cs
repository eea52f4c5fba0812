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
/// <param name="RefusedForSender">
/// Mails that other servers refused because of us, by the rule that says so, most first. Counted at this moment.
/// </param>
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
    IReadOnlyList<RefusedForSender> RefusedForSender,
    DateTimeOffset? RefreshedAt
);

/// <summary>Mails of a campaign that were refused because of the sender.</summary>
/// <param name="Rule">Why, such as <c>reputation_in_words</c>: the name of the rule.</param>
public sealed record RefusedForSender(string Rule, int Mails);

internal sealed class GetCampaignStatsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetCampaignStats, CampaignStats>
{
    private const string Sql = """
        select s.campaign_id, s.status, s.total_recipients, s.queued, s.sent, s.delivered, s.bounced, s.failed,
            s.opened, s.clicked, s.complained, s.refreshed_at
        from backstage.campaign_stats s
        where s.campaign_id = $1
        """;

    private const string RefusalsSql = """
        select r.rule, count(*)::integer
        from sending.sender_refusals r
        where r.campaign_id = $1
        group by r.rule
        order by count(*) desc, r.rule
        """;

    public async Task<CampaignStats> Handle(GetCampaignStats query, CancellationToken cancellation)
    {
        var id = (int)Math.Min(query.CampaignId, int.MaxValue);
        var refusals = await database.Rows(
            context.Tenant,
            RefusalsSql,
            row => new RefusedForSender(row.GetString(0), row.GetInt32(1)),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = id }
        );
        var found = await database.Rows(
            context.Tenant,
            Sql,
            row => Read(row, refusals),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = id }
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("campaign");
    }

    private static CampaignStats Read(NpgsqlDataReader row, IReadOnlyList<RefusedForSender> refusals)
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
            refusals,
            row.UtcOrNull(11)
        );
    }
}
