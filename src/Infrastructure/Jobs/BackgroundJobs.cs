using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>The port, for one caller.</summary>
internal sealed class BackgroundJobs(
    Installation installation,
    JobQueue queue,
    JobTypes types,
    Recurrences recurrences,
    CommandContext context,
    TimeProvider clock
) : IBackgroundJobs
{
    private const int LongestKey = 255;

    private Guid? Organization => context.Tenant == Tenant.System ? null : context.OrganizationId;

    public Task<Guid> Enqueue(object command, CancellationToken cancellation, string? key = null) =>
        Schedule(command, clock.GetUtcNow(), cancellation, key);

    public Task<Guid> Schedule(object command, DateTimeOffset at, CancellationToken cancellation, string? key = null)
    {
        cancellation.ThrowIfCancellationRequested();
        if (key is { Length: 0 or > LongestKey })
            throw new ArgumentException($"A key has 1 to {LongestKey} characters.", nameof(key));

        var type = types.Of(command);
        return queue.Add(
            new NewJob(
                Guid.CreateVersion7(clock.GetUtcNow()),
                Organization,
                type.Name,
                type.ToJson(command),
                context.Actor,
                at,
                key
            )
        );
    }

    public Task Recur(string name, object command, string cron, Missed missed, CancellationToken cancellation)
    {
        var type = types.Of(command);
        return recurrences.Set(
            new Recurrence(Organization, name, type.Name, type.ToJson(command), context.Actor, cron, missed),
            cancellation
        );
    }

    public Task<bool> StopRecurring(string name, CancellationToken cancellation) =>
        recurrences.Remove(Organization, name, cancellation);

    public async Task Change(Guid job, JobChange change, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            change switch
            {
                JobChange.RunNow => "update jobs.queue set state = 'waiting', due_at = $3 where "
                    + $"{IsCallers} and state in ('waiting', 'paused')",
                JobChange.Pause => $"update jobs.queue set state = 'paused' where {IsCallers} and state = 'waiting'",
                JobChange.Resume => $"update jobs.queue set state = 'waiting' where {IsCallers} and state = 'paused'",
                JobChange.Retry => "update jobs.queue set state = 'waiting', due_at = $3, attempts = 0 where "
                    + $"{IsCallers} and state = 'failed'",
                _ => $"""
                with stopped as (
                    update jobs.queue set is_cancelled = true
                    where {IsCallers} and state = 'running' returning id
                ), gone as (
                    delete from jobs.queue where {IsCallers} and state <> 'running' returning id
                )
                select s.id from stopped s union all select g.id from gone g
                """,
            }
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
        command.Parameters.Add(
            new NpgsqlParameter<Guid?> { TypedValue = Organization, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid }
        );
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
        bool done;
        try
        {
            done =
                change == JobChange.Cancel
                    ? await command.ExecuteScalarAsync(cancellation) is Guid
                    : await command.ExecuteNonQueryAsync(cancellation) > 0;
        }
        catch (PostgresException again) when (again.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RuleBrokenException("job.state", "A later run of this recurring job is under way already.");
        }

        if (!done)
            throw await IsThere(job, cancellation)
                ? new RuleBrokenException("job.state", "The job is not in a state for that: look at it again.")
                : new NotFoundException("job");

        queue.Wake();
    }

    public async Task ChangeRecurring(string name, JobChange change, CancellationToken cancellation)
    {
        var done = change switch
        {
            JobChange.RunNow => await recurrences.RunNow(Organization, name, cancellation),
            JobChange.Pause => await recurrences.Pause(Organization, name, cancellation),
            JobChange.Resume => await recurrences.Resume(Organization, name, cancellation),
            JobChange.Cancel => await recurrences.Remove(Organization, name, cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change, "A recurring job has no failure."),
        };
        if (!done)
            throw new NotFoundException("recurring_job");
    }

    private async Task<bool> IsThere(Guid job, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand($"select 1 from jobs.queue where {IsCallers}");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
        command.Parameters.Add(
            new NpgsqlParameter<Guid?> { TypedValue = Organization, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid }
        );
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    // The operator has them all.
    private const string IsCallers = "id = $1 and ($2::uuid is null or organization_id = $2)";
}
