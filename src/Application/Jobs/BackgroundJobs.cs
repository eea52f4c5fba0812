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
    /// Takes the job of a key back, also where it runs, and frees the key. Where there is none, nothing happens.
    /// </summary>
    Task TakeBack(string key, CancellationToken cancellation);

    /// <summary>Does something to a job: run now, retry, cancel.</summary>
    /// <exception cref="NotFoundException">The caller has no such job.</exception>
    /// <exception cref="Domain.RuleBrokenException"><c>job.state</c>: not to one in that state.</exception>
    Task Change(Guid job, JobChange change, CancellationToken cancellation);

    /// <summary>What recurs, by name: <see cref="RecurringTable"/>. It is the operator's.</summary>
    Task<IReadOnlyList<RecurringJob>> Recurring(CancellationToken cancellation);

    /// <summary>Does something to a recurring job: run now, pause, resume.</summary>
    /// <exception cref="NotFoundException">The caller has no such recurring job.</exception>
    Task ChangeRecurring(string name, JobChange change, CancellationToken cancellation);
}
