using SchemaHub.Infrastructure.Podcasts;

namespace SchemaHub.Api;

/// <summary>Looks every minute which job of the time series is due; on every node, since any may be killed.</summary>
internal sealed class SeriesClock(SeriesJobs jobs, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, clock);
        try
        {
            do
            {
                await jobs.RunDue(stoppingToken);
            } while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service ends; what ran goes on with the next one.
        }
    }
}
