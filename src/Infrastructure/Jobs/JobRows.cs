using Npgsql;
using NpgsqlTypes;
using Polly;
using Polly.Retry;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>A run that began.</summary>
internal sealed record BegunRun(Guid Id, long HangfireId, Guid? Organization, string Actor, int Attempt);

/// <summary>
/// Our rows of jobs that are not done, <c>jobs.jobs</c>, and of runs, <c>backstage.execution_logs</c>. A run writes
/// them as it begins and ends; the row of a job that is done is gone.
/// </summary>
internal sealed class JobRows(Installation installation, TimeProvider clock)
{
    /// <summary>Deletes a job that is taken back, given Hangfire's id.</summary>
    public const string DeleteWithKey = """
        with gone as (
            delete from jobs.jobs j where j.hangfire_id = $1 returning j.id
        )
        delete from jobs.keys k using gone g where k.job_id = g.id
        """;

    /// <summary>What is written of a run that has no end.</summary>
    public const string DiedRunning = "The node that ran it died.";

    // What Hangfire commits afterwards is on disk no earlier than this: waiting for the disk here gains nothing.
    private const string WithoutWaiting = "select set_config('synchronous_commit', 'off', true)";

    // A connection may have broken while it was idle in the pool, and so may the next.
    private static readonly ResiliencePipeline ThroughOutages = new ResiliencePipelineBuilder()
        .AddRetry(
            new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(DatabaseOutage.IsOrRefusal),
                MaxRetryAttempts = 20,
                Delay = TimeSpan.FromMilliseconds(500),
            }
        )
        .Build();

    private const string InsertRun = """
        insert into backstage.execution_logs
            (job_type, status, message, executed_at, organization_id, job_id, attempt, duration_ms, stack)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    /// <summary>
    /// A run begins; null where there is no such job any more. A run that began before and did not end was on a node
    /// that died.
    /// </summary>
    public async Task<BegunRun?> Begin(long hangfireId)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(WithoutWaiting);
        batch.Add(
            $"""
            with was as (
                select j.id, j.started_at, j.organization_id, j.name, j.attempts
                from jobs.jobs j
                where j.hangfire_id = $1
                for update
            ), died as (
                insert into backstage.execution_logs
                    (job_type, status, message, executed_at, organization_id, job_id, attempt, duration_ms)
                select w.name, 'failed', '{DiedRunning}', $2 at time zone 'UTC', w.organization_id, w.id,
                    w.attempts, least(2147483647, greatest(0, extract(epoch from $2 - w.started_at) * 1000))::integer
                from was w
                where w.started_at is not null
            )
            update jobs.jobs j
            set attempts = j.attempts + 1, started_at = $2, is_given_up = false
            from was w
            where j.id = w.id
            returning j.id, j.organization_id, j.actor, j.attempts
            """,
            new NpgsqlParameter<long> { TypedValue = hangfireId },
            Now()
        );
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        return await reader.ReadAsync()
            ? new BegunRun(
                reader.GetGuid(0),
                hangfireId,
                reader.IsDBNull(1) ? null : reader.GetGuid(1),
                reader.GetString(2),
                reader.GetInt16(3)
            )
            : null;
    }

    /// <summary>
    /// A run ended. One that another node has taken over meanwhile changes nothing but the history. What was done is
    /// not done again because the database does not answer for a moment.
    /// </summary>
    /// <param name="again">When it is tried again, after a failure.</param>
    public Task End(RunOutcome outcome, DateTimeOffset? again) =>
        ThroughOutages.ExecuteAsync(async _ => await WriteEnd(outcome, again)).AsTask();

    private async Task WriteEnd(RunOutcome outcome, DateTimeOffset? again)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(WithoutWaiting);
        if (outcome.Failure is { } failure)
            batch.Add(
                """
                update jobs.jobs j
                set started_at = null, error = $3, stack = $4, failed_at = $5, due_at = coalesce($6, j.due_at),
                    is_given_up = $6 is null
                where j.id = $1 and j.attempts = $2
                """,
                new NpgsqlParameter<Guid> { TypedValue = outcome.Job.Id },
                Attempt(outcome),
                Text(outcome.Message),
                Text(failure.Stack),
                Now(),
                Instant(again)
            );
        else
            batch.Add(
                "delete from jobs.jobs where id = $1 and attempts = $2",
                new NpgsqlParameter<Guid> { TypedValue = outcome.Job.Id },
                Attempt(outcome)
            );

        batch.BatchCommands.Add(InsertOf(outcome));
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>Writes a run down that is not of a job in the queue, or of one that was taken back.</summary>
    public async Task Record(RunOutcome outcome)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(InsertOf(outcome));
        await batch.ExecuteNonQueryAsync();
        JobMetrics.Count(outcome);
    }

    /// <summary>A run was no try: the node stops, or does not know the job.</summary>
    public async Task LetGo(ClaimedJob job, DateTimeOffset? dueAt, string? why)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            update jobs.jobs j
            set started_at = null, attempts = j.attempts - 1, due_at = coalesce($3, j.due_at),
                error = coalesce($4, j.error)
            where j.id = $1 and j.attempts = $2
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job.Id });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = checked((short)job.Attempt) });
        command.Parameters.Add(Instant(dueAt));
        command.Parameters.Add(Text(why));
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A job failed for good without a run of its own.</summary>
    public Task GiveUp(long hangfireId, string why) => GiveUpOf(hangfireId, why).ExecuteNonQueryAsync();

    /// <inheritdoc cref="GiveUp"/>
    public void GiveUpNow(long hangfireId, string why) => GiveUpOf(hangfireId, why).ExecuteNonQuery();

    public async Task<bool> IsThere(Guid job)
    {
        await using var command = installation.Writer.CreateCommand("select from jobs.jobs j where j.id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync();
    }

    /// <summary>Forgets a job that Hangfire has deleted.</summary>
    public void Remove(long hangfireId)
    {
        using var command = installation.Writer.CreateCommand(DeleteWithKey);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = hangfireId });
        command.ExecuteNonQuery();
    }

    /// <summary>A job that had failed for good starts over.</summary>
    public void StartOver(long hangfireId)
    {
        using var command = installation.Writer.CreateCommand(
            "update jobs.jobs set attempts = 0, due_at = $2 where hangfire_id = $1"
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = hangfireId });
        command.Parameters.Add(Now());
        command.ExecuteNonQuery();
    }

    private NpgsqlCommand GiveUpOf(long hangfireId, string why)
    {
        var command = installation.Writer.CreateCommand(
            """
            update jobs.jobs
            set started_at = null, is_given_up = true, error = $2, stack = null, failed_at = $3
            where hangfire_id = $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = hangfireId });
        command.Parameters.Add(Text(why));
        command.Parameters.Add(Now());
        return command;
    }

    private static NpgsqlBatchCommand InsertOf(RunOutcome outcome) =>
        BatchExtensions.Statement(
            InsertRun,
            Text(outcome.Job.Name),
            Text(outcome.Failure is null && !outcome.IsCancelled ? "success" : "failed"),
            Text(outcome.IsCancelled ? "It was cancelled." : outcome.Message),
            new NpgsqlParameter<DateTime>
            {
                TypedValue = DateTime.SpecifyKind(
                    (outcome.StartedAt + outcome.Duration).UtcDateTime,
                    DateTimeKind.Unspecified
                ),
            },
            new NpgsqlParameter<Guid?> { TypedValue = outcome.Job.Organization, NpgsqlDbType = NpgsqlDbType.Uuid },
            new NpgsqlParameter<Guid> { TypedValue = outcome.Job.Id },
            Attempt(outcome),
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(int.MaxValue, outcome.Duration.TotalMilliseconds) },
            Text(outcome.Failure?.Stack)
        );

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = clock.GetUtcNow() };

    private static NpgsqlParameter<short> Attempt(RunOutcome outcome) =>
        new() { TypedValue = checked((short)outcome.Job.Attempt) };

    private static NpgsqlParameter<string?> Text(string? text) =>
        new() { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<DateTimeOffset?> Instant(DateTimeOffset? at) =>
        new() { TypedValue = at, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
