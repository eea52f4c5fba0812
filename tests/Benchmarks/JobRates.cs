using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
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
/// the pipeline, settled and written to the history. Floors: a raw statement that inserts the row and commits; and
/// workers that each delete the next row in one raw statement with <c>skip locked</c>, and do nothing else.
/// </summary>
internal static class JobRates
{
    private const int Workers = 8;

    private const string Insert = """
        insert into public.floor (id, name, data, actor, state, due_at, created_at)
        values ($1, 'benchmark.nothing', $2, 'operator', 'waiting', $3, $3)
        """;

    private const string Take = """
        delete from public.floor f
        where f.id = (
            select n.id
            from public.floor n
            where n.state = 'waiting' and n.due_at <= now()
            order by n.due_at, n.id
            limit 1
            for update skip locked
        )
        returning f.data
        """;

    private static int _count;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        await using var site = await JobSite.Create(server);
        await site.Execute("create table public.floor (like jobs.queue including all)");
        foreach (var (figure, callers) in new[] { ("enqueue-1", 1), ("enqueue-8", 8) })
        {
            if (options.Wants(figure))
                report.AddRate(figure, "jobs/s", await Enqueue(site, options, callers));
        }

        if (options.Wants("process"))
            report.AddRate("process", "jobs/s", await Process(site, options.Scaled(20_000)));
    }

    private static async Task<(double, double)> Enqueue(JobSite site, BenchmarkOptions options, int callers)
    {
        await using var floor = await FloorStatement.Prepare(site.Administrator, callers, Insert, Parameters);
        return await Rounds.Compare(
            async () =>
            {
                var rate = await Rounds.Rate(callers, options.Window, _ => Enqueue(site.Service));
                await site.Execute("truncate jobs.queue, jobs.keys");
                return rate;
            },
            async () =>
            {
                var rate = await Rounds.Rate(callers, options.Window, caller => Write(floor.Of(caller)));
                await site.Execute("truncate public.floor");
                return rate;
            }
        );
    }

    private static Task<(double, double)> Process(JobSite site, int count) =>
        Rounds.Compare(
            async () =>
            {
                await site.Fill("jobs.queue", count);
                await site.Execute("truncate backstage.execution_logs");
                var before = Volatile.Read(ref NothingHandler.Handled);
                var runner = site.Service.Services.GetRequiredService<JobRunner>();
                var seconds = await Rounds.Seconds(async () =>
                {
                    await runner.StartAsync(CancellationToken.None);
                    while (await site.IsThere("jobs.queue"))
                        await Task.Delay(5);
                });
                await runner.StopAsync(CancellationToken.None);
                await ShouldHaveRun(site, count, handled: Volatile.Read(ref NothingHandler.Handled) - before);
                return count / seconds;
            },
            async () =>
            {
                await site.Fill("public.floor", count);
                await using var floor = await FloorStatement.Prepare(site.Administrator, Workers, Take, () => []);
                return count
                    / await Rounds.Seconds(() =>
                        Task.WhenAll(
                            Enumerable.Range(0, Workers).Select(worker => Task.Run(() => Empty(floor.Of(worker))))
                        )
                    );
            }
        );

    // An empty queue is not enough: each job was handled once, and each run is in the history once.
    private static async Task ShouldHaveRun(JobSite site, int count, int handled)
    {
        await using var command = site.Administrator.CreateCommand(
            "select count(distinct l.job_id), count(*) from backstage.execution_logs l where l.status = 'success'"
        );
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var (jobs, runs) = (reader.GetInt64(0), reader.GetInt64(1));
        if (handled != count || jobs != count || runs != count)
            throw new InvalidOperationException(
                $"Of {count} jobs {handled} were handled, and {jobs} are in the history, {runs} times."
            );
    }

    private static async Task Empty(NpgsqlCommand take)
    {
        while (await take.ExecuteScalarAsync() is not null)
        {
            // Until there is none.
        }
    }

    private static async Task Enqueue(TestService service)
    {
        await using var scope = service.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Tenant.System));
        var jobs = scope.ServiceProvider.GetRequiredService<IBackgroundJobs>();
        await jobs.Enqueue(new Nothing(Interlocked.Increment(ref _count)), CancellationToken.None);
    }

    private static Task Write(NpgsqlCommand command)
    {
        var place = 0;
        command.Set(ref place, Guid.CreateVersion7());
        command.Set(ref place, """{"number":1}""");
        command.Set(ref place, TimeProvider.System.GetUtcNow());
        return command.ExecuteNonQueryAsync();
    }

    private static IEnumerable<NpgsqlParameter> Parameters() =>
        [
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
            new NpgsqlParameter<DateTimeOffset>(),
        ];
}

/// <summary>A service that knows the job that does nothing, on a database of its own.</summary>
internal sealed class JobSite : IAsyncDisposable
{
    private readonly BenchmarkServer _server;
    private readonly string _database;

    private JobSite(BenchmarkServer server, string database, TestService service) =>
        (_server, _database, Service) = (server, database, service);

    public TestService Service { get; }

    /// <summary>Past row-level security: floors are at their best.</summary>
    public NpgsqlDataSource Administrator => Service.Installation.Administrator;

    public static async Task<JobSite> Create(BenchmarkServer server)
    {
        var database = await server.CreateDatabase();
        var service = await TestService.Start(
            server.ConnectionTo(database),
            Directory.CreateTempSubdirectory("schemahub-benchmark-").FullName,
            services =>
            {
                services.AddSingleton(new JobTypes(typeof(ApplicationServices).Assembly, typeof(Nothing).Assembly));
                services.AddScoped<IRequestHandler<Nothing, string>, NothingHandler>();
            }
        );
        return new JobSite(server, database, service);
    }

    /// <summary>Jobs that are due, in the order of their ids.</summary>
    public Task Fill(string table, int count) =>
        Execute(
            $$"""
            truncate {{table}};
            insert into {{table}} (id, name, data, actor, state, due_at, created_at)
            select gen_random_uuid(), 'benchmark.nothing', jsonb_build_object('number', i), 'operator', 'waiting',
                now() - interval '1 hour' + i * interval '1 ms', now()
            from generate_series(1, {{count}}) i;
            analyze {{table}}
            """
        );

    public async Task<bool> IsThere(string table)
    {
        await using var command = Administrator.CreateCommand($"select exists (select from {table})");
        return await command.ExecuteScalarAsync() is true;
    }

    public async Task Execute(string sql)
    {
        await using var command = Administrator.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _server.DropDatabase(_database);
        Directory.Delete(Service.Installation.Keys.Directory, recursive: true);
    }
}
