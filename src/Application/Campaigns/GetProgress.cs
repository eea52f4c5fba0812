using MediatR;
using Npgsql;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Campaigns;

/// <summary>How far a campaign is: cheap enough to be asked every second.</summary>
[Requires("campaigns:read")]
public sealed record GetProgress(long CampaignId) : IQuery<CampaignProgress>;

/// <summary>How far a campaign is.</summary>
/// <param name="Sent">Mails the provider took.</param>
/// <param name="Deferred">Mails that wait for a later try.</param>
/// <param name="InFlight">Mails that are being handed over at this moment.</param>
public sealed record CampaignProgress(
    long Id,
    string Status,
    int Recipients,
    int Sent,
    int Failed,
    int Withheld,
    int Deferred,
    int InFlight
);

internal sealed class GetProgressHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetProgress, CampaignProgress>
{
    private const string Sql = """
        select c.id, c.status, c.total_recipients, coalesce(p.sent, 0), coalesce(p.failed, 0), coalesce(p.withheld, 0),
            coalesce(p.deferred, 0), coalesce(p.in_flight, 0)
        from backstage.email_campaigns c
        left join lateral sending.progress_of(c.id) p on true
        where c.id = $1
        """;

    public async Task<CampaignProgress> Handle(GetProgress query, CancellationToken cancellation)
    {
        var found = await database.Rows(
            context.Tenant,
            Sql,
            row => new CampaignProgress(
                row.GetInt32(0),
                row.GetString(1),
                row.GetInt32(2),
                row.GetInt32(3),
                row.GetInt32(4),
                row.GetInt32(5),
                row.GetInt32(6),
                row.GetInt32(7)
            ),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(query.CampaignId, int.MaxValue) }
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("campaign");
    }
}
