using Hangfire;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// What we add to Hangfire: when a failed job is tried again, that a recurring job does not pile up, and that our rows
/// follow what somebody does in the dashboard.
/// </summary>
internal sealed class JobFilters(JobRows rows, RecurringRuns runs, TimeProvider clock)
    : IJobFilterProvider,
        IElectStateFilter,
        IApplyStateFilter,
        IClientFilter
{
    private const string Unreadable = "The stored job cannot be read.";

    private static readonly TimeSpan AfterOutage = TimeSpan.FromSeconds(10);

    /// <summary>Counts for the dashboard's graph.</summary>
    private readonly StatisticsHistoryAttribute _statistics = new();

    public IEnumerable<JobFilter> GetFilters(Job job) =>
        [new(this, JobFilterScope.Global, order: null), new(_statistics, JobFilterScope.Global, order: null)];

    /// <summary>A run that failed is tried again where it said so; what cannot be run at all is not.</summary>
    public void OnStateElection(ElectStateContext context)
    {
        if (context.CandidateState is not FailedState failed)
            return;

        if (failed.Exception is JobRunException run)
        {
            if (run.Again is { } again)
                context.CandidateState = new ScheduledState(again.UtcDateTime) { Reason = run.Message };
        }
        else if (context.BackgroundJob.Job is null)
        {
            rows.GiveUpNow(HangfireStore.IdOf(context.BackgroundJob.Id), Unreadable);
            context.CandidateState = new FailedState(new JobRunException(Unreadable));
        }
        else
        {
            // The database did not answer when the run began or ended. What the exception says stays out of the row.
            context.CandidateState = new ScheduledState((clock.GetUtcNow() + AfterOutage).UtcDateTime)
            {
                Reason = failed.Exception.GetType().Name,
            };
        }
    }

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        if (context.NewState is DeletedState)
            rows.Remove(HangfireStore.IdOf(context.BackgroundJob.Id));
        else if (context.NewState is EnqueuedState && context.OldStateName == FailedState.StateName)
            rows.StartOver(HangfireStore.IdOf(context.BackgroundJob.Id));
    }

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        // Our rows follow the new state.
    }

    public void OnCreating(CreatingContext context)
    {
        if (RecurringOf(context) is { } recurring)
            context.Canceled = runs.IsUnderWay(recurring);
    }

    public void OnCreated(CreatedContext context)
    {
        if (RecurringOf(context) is { } recurring && context.BackgroundJob is { } made)
            runs.AddRun(HangfireStore.IdOf(made.Id), recurring, (string)made.Job.Args[0]);
    }

    private static string? RecurringOf(CreateContext context) =>
        context.Parameters.TryGetValue("RecurringJobId", out var name) ? (string)name : null;
}
