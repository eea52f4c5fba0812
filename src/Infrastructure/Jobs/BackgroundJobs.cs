using Hangfire.States;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>The port, for one caller.</summary>
internal sealed class BackgroundJobs(
    Installation installation,
    HangfireStore store,
    RecurringSchedule recurring,
    RecurringRuns runs,
    JobTypes types,
    CommandContext context,
    TimeProvider clock
) : IBackgroundJobs
{
    private const int LongestKey = 255;

    // The operator has them all.
    private const string IsCallers = "j.id = $1 and ($2::uuid is null or j.organization_id = $2)";

    private Guid? Organization => context.Tenant == Tenant.System ? null : context.OrganizationId;

    public Task<Guid> Enqueue(object command, CancellationToken cancellation, string? key = null) =>
        Schedule(command, clock.GetUtcNow(), cancellation, key);

    public async Task<Guid> Schedule(
        object command,
        DateTimeOffset at,
        CancellationToken cancellation,
        string? key = null
    )
    {
        cancellation.ThrowIfCancellationRequested();
        if (key is { Length: 0 or > LongestKey })
            throw new ArgumentException($"A key has 1 to {LongestKey} characters.", nameof(key));

        return (await Add(command, at, key, recurringName: null))!.Value;
    }

    public async Task TakeBack(string key, CancellationToken cancellation)
    {
        Guid? job;
        await using (
            var command = installation.Writer.CreateCommand(
                "delete from jobs.keys where organization_id = $1 and key = $2 returning job_id"
            )
        )
        {
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Organization ?? Guid.Empty });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
            job = (Guid?)await command.ExecuteScalarAsync(cancellation);
        }

        if (job is { } id && await Find(id, cancellation) is { } found)
            await Remove(found.HangfireId, cancellation);
    }

    public async Task Change(Guid job, JobChange change, CancellationToken cancellation)
    {
        var found = await Find(job, cancellation) ?? throw new NotFoundException("job");
        var done = change switch
        {
            JobChange.RunNow => await RunNow(job, found, cancellation),
            JobChange.Retry => Retry(found),
            JobChange.Cancel => await Remove(found.HangfireId, cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change, "Only recurring jobs are paused."),
        };
        if (!done)
            throw new RuleBrokenException("job.state", "The job is not in a state for that: look at it again.");
    }

    public Task<IReadOnlyList<RecurringJob>> Recurring(CancellationToken cancellation) =>
        // All of them are the installation's.
        context.Tenant == Tenant.System
            ? recurring.List(cancellation)
            : Task.FromResult<IReadOnlyList<RecurringJob>>([]);

    public async Task ChangeRecurring(string name, JobChange change, CancellationToken cancellation)
    {
        if (context.Tenant != Tenant.System || recurring.Find(name) is not { } row)
            throw new NotFoundException("recurring_job");

        _ = change switch
        {
            JobChange.RunNow => await Add(row.Command, clock.GetUtcNow(), key: null, name) is not null,
            JobChange.Pause => await recurring.Pause(name, cancellation),
            JobChange.Resume => await recurring.Resume(name, cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change, "A recurring job has no failure."),
        };
    }

    /// <summary>Null where a run of the recurring job is under way already, which is then this one's.</summary>
    private Task<Guid?> Add(object command, DateTimeOffset at, string? key, string? recurringName)
    {
        var type = types.Of(command);
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        return store.Add(
            StoredJob.Of(type.Name, type.ToJson(command)),
            at <= now ? new EnqueuedState() : new ScheduledState(WholeSeconds.After(at).UtcDateTime),
            connection => key is null ? Task.FromResult<Guid?>(null) : TakeKey(connection, key, id, now),
            async (connection, hangfireId) =>
            {
                await using var insert = new NpgsqlCommand(
                    """
                    insert into jobs.jobs
                        (id, hangfire_id, organization_id, name, actor, recurring, due_at, created_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $8)
                    on conflict (recurring) where recurring is not null and not is_given_up do nothing
                    """,
                    connection
                );
                insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
                insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = hangfireId });
                insert.Parameters.Add(OrganizationParameter());
                insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = type.Name });
                insert.Parameters.Add(
                    new NpgsqlParameter<string>
                    {
                        TypedValue = recurringName is null ? context.Actor : RecurringSchedule.Actor,
                    }
                );
                insert.Parameters.Add(
                    new NpgsqlParameter<string?> { TypedValue = recurringName, NpgsqlDbType = NpgsqlDbType.Text }
                );
                insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = at });
                insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
                return await insert.ExecuteNonQueryAsync() > 0 ? id : null;
            }
        );
    }

    /// <summary>The job that has the key already; null where it is this one's now.</summary>
    private async Task<Guid?> TakeKey(NpgsqlConnection connection, string key, Guid id, DateTimeOffset now)
    {
        // A key that another transaction takes at this moment is waited for: one of the two gets it.
        await using var command = new NpgsqlCommand(
            """
            with taken as (
                insert into jobs.keys (organization_id, key, job_id, created_at)
                values ($1, $2, $3, $4)
                on conflict do nothing
                returning job_id
            )
            select t.job_id from taken t
            """,
            connection
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Organization ?? Guid.Empty });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        if (await command.ExecuteScalarAsync() is Guid)
            return null;

        await using var find = new NpgsqlCommand(
            "select k.job_id from jobs.keys k where k.organization_id = $1 and k.key = $2",
            connection
        );
        find.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Organization ?? Guid.Empty });
        find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        return (Guid?)await find.ExecuteScalarAsync();
    }

    private async Task<bool> RunNow(Guid job, FoundJob found, CancellationToken cancellation)
    {
        if (
            found.State != EnqueuedState.StateName
            && !store.Change(found.HangfireId, new EnqueuedState(), ScheduledState.StateName)
        )
            return false;

        await using var command = installation.Writer.CreateCommand("update jobs.jobs set due_at = $2 where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
        await command.ExecuteNonQueryAsync(cancellation);
        return true;
    }

    private bool Retry(FoundJob found)
    {
        if (found.Recurring is { } name && runs.IsUnderWay(name))
            throw new RuleBrokenException("job.state", "A later run of this recurring job is under way already.");

        return store.Change(found.HangfireId, new EnqueuedState(), FailedState.StateName);
    }

    private async Task<bool> Remove(long hangfireId, CancellationToken cancellation)
    {
        // The row first: without it nothing is run, whatever becomes of this process now. The key goes with it, so that
        // the same job can be asked for again.
        await using var command = installation.Writer.CreateCommand(JobRows.DeleteWithKey);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = hangfireId });
        await command.ExecuteNonQueryAsync(cancellation);
        store.Change(
            hangfireId,
            new DeletedState(),
            ScheduledState.StateName,
            EnqueuedState.StateName,
            ProcessingState.StateName,
            FailedState.StateName
        );
        return true;
    }

    private async Task<FoundJob?> Find(Guid job, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            $"""
            select j.hangfire_id, h.statename, j.recurring
            from jobs.jobs j
            join hangfire.job h on h.id = j.hangfire_id
            where {IsCallers}
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
        command.Parameters.Add(OrganizationParameter());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new FoundJob(
                reader.GetInt64(0),
                reader.IsDBNull(1) ? null : reader.GetString(1),
                reader.IsDBNull(2) ? null : reader.GetString(2)
            )
            : null;
    }

    private NpgsqlParameter<Guid?> OrganizationParameter() =>
        new() { TypedValue = Organization, NpgsqlDbType = NpgsqlDbType.Uuid };

    /// <summary>A job of the caller's, as Hangfire has it.</summary>
    private sealed record FoundJob(long HangfireId, string? State, string? Recurring);
}
