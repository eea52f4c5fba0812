using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Podcasts;

/// <summary>Refreshes podcast.metrics_daily. One run makes up for all that were missed.</summary>
[Job("podcast.metrics_daily", Schema = "podcast")]
[RequiresOperator]
public sealed record RefreshMeasures : IJob;

internal sealed class RefreshMeasuresHandler(ISeries series) : IJobHandler<RefreshMeasures>
{
    public Task<string> Handle(RefreshMeasures job, CancellationToken cancellation) =>
        series.RefreshMeasures(cancellation);
}
