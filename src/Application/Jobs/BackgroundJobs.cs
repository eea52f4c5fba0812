namespace SchemaHub.Application.Jobs;

/// <summary>
/// Work that outlives the request that asked for it: a job is a command, stored durably, sent by any node when it is
/// due, again after a failure, and again where its node died. It belongs to the caller's organization.
/// </summary>
/// <remarks>
/// A run that died may have done its work: handlers of jobs bear being run twice. A command that appends to the log is
/// sent under the job's id as its idempotency key, so its second run answers as the first.
/// </remarks>
public interface IBackgroundJobs
{
    /// <summary>Runs a command as soon as a node is free. It is durable when this answers.</summary>
    /// <param name="command">Its class bears a <see cref="JobAttribute"/>.</param>
    /// <param name="key">The same key again, as long as keys are kept, is the same job: its id is answered.</param>
    /// <returns>The job's id.</returns>
    Task<Guid> Enqueue(object command, CancellationToken cancellation, string? key = null);

    /// <summary>Runs a command at an instant (UTC), or as soon after it as a node is free.</summary>
    Task<Guid> Schedule(object command, DateTimeOffset at, CancellationToken cancellation, string? key = null);

    /// <summary>
    /// Runs a command again and again. What recurs for the installation by itself needs no call: its class bears a
    /// <see cref="RecurringAttribute"/>.
    /// </summary>
    /// <param name="name">Of the recurring job within its organization; the same name again replaces it.</param>
    /// <param name="cron">Quartz's form, seconds first, UTC.</param>
    /// <exception cref="FormatException">It is no cron expression.</exception>
    Task Recur(string name, object command, string cron, Missed missed, CancellationToken cancellation);

    /// <summary>Ends a recurring job; what it has enqueued already is run. False where there is none.</summary>
    Task<bool> StopRecurring(string name, CancellationToken cancellation);

    /// <summary>Does something to a job.</summary>
    /// <exception cref="NotFoundException">The caller has no such job.</exception>
    /// <exception cref="Domain.RuleBrokenException"><c>job.state</c>: not to one in that state.</exception>
    Task Change(Guid job, JobChange change, CancellationToken cancellation);

    /// <summary>Does something to a recurring job: run now, pause, resume.</summary>
    /// <exception cref="NotFoundException">The caller has no such recurring job.</exception>
    Task ChangeRecurring(string name, JobChange change, CancellationToken cancellation);
}
