using SchemaHub.Application.Access;

namespace SchemaHub.Application.Jobs;

/// <summary>
/// Deletes what is written beside the log and was kept long enough: <see cref="RetentionOptions"/>. Telemetry of
/// podcasts goes with its partitions, evidence of consents by <see cref="Compliance.PurgeEvidence"/>. Each run deletes
/// all that has come up, in small transactions, so a missed one is made up for and a killed one goes on.
/// </summary>
[Job("retention.purge")]
[RequiresOperator]
public sealed record PurgeOldRows : IJob;

internal sealed class PurgeOldRowsHandler(IUpkeep upkeep, RetentionOptions options, TimeProvider clock)
    : IJobHandler<PurgeOldRows>
{
    public async Task<string> Handle(PurgeOldRows job, CancellationToken cancellation)
    {
        options.Check();
        var now = clock.GetUtcNow();
        var receipts = await upkeep.PurgeReceipts(now.AddDays(-options.ReceiptsDays), cancellation);
        var runs = await upkeep.PurgeRuns(now.AddDays(-options.ExecutionLogsDays), cancellation);
        var keys = await upkeep.PurgeJobKeys(now.AddDays(-options.JobKeysDays), cancellation);
        var mails = options.MailsDays is { } days ? await upkeep.PurgeMails(now.AddDays(-days), cancellation) : 0;
        return $"Deleted {receipts} receipts, {runs} runs, {keys} keys of jobs, {mails} mails.";
    }
}
