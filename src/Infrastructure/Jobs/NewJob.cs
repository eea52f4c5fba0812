namespace SchemaHub.Infrastructure.Jobs;

/// <summary>A job on its way into the queue.</summary>
/// <param name="Organization">Null for the installation's own.</param>
/// <param name="Data">The command, as JSON.</param>
/// <param name="Key">The same key is the same job, if it has one.</param>
/// <param name="Recurring">The recurring job that it is a run of, if it is one.</param>
internal sealed record NewJob(
    Guid Id,
    Guid? Organization,
    string Name,
    string Data,
    string Actor,
    DateTimeOffset DueAt,
    string? Key = null,
    string? Recurring = null
);

/// <summary>A job that this node has in hand.</summary>
/// <param name="Attempt">From 1.</param>
internal sealed record ClaimedJob(Guid Id, Guid? Organization, string Name, string Data, string Actor, int Attempt);
