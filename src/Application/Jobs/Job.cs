using MediatR;

namespace SchemaHub.Application.Jobs;

/// <summary>
/// A command that runs as a job and answers in words what it did: <c>backstage.execution_logs.message</c>. Such words
/// name no person.
/// </summary>
public interface IJob : IRequest<string>;

/// <summary>Does one kind of job.</summary>
public interface IJobHandler<TJob> : IRequestHandler<TJob, string>
    where TJob : IJob;

/// <summary>
/// Lets a command run as a job, under a name that is stored: it never changes, whatever the class is called. The
/// command is stored as JSON, so it holds ids rather than what belongs to a person.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class JobAttribute(string name) : Attribute
{
    /// <summary>As stored: words in lower case with dots, such as <c>retention.purge</c>.</summary>
    public string Name { get; } = name;

    /// <summary>How often it is started before it counts as failed and waits for somebody.</summary>
    public int MostAttempts { get; init; } = 10;

    /// <summary>The wait after the first failure, in seconds; it doubles with each, up to an hour.</summary>
    public int FirstWaitSeconds { get; init; } = 5;

    /// <summary>The published schema that it works on: where that is switched off, the job does not recur.</summary>
    public string? Schema { get; init; }
}

/// <summary>What becomes of runs of a recurring job whose time passed while no node was there.</summary>
public enum Missed
{
    /// <summary>One of them is made up for: right where a run does whatever has come up since the last.</summary>
    RunOnce,

    /// <summary>They are left out: right where the next run comes soon, or would be as late.</summary>
    Skip,
}

/// <summary>What an operator, or an organization with its own, does to a job.</summary>
public enum JobChange
{
    /// <summary>A job that waits is due now; a recurring one runs once more.</summary>
    RunNow,

    /// <summary>A recurring one is not due until it is resumed.</summary>
    Pause,

    /// <summary>A paused one is due again at its times.</summary>
    Resume,

    /// <summary>One that failed for good starts over.</summary>
    Retry,

    /// <summary>It is taken back, stopped where it runs, or given up where it failed.</summary>
    Cancel,
}
