using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Podcasts;

/// <summary>What a run of a job did.</summary>
/// <param name="Job">Its name, as in <c>backstage.execution_logs.job_type</c>.</param>
/// <param name="Ran">False where another node had it in hand, or it was not due any more.</param>
/// <param name="Message">In words.</param>
public sealed record SeriesRun(string Job, bool Ran, string Message);

/// <summary>
/// The jobs of the time series. Any number of nodes may run them: a job holds a lock of its own while it runs, on the
/// connection it works with, so that a node that loses its connection loses both; and what is due is read from the runs
/// that all nodes log.
/// </summary>
public sealed partial class SeriesJobs
{
    /// <summary>Makes partitions ahead and drops old ones.</summary>
    public const string Partitions = "podcast.partitions";

    /// <summary>Counts listener events per hour.</summary>
    public const string Hourly = "podcast.listener_events_hourly";

    /// <summary>Counts listener events per day.</summary>
    public const string Daily = "podcast.listener_events_daily";

    /// <summary>Refreshes the measures per day.</summary>
    public const string Metrics = "podcast.metrics_daily";

    // The first lock of these jobs; each has the next. "SHSERI"
    private const long FirstLock = 0x5348_5345_5249;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(5);

    private readonly Installation _installation;
    private readonly TimeProvider _clock;
    private readonly ILogger<SeriesJobs> _logger;
    private readonly Job[] _jobs;

    public SeriesJobs(
        Installation installation,
        TimeProvider clock,
        TelemetryOptions options,
        ILogger<SeriesJobs> logger
    )
    {
        _installation = installation;
        _clock = clock;
        _logger = logger;
        options.Check();
        var work = new SeriesWork(clock, options);
        _jobs = installation.Schemas.Contains("podcast") ? JobsOf(work) : [];
    }

    private static Job[] JobsOf(SeriesWork work) =>
        [
            new Job(Partitions, FirstLock, TimeSpan.FromDays(1), work.KeepPartitions),
            new Job(Hourly, FirstLock + 1, TimeSpan.FromHours(1), work.RefreshHourly),
            new Job(Daily, FirstLock + 2, TimeSpan.FromDays(1), work.RefreshDaily),
            new Job(Metrics, FirstLock + 3, TimeSpan.FromDays(1), work.RefreshMetrics),
        ];

    /// <summary>Runs one job now, due or not.</summary>
    /// <param name="name">One of the names above.</param>
    /// <exception cref="ArgumentException">The schema <c>podcast</c> is switched off.</exception>
    public Task<SeriesRun> Run(string name, CancellationToken cancellation) =>
        Run(
            _jobs.SingleOrDefault(job => job.Name == name)
                ?? throw new ArgumentException($"podcast is switched off, and {name} with it.", nameof(name)),
            onlyIfDue: false,
            cancellation
        );

    /// <summary>Runs what is due, one after the other. A failure is logged, and tried again a little later.</summary>
    public async Task<IReadOnlyList<SeriesRun>> RunDue(CancellationToken cancellation)
    {
        var runs = new List<SeriesRun>();
        foreach (var job in _jobs)
        {
            try
            {
                runs.Add(await Run(job, onlyIfDue: true, cancellation));
            }
            catch (Exception failure) when (IsExpected(failure))
            {
                Failed(job.Name, Describe(failure));
            }
        }

        return runs;
    }

    private async Task<SeriesRun> Run(Job job, bool onlyIfDue, CancellationToken cancellation)
    {
        await using var connection = await _installation.Writer.OpenConnectionAsync(cancellation);
        if (onlyIfDue && !await IsDue(connection, job, cancellation))
            return new SeriesRun(job.Name, Ran: false, "It is not due.");

        if (!await Lock(connection, "select pg_try_advisory_lock($1)", job, cancellation))
            return new SeriesRun(job.Name, Ran: false, "Another node is at it.");

        try
        {
            // The node that had the lock a moment ago may have done it.
            if (onlyIfDue && !await IsDue(connection, job, cancellation))
                return new SeriesRun(job.Name, Ran: false, "It is not due.");

            var message = await job.Work(connection, cancellation);
            await Record(job, "success", message, cancellation);
            return new SeriesRun(job.Name, Ran: true, message);
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            await Record(job, "failed", Describe(failure), CancellationToken.None);
            throw;
        }
        finally
        {
            // A broken connection has let go by itself.
            if (connection.State == System.Data.ConnectionState.Open)
                await Lock(connection, "select pg_advisory_unlock($1)", job, CancellationToken.None);
        }
    }

    private async Task<bool> IsDue(NpgsqlConnection connection, Job job, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select exists (
                select from backstage.execution_logs l
                where l.job_type = $1 and l.executed_at > case l.status when 'success' then $2 else $3 end
            )
            """,
            connection
        );
        var now = _clock.GetUtcNow().UtcDateTime;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = job.Name });
        command.Parameters.Add(Instant(now - job.Every));
        command.Parameters.Add(Instant(now - AfterFailure));
        return await command.ExecuteScalarAsync(cancellation) is false;
    }

    private async Task Record(Job job, string status, string message, CancellationToken cancellation)
    {
        await using var command = _installation.Writer.CreateCommand(
            "insert into backstage.execution_logs (job_type, status, message, executed_at) values ($1, $2, $3, $4)"
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = job.Name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = message });
        command.Parameters.Add(Instant(_clock.GetUtcNow().UtcDateTime));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<bool> Lock(
        NpgsqlConnection connection,
        string sql,
        Job job,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = job.LockKey });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    // backstage keeps its times without a zone, in UTC.
    private static NpgsqlParameter<DateTime> Instant(DateTime utc) =>
        new() { TypedValue = DateTime.SpecifyKind(utc, DateTimeKind.Unspecified) };

    // A broken connection shows in many ways.
    private static bool IsExpected(Exception failure) =>
        failure is NpgsqlException or TimeoutException or IOException or InvalidOperationException;

    // Not the database's message, which may quote a row.
    private static string Describe(Exception failure) =>
        failure is PostgresException { SqlState: var state } ? $"SQLSTATE {state}" : failure.GetType().Name;

    [LoggerMessage(Level = LogLevel.Error, Message = "The job {Job} failed: {Why}")]
    private partial void Failed(string job, string why);

    private sealed record Job(
        string Name,
        long LockKey,
        TimeSpan Every,
        Func<NpgsqlConnection, CancellationToken, Task<string>> Work
    );
}
