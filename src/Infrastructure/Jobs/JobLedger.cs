using Npgsql;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// The queue as the nodes that work on it see it: they take jobs in hand, settle them, and take over those of the dead.
/// Every statement is about many jobs at once.
/// </summary>
internal sealed class JobLedger(Installation installation, JobTypes types, TimeProvider clock)
{
    private const string DiedRunning = "The node that ran it died.";

    private readonly string[] _names = [.. types.All.Select(type => type.Name)];
    private readonly int[] _mostAttempts = [.. types.All.Select(type => type.Settings.MostAttempts)];

    /// <summary>Takes jobs that are due in hand. What this version of the program does not know, it leaves.</summary>
    public async Task<List<ClaimedJob>> Claim(int node, int most, CancellationToken cancellation)
    {
        // By id from an array, so that no estimate makes the planner read the whole table.
        await using var command = installation.Writer.CreateCommand(
            """
            update jobs.queue q
            set state = 'running', node = $1, attempts = q.attempts + 1, started_at = $2
            where q.id = any (array(
                select n.id
                from jobs.queue n
                where n.state = 'waiting' and n.due_at <= $2 and n.name = any ($3)
                order by n.due_at, n.id
                limit $4
                for update skip locked
            ))
            returning q.id, q.organization_id, q.name, q.data::text, q.actor, q.attempts
            """
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = node });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = _names });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        var claimed = new List<ClaimedJob>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            claimed.Add(
                new ClaimedJob(
                    reader.GetGuid(0),
                    reader.IsDBNull(1) ? null : reader.GetGuid(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    reader.GetString(4),
                    reader.GetInt16(5)
                )
            );

        return claimed;
    }

    /// <summary>Writes down how runs ended, and what becomes of their jobs, but for what others took over.</summary>
    public async Task Settle(int node, IReadOnlyList<RunOutcome> outcomes)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        Remove(
            batch,
            node,
            [.. outcomes.Where(outcome => outcome is { Failure: null, IsGivenBack: false } || outcome.IsCancelled)]
        );
        GiveBack(
            batch,
            node,
            [
                .. outcomes
                    .Where(outcome => outcome is { IsGivenBack: true, IsCancelled: false })
                    .Select(outcome => outcome.Job.Id),
            ]
        );
        Retry(batch, node, [.. outcomes.Where(outcome => outcome is { Failure: not null, IsCancelled: false })]);
        Record(batch, [.. outcomes.Where(outcome => !outcome.IsGivenBack || outcome.IsCancelled)]);
        await batch.ExecuteNonQueryAsync();
        foreach (var outcome in outcomes.Where(outcome => !outcome.IsGivenBack))
            JobMetrics.Count(outcome);
    }

    /// <summary>Writes down a run that is not the queue's.</summary>
    public async Task Record(RunOutcome outcome)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        Record(batch, [outcome]);
        await batch.ExecuteNonQueryAsync();
        JobMetrics.Count(outcome);
    }

    /// <summary>Lets go of jobs that were not started.</summary>
    public async Task GiveBack(int node, IReadOnlyList<ClaimedJob> jobs)
    {
        if (jobs.Count == 0)
            return;

        await using var connection = await installation.Writer.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        GiveBack(batch, node, [.. jobs.Select(job => job.Id)]);
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>Jobs of dead nodes wait again, or have failed where they did not survive any of their runs.</summary>
    /// <param name="node">
    /// Who takes over. Its own jobs it never takes: they run until it knows that its lock is lost.
    /// </param>
    public async Task<int> TakeOver(int node, CancellationToken cancellation)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        var dead = await JobNode.Dead(connection, node, cancellation);
        if (dead.Length == 0)
            return 0;

        await using var unwanted = new NpgsqlCommand(
            "delete from jobs.queue where node = any ($1) and is_cancelled",
            connection
        );
        unwanted.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = dead });
        await unwanted.ExecuteNonQueryAsync(cancellation);
        await using var command = new NpgsqlCommand(
            """
            with orphans as (
                update jobs.queue q
                set state = case when q.attempts >= u.most then 'failed' else 'waiting' end, node = null,
                    error = $4, stack = null, failed_at = $5
                from unnest($1, $2) as u (name, most)
                where q.node = any ($3) and q.name = u.name
                returning q.id, q.organization_id, q.name, q.attempts, q.started_at
            )
            insert into backstage.execution_logs
                (job_type, status, message, executed_at, organization_id, job_id, attempt, duration_ms)
            select o.name, 'failed', $4, $5 at time zone 'UTC', o.organization_id, o.id, o.attempts,
                greatest(0, extract(epoch from $5 - o.started_at) * 1000)::integer
            from orphans o
            """,
            connection
        );
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = _names });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = _mostAttempts });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = dead });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = DiedRunning });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Which of a node's jobs somebody has cancelled.</summary>
    public async Task<List<Guid>> Cancelled(int node, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            "select q.id from jobs.queue q where q.node = $1 and q.is_cancelled"
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = node });
        var cancelled = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            cancelled.Add(reader.GetGuid(0));

        return cancelled;
    }

    private static void Remove(NpgsqlBatch batch, int node, List<RunOutcome> done)
    {
        if (done.Count > 0)
            batch.Add(
                "delete from jobs.queue where id = any ($1) and node = $2",
                done.Select(outcome => outcome.Job.Id).Column(),
                new NpgsqlParameter<int> { TypedValue = node }
            );
    }

    private static void GiveBack(NpgsqlBatch batch, int node, List<Guid> jobs)
    {
        if (jobs.Count > 0)
            batch.Add(
                """
                update jobs.queue q
                set state = 'waiting', node = null, attempts = q.attempts - 1
                where q.id = any ($1) and q.node = $2
                """,
                jobs.Column(),
                new NpgsqlParameter<int> { TypedValue = node }
            );
    }

    private void Retry(NpgsqlBatch batch, int node, List<RunOutcome> failed)
    {
        if (failed.Count == 0)
            return;

        // Of a recurring job the last failure is enough: the others are in the history.
        batch.Add(
            """
            delete from jobs.queue q
            using jobs.queue f
            where f.id = any ($1) and f.node = $2 and f.recurring is not null and q.recurring = f.recurring
                and q.organization_id is not distinct from f.organization_id and q.state = 'failed'
            """,
            failed.Where(IsGivenUp).Select(outcome => outcome.Job.Id).Column(),
            new NpgsqlParameter<int> { TypedValue = node }
        );
        batch.Add(
            """
            update jobs.queue q
            set state = u.state, node = null, due_at = u.due, error = u.error, stack = u.stack, failed_at = $6
            from unnest($1, $2, $3, $4, $5) as u (id, state, due, error, stack)
            where q.id = u.id and q.node = $7
            """,
            failed.Select(outcome => outcome.Job.Id).Column(),
            failed.Select(outcome => IsGivenUp(outcome) ? "failed" : "waiting").Column(),
            failed.Select(DueAgain).Column(),
            failed.Select(outcome => outcome.Message).Column(),
            failed.Select(outcome => outcome.Failure!.Stack).Column(),
            new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() },
            new NpgsqlParameter<int> { TypedValue = node }
        );
    }

    private static void Record(NpgsqlBatch batch, List<RunOutcome> runs)
    {
        if (runs.Count > 0)
            batch.Add(
                """
                insert into backstage.execution_logs
                    (job_type, status, message, executed_at, organization_id, job_id, attempt, duration_ms, stack)
                select u.name, u.status, u.message, u.at, u.org, u.job, u.attempt, u.ms, u.stack
                from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
                    as u (name, status, message, at, org, job, attempt, ms, stack)
                """,
                runs.Select(run => run.Job.Name).Column(),
                runs.Select(run => run.Failure is null && !run.IsCancelled ? "success" : "failed").Column(),
                runs.Select(run => run.IsCancelled ? "It was cancelled." : run.Message).Column(),
                runs.Select(run => run.StartedAt + run.Duration).UtcColumn(),
                runs.Select(run => run.Job.Organization).Column(),
                runs.Select(run => run.Job.Id).Column(),
                runs.Select(run => checked((short)run.Job.Attempt)).Column(),
                runs.Select(run => (int)Math.Min(int.MaxValue, run.Duration.TotalMilliseconds)).Column(),
                runs.Select(run => run.Failure?.Stack).Column()
            );
    }

    private bool IsGivenUp(RunOutcome outcome) =>
        outcome.Failure!.IsFinal || outcome.Job.Attempt >= types.Find(outcome.Job.Name)!.Settings.MostAttempts;

    private DateTimeOffset DueAgain(RunOutcome outcome) =>
        clock.GetUtcNow()
        + Backoff.After(
            outcome.Job.Attempt,
            types.Find(outcome.Job.Name)!.Settings.FirstWaitSeconds,
            Random.Shared.NextDouble()
        );
}
