using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>A job that does nothing.</summary>
[Job("benchmark.nothing")]
[RequiresOperator]
internal sealed record Nothing(int Number) : IJob;

internal sealed class NothingHandler : IJobHandler<Nothing>
{
    /// <summary>How often it was asked to do nothing.</summary>
    public static int Handled;

    public Task<string> Handle(Nothing request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Handled);
        return Task.FromResult("Nothing.");
    }
}

/// <summary>
/// How many jobs one node takes in, each durable before its caller goes on, and how many it runs: claimed, sent through
/// the pipeline, settled and written to the history. The floor is Hangfire alone: <see cref="PlainHangfire"/>.
/// </summary>
internal static class JobRates
{
    private const int Callers = 8;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        await using var ours = await JobSite.Create(server);
        await using var plain = await PlainHangfire.Create(server, ours.Service);
        foreach (var (figure, callers) in new[] { ("enqueue-1", 1), ("enqueue-8", Callers) })
        {
            if (options.Wants(figure))
                report.AddRate(
                    figure,
                    "jobs/s",
                    await Rounds.Compare(
                        () => Enqueue(ours, callers, options.Window),
                        () => Enqueue(plain, callers, options.Window)
                    )
                );
        }

        if (options.Wants("process"))
        {
            var count = options.Scaled(2_000);
            report.AddRate(
                "process",
                "jobs/s",
                await Rounds.Compare(() => Process(ours, count), () => Process(plain, count))
            );
        }
    }

    private static async Task<double> Enqueue(IJobSite site, int callers, TimeSpan window)
    {
        await site.Empty();
        return await Rounds.Rate(callers, window, _ => site.Enqueue());
    }

    private static async Task<double> Process(IJobSite site, int count)
    {
        await site.Empty();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = Callers },
            async (_, _) => await site.Enqueue()
        );
        await site.Database.Execute("analyze");
        var before = site.Handled;
        IAsyncDisposable? node = null;
        var seconds = await Rounds.Seconds(async () =>
        {
            node = await site.Start();
            // Hangfire takes a job out of its queue after its state is settled.
            while (await site.Database.Scalar("select count(*) from (select from hangfire.jobqueue limit 1) q") > 0)
                await Task.Delay(10);
        });
        await node!.DisposeAsync();
        var handled = site.Handled - before;
        if (handled != count)
            throw new InvalidOperationException($"Of {count} jobs {handled} were handled.");

        await site.ShouldHaveRun(count);
        return count / seconds;
    }
}

/// <summary>Jobs that do nothing, on a database of their own, taken in by one side and run by it.</summary>
internal interface IJobSite
{
    /// <summary>The administrator's: past row-level security.</summary>
    NpgsqlDataSource Database { get; }

    /// <summary>How often a job was run.</summary>
    int Handled { get; }

    Task Enqueue();

    /// <summary>Forgets all jobs and runs.</summary>
    Task Empty();

    /// <summary>Runs jobs until it is disposed.</summary>
    Task<IAsyncDisposable> Start();

    /// <exception cref="InvalidOperationException">Not all jobs succeeded, or one ran twice.</exception>
    Task ShouldHaveRun(int count);
}

/// <summary>A service that knows the job that does nothing.</summary>
internal sealed class JobSite : IJobSite, IAsyncDisposable
{
    private readonly BenchmarkServer _server;
    private readonly string _database;

    private int _count;

    private JobSite(BenchmarkServer server, string database, TestService service) =>
        (_server, _database, Service) = (server, database, service);

    public TestService Service { get; }

    public NpgsqlDataSource Database => Service.Installation.Administrator;

    public int Handled => Volatile.Read(ref NothingHandler.Handled);

    public static async Task<JobSite> Create(BenchmarkServer server)
    {
        var database = await server.CreateDatabase();
        var service = await TestService.Start(
            server.ConnectionTo(database),
            Directory.CreateTempSubdirectory("schemahub-benchmark-").FullName,
            services =>
            {
                services.AddSingleton(new JobTypes(typeof(ApplicationServices).Assembly, typeof(Nothing).Assembly));
                services.AddSingleton(new RecurringTable([]));
                services.AddScoped<IRequestHandler<Nothing, string>, NothingHandler>();
            }
        );
        return new JobSite(server, database, service);
    }

    public async Task Enqueue()
    {
        await using var scope = Service.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Tenant.System));
        var jobs = scope.ServiceProvider.GetRequiredService<IBackgroundJobs>();
        await jobs.Enqueue(new Nothing(Interlocked.Increment(ref _count)), CancellationToken.None);
    }

    public Task Empty() => Database.Execute($"{PlainHangfire.Forget}, jobs.jobs, backstage.execution_logs");

    public async Task<IAsyncDisposable> Start()
    {
        var node = ActivatorUtilities.CreateInstance<JobService>(Service.Services);
        await node.StartAsync(CancellationToken.None);
        return new Node(node);
    }

    // An empty queue is not enough: each run is in the history, once, and no job of ours is left.
    public async Task ShouldHaveRun(int count)
    {
        const string succeeded = "from backstage.execution_logs l where l.status = 'success'";
        var jobs = await Database.Scalar($"select count(distinct l.job_id) {succeeded}");
        var runs = await Database.Scalar("select count(*) from backstage.execution_logs");
        var left = await Database.Scalar("select count(*) from jobs.jobs");
        if (jobs != count || runs != count || left != 0)
            throw new InvalidOperationException(
                $"Of {count} jobs {jobs} are in the history, {runs} times, and {left} are not done."
            );
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _server.DropDatabase(_database);
        Directory.Delete(Service.Installation.Keys.Directory, recursive: true);
    }

    private sealed class Node(JobService service) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await service.StopAsync(CancellationToken.None);
            service.Dispose();
        }
    }
}

internal static class Databases
{
    public static async Task Execute(this NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<long> Scalar(this NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
