using SchemaHub.Application.Access;

namespace SchemaHub.Application.Jobs;

/// <summary>
/// Begins the day of every quota (<c>backstage.quota_tracking</c>). Whoever sends counts by the date and does not wait
/// for it: it is for those who read the table. A day that was missed is made up for, once, and that is all of them.
/// </summary>
[Job("quota.reset")]
[RequiresOperator]
public sealed record ResetQuotas : IJob;

internal sealed class ResetQuotasHandler(IUpkeep upkeep, TimeProvider clock) : IJobHandler<ResetQuotas>
{
    public async Task<string> Handle(ResetQuotas job, CancellationToken cancellation) =>
        $"{await upkeep.ResetQuotas(DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), cancellation)} quotas reset.";
}
