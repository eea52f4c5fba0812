using Hangfire;
using Hangfire.Common;
using Hangfire.Server;
using Hangfire.States;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// The one class that Hangfire calls. Its name and its method are stored with every job: neither changes.
/// </summary>
internal sealed class StoredJob(
    JobRun run,
    JobRows rows,
    RecurringRuns recurring,
    HangfireStore store,
    JobTypes types,
    TimeProvider clock
)
{
    private static readonly TimeSpan BeforeAnotherVersion = TimeSpan.FromMinutes(1);

    /// <summary>A job as Hangfire stores it.</summary>
    /// <param name="name">The stored name of the command.</param>
    /// <param name="data">The command, as JSON.</param>
    public static Job Of(string name, string data) =>
        new(typeof(StoredJob), typeof(StoredJob).GetMethod(nameof(Run))!, name, data, null, CancellationToken.None);

    /// <summary>Runs a job once; answers what it did, in words.</summary>
    /// <param name="context">Hangfire's, when it calls.</param>
    /// <param name="stop">The node stops, or the job was taken back.</param>
    /// <exception cref="JobRunException">It failed.</exception>
    [JobDisplayName("{0}")]
    public async Task<string> Run(string name, string data, PerformContext context, CancellationToken stop)
    {
        // Taken back, or done by a run that died before Hangfire knew of it.
        if (await rows.Begin(HangfireStore.IdOf(context.BackgroundJob.Id)) is not { } begun)
            return "There was nothing to do.";

        var job = new ClaimedJob(begun.Id, begun.Organization, name, data, begun.Actor, begun.Attempt);
        if (types.Find(name) is not { } type)
        {
            var later = clock.GetUtcNow() + BeforeAnotherVersion;
            const string why = "This version does not know it.";
            await rows.LetGo(job, later, why);
            throw new JobRunException(why, later);
        }

        if (job.Attempt > type.Settings.MostAttempts)
        {
            await rows.GiveUp(begun.HangfireId, JobRows.DiedRunning);
            throw new JobRunException(JobRows.DiedRunning);
        }

        var outcome = await run.Do(job, stop);
        if (outcome.IsGivenBack)
            await GiveBack(outcome, stop);

        var again =
            outcome.Failure is { IsFinal: false } && job.Attempt < type.Settings.MostAttempts
                ? clock.GetUtcNow()
                    + Backoff.After(job.Attempt, type.Settings.FirstWaitSeconds, Random.Shared.NextDouble())
                : (DateTimeOffset?)null;
        await rows.End(outcome, again);
        JobMetrics.Count(outcome);
        if (outcome.Failure is not null && again is null)
            await ForgetOlderFailures(job.Id);

        return outcome.Failure is null ? outcome.Message : throw new JobRunException(outcome.Message, again);
    }

    // Of a recurring job the last failure is enough: the others are in the history.
    private async Task ForgetOlderFailures(Guid job)
    {
        foreach (var older in await recurring.OlderFailures(job))
            store.Change(older, new DeletedState(), FailedState.StateName);
    }

    // Told to stop because it was taken back, or because the node stops, or was silent so long that another has it.
    private async Task GiveBack(RunOutcome outcome, CancellationToken stop)
    {
        if (await rows.IsThere(outcome.Job.Id))
            await rows.LetGo(outcome.Job, dueAt: null, why: null);
        else
            await rows.Record(outcome with { IsCancelled = true });

        throw new OperationCanceledException(stop);
    }
}

/// <summary>A job as one run sees it.</summary>
/// <param name="Organization">Null for the installation's own.</param>
/// <param name="Data">The command, as JSON.</param>
/// <param name="Attempt">From 1.</param>
internal sealed record ClaimedJob(Guid Id, Guid? Organization, string Name, string Data, string Actor, int Attempt);

/// <summary>
/// A run failed. Hangfire stores and shows this exception and not its cause, which may name persons.
/// </summary>
internal sealed class JobRunException(string why, DateTimeOffset? again = null) : Exception(why)
{
    /// <summary>When it is tried again, in whole seconds as Hangfire keeps them; null where it is given up.</summary>
    public DateTimeOffset? Again { get; } = again is { } at ? WholeSeconds.After(at) : null;
}

/// <summary>Hangfire cuts fractions of a second off, which would be too early.</summary>
internal static class WholeSeconds
{
    public static DateTimeOffset After(DateTimeOffset at)
    {
        var rest = at.UtcTicks % TimeSpan.TicksPerSecond;
        return rest == 0 ? at : at.AddTicks(TimeSpan.TicksPerSecond - rest);
    }
}
