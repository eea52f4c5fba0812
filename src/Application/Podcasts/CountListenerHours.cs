using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Podcasts;

/// <summary>
/// Counts listener events per hour. One run counts all that was touched since the last, so one makes up for all that
/// were missed.
/// </summary>
[Job("podcast.listener_events_hourly", Schema = "podcast")]
[Requires("podcasts:read")]
public sealed record CountListenerHours : IJob;

internal sealed class CountListenerHoursHandler(ISeries series) : IJobHandler<CountListenerHours>
{
    public Task<string> Handle(CountListenerHours job, CancellationToken cancellation) =>
        series.CountHours(cancellation);
}
