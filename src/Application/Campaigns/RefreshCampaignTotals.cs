using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Brings the counts behind <c>backstage.campaign_stats</c> up to date. A missed run is left out: the next comes within
/// a minute and counts the same.
/// </summary>
[Job("campaigns.refresh_totals")]
[RequiresOperator]
public sealed record RefreshCampaignTotals : IJob;

internal sealed class RefreshCampaignTotalsHandler(IUpkeep upkeep, TimeProvider clock)
    : IJobHandler<RefreshCampaignTotals>
{
    public async Task<string> Handle(RefreshCampaignTotals job, CancellationToken cancellation) =>
        $"{await upkeep.RefreshCampaignTotals(clock.GetUtcNow(), cancellation)} campaigns counted.";
}
