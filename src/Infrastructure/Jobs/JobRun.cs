using System.Diagnostics;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>Runs one job: its command goes through the same pipeline as one that comes by HTTP.</summary>
internal sealed class JobRun(RunAs runAs, JobTypes types, TimeProvider clock)
{
    /// <param name="stop">The node stops, or the job was cancelled.</param>
    public async Task<RunOutcome> Do(ClaimedJob job, CancellationToken stop)
    {
        using var activity = JobMetrics.Activities.StartActivity(job.Name, ActivityKind.Consumer);
        activity?.SetTag("job.id", job.Id).SetTag("job.attempt", job.Attempt);
        var (startedAt, started) = (clock.GetUtcNow(), Stopwatch.GetTimestamp());
        try
        {
            var message = await Send(job, stop);
            return new RunOutcome(job, message, Failure: null, startedAt, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // However it put it, it was told to stop.
            return new RunOutcome(job, "It was stopped.", Failure: null, startedAt, Stopwatch.GetElapsedTime(started))
            {
                IsGivenBack = true,
            };
        }
        catch (Exception failure)
        {
            var why = RunFailure.Of(failure);
            activity?.SetStatus(ActivityStatusCode.Error, why.Kind);
            return new RunOutcome(job, why.Why, why, startedAt, Stopwatch.GetElapsedTime(started));
        }
    }

    private async Task<string> Send(ClaimedJob job, CancellationToken stop)
    {
        var type = types.Find(job.Name)!;
        var command = type.FromJson(job.Data);
        // A run that died after its commit is answered with its first result by the next.
        var key = command is ICommand ? $"job:{job.Id}" : null;
        await using var scope = runAs.Job(job.Organization?.ToString() ?? Tenant.System, job.Actor, key);
        return await type.Send(scope.Services.GetRequiredService<IMediator>(), command, stop);
    }
}
