using Npgsql;
using NpgsqlTypes;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// Takes jobs in. Those that arrive while others are being committed are committed together, one transaction for all:
/// the more callers, the fewer commits for each.
/// </summary>
internal sealed class JobQueue(Installation installation) : IDisposable
{
    private const int MostAtOnce = 500;

    private readonly Lock _door = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private List<Waiting> _gathering = [];
    private bool _isWriting;

    /// <summary>Stores a job durably; answers its id, or that of the job that stands in for it.</summary>
    public async Task<Guid> Add(NewJob job)
    {
        var waiting = new Waiting(job);
        // Whoever came first writes, for itself and for those who come meanwhile, until nobody is left.
        if (IsFirst(waiting))
            _ = WriteAll();

        var id = await waiting.Answer.Task;
        Wake();
        return id;
    }

    /// <summary>Tells this node's runner that there may be something to do.</summary>
    public void Wake()
    {
        lock (_door)
        {
            if (_news.CurrentCount == 0)
                _news.Release();
        }
    }

    /// <summary>Waits for news, at most so long.</summary>
    public Task<bool> News(TimeSpan longest, CancellationToken cancellation) => _news.WaitAsync(longest, cancellation);

    public void Dispose() => _news.Dispose();

    private bool IsFirst(Waiting waiting)
    {
        lock (_door)
        {
            _gathering.Add(waiting);
            var isFirst = !_isWriting;
            _isWriting = true;
            return isFirst;
        }
    }

    private async Task WriteAll()
    {
        while (Next() is { Count: > 0 } batch)
        {
            try
            {
                var answers = await Write(batch.ConvertAll(waiting => waiting.Job));
                foreach (var waiting in batch)
                    waiting.Answer.SetResult(answers[waiting.Job.Id]);
            }
            catch (PostgresException failure) when (batch.Count > 1 && !DatabaseOutage.Is(failure))
            {
                // One of them is refused by the database: each for itself, so that it takes no other with it.
                foreach (var waiting in batch)
                    await WriteAlone(waiting);
            }
            catch (Exception failure)
            {
                foreach (var waiting in batch)
                    waiting.Answer.SetException(failure);
            }
        }
    }

    private async Task WriteAlone(Waiting waiting)
    {
        try
        {
            waiting.Answer.SetResult((await Write([waiting.Job])).Values.Single());
        }
        catch (Exception failure)
        {
            waiting.Answer.SetException(failure);
        }
    }

    private List<Waiting> Next()
    {
        lock (_door)
        {
            var batch = _gathering;
            if (batch.Count <= MostAtOnce)
            {
                _gathering = [];
                _isWriting = batch.Count > 0;
                return batch;
            }

            _gathering = batch[MostAtOnce..];
            return batch[..MostAtOnce];
        }
    }

    private async Task<Dictionary<Guid, Guid>> Write(List<NewJob> jobs)
    {
        await using var connection = await installation.Writer.OpenConnectionAsync();
        var plain = jobs.TrueForAll(job => job.Key is null && job.Recurring is null);
        await using var command = new NpgsqlCommand(plain ? InsertPlain : Insert, connection);
        Bind(command, jobs);
        if (plain)
        {
            await command.ExecuteNonQueryAsync();
            return jobs.ToDictionary(job => job.Id, job => job.Id);
        }

        var stored = new HashSet<Guid>();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                stored.Add(reader.GetGuid(0));
        }

        var answers = new Dictionary<Guid, Guid>();
        foreach (var job in jobs)
            answers[job.Id] = stored.Contains(job.Id) ? job.Id : await StandIn(connection, job);

        return answers;
    }

    /// <summary>The job that has the key already, or the run of the recurring job that is under way.</summary>
    private static async Task<Guid> StandIn(NpgsqlConnection connection, NewJob job)
    {
        await using var command = new NpgsqlCommand(
            """
            select k.job_id
            from jobs.keys k
            where k.organization_id = coalesce($1, $2) and k.key = $3 and k.job_id <> $5
            union all
            select q.id
            from jobs.queue q
            where q.recurring = $4 and q.organization_id is not distinct from $1 and q.state <> 'failed'
            limit 1
            """,
            connection
        );
        command.Parameters.Add(
            new NpgsqlParameter { Value = (object?)job.Organization ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.Empty });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = job.Key, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(
            new NpgsqlParameter<string?> { TypedValue = job.Recurring, NpgsqlDbType = NpgsqlDbType.Text }
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job.Id });
        // It may have ended between the two statements: then its run is this one's.
        return await command.ExecuteScalarAsync() is Guid id ? id : job.Id;
    }

    private static void Bind(NpgsqlCommand command, List<NewJob> jobs)
    {
        command.Parameters.Add(jobs.Select(job => job.Id).Column());
        command.Parameters.Add(jobs.Select(job => job.Organization).Column());
        command.Parameters.Add(jobs.Select(job => job.Name).Column());
        command.Parameters.Add(jobs.Select(job => job.Data).JsonColumn());
        command.Parameters.Add(jobs.Select(job => job.Actor).Column());
        command.Parameters.Add(jobs.Select(job => job.Recurring).Column());
        command.Parameters.Add(jobs.Select(job => job.DueAt).Column());
        command.Parameters.Add(jobs.Select(job => job.Key).Column());
    }

    private const string InsertPlain = """
        insert into jobs.queue (id, organization_id, name, data, actor, recurring, state, due_at, created_at)
        select u.id, u.org, u.name, u.data, u.actor, u.recurring, 'waiting', u.due, now()
        from unnest($1, $2, $3, $4, $5, $6, $7, $8) as u (id, org, name, data, actor, recurring, due, key)
        """;

    // A key that another transaction takes at this moment is waited for: one of the two gets it.
    private const string Insert = """
        with new as (
            select u.id, u.org, u.name, u.data, u.actor, u.recurring, u.due, u.key
            from unnest($1, $2, $3, $4, $5, $6, $7, $8) as u (id, org, name, data, actor, recurring, due, key)
        ), keyed as (
            insert into jobs.keys (organization_id, key, job_id, created_at)
            select coalesce(n.org, '00000000-0000-0000-0000-000000000000'), n.key, n.id, now()
            from new n
            where n.key is not null
            on conflict do nothing
            returning job_id
        )
        insert into jobs.queue (id, organization_id, name, data, actor, recurring, state, due_at, created_at)
        select n.id, n.org, n.name, n.data, n.actor, n.recurring, 'waiting', n.due, now()
        from new n
        where n.key is null or n.id in (select k.job_id from keyed k)
        on conflict do nothing
        returning id
        """;

    private sealed record Waiting(NewJob Job)
    {
        public TaskCompletionSource<Guid> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
