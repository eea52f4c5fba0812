using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Podcasts;

/// <summary>
/// Counts listener events per day. One run counts all that was touched since the last, so one makes up for all that
/// were missed.
/// </summary>
[Job("podcast.listener_events_daily", Schema = "podcast")]
[Requires("podcasts:read")]
public sealed record CountListenerDays : IJob;

internal sealed class CountListenerDaysHandler(ISeries series) : IJobHandler<CountListenerDays>
{
    public Task<string> Handle(CountListenerDays job, CancellationToken cancellation) => series.CountDays(cancellation);
}
