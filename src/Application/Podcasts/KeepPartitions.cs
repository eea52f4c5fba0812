using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Podcasts;

/// <summary>
/// Makes the partitions of the months to come, and drops those whose time is over. A missed run is made up for: rows
/// need their partition.
/// </summary>
[Job("podcast.partitions", Schema = "podcast")]
[RequiresOperator]
public sealed record KeepPartitions : IJob;

internal sealed class KeepPartitionsHandler(ISeries series) : IJobHandler<KeepPartitions>
{
    public Task<string> Handle(KeepPartitions job, CancellationToken cancellation) =>
        series.KeepPartitions(cancellation);
}
