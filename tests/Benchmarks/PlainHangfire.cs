using Hangfire;
using Hangfire.Common;
using Hangfire.PostgreSql;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>
/// Hangfire alone, as it comes: its own filters, a static method that does nothing, no history but its own, and tables
/// without row-level security. Its storage, its workers and its connections are set as the service's.
/// </summary>
internal sealed class PlainHangfire : IJobSite, IAsyncDisposable
{
    /// <summary>Empties Hangfire's tables; more can be added to the list.</summary>
    public const string Forget = """
        truncate hangfire.job, hangfire.state, hangfire.jobparameter, hangfire.jobqueue, hangfire.counter,
            hangfire.aggregatedcounter, hangfire.set, hangfire.hash, hangfire.list
        """;

    private static int s_handled;

    private readonly BenchmarkServer _server;
    private readonly string _database;
    private readonly JobsOptions _options;
    private readonly PostgreSqlStorage _storage;
    private readonly BackgroundJobClient _client;

    private int _count;

    private PlainHangfire(BenchmarkServer server, string database, NpgsqlDataSource source, JobsOptions options)
    {
        (_server, _database, _options, Database) = (server, database, options, source);
        _storage = new PostgreSqlStorage(new Connections(source), HangfireStore.OptionsOf(options));
        _client = new BackgroundJobClient(_storage, JobFilterProviders.Providers);
    }

    public NpgsqlDataSource Database { get; }

    public int Handled => Volatile.Read(ref s_handled);

    /// <param name="service">Whose settings it takes.</param>
    public static async Task<PlainHangfire> Create(BenchmarkServer server, TestService service)
    {
        var database = await server.CreateDatabase();
        var administrator = new NpgsqlConnectionStringBuilder(server.ConnectionTo(database));
        var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(service.Installation.Writer.ConnectionString)
            {
                Database = database,
                Username = administrator.Username,
                Password = administrator.Password,
            }
        );
        await using (var connection = await source.OpenConnectionAsync())
            PostgreSqlObjectsInstaller.Install(connection, HangfireSchema.Name);

        return new PlainHangfire(server, database, source, service.Services.GetRequiredService<JobsOptions>());
    }

    public static void DoNothing(int number) => Interlocked.Increment(ref s_handled);

    public Task Enqueue()
    {
        var number = Interlocked.Increment(ref _count);
        _client.Create(Job.FromExpression(() => DoNothing(number)), new EnqueuedState());
        return Task.CompletedTask;
    }

    public Task Empty() => Database.Execute(Forget);

    public Task<IAsyncDisposable> Start() =>
        Task.FromResult<IAsyncDisposable>(
            new Node(
                new BackgroundJobServer(
                    new BackgroundJobServerOptions
                    {
                        WorkerCount = _options.AtOnce,
                        SchedulePollingInterval = TimeSpan.FromMilliseconds(_options.LookMilliseconds),
                        CancellationCheckInterval = TimeSpan.FromSeconds(1),
                        FilterProvider = JobFilterProviders.Providers,
                    },
                    _storage
                )
            )
        );

    public async Task ShouldHaveRun(int count)
    {
        var jobs = await Database.Scalar("select count(*) from hangfire.job j where j.statename = 'Succeeded'");
        if (jobs != count)
            throw new InvalidOperationException($"Of {count} plain jobs {jobs} succeeded.");
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _server.DropDatabase(_database);
    }

    private sealed class Connections(NpgsqlDataSource source) : IConnectionFactory
    {
        public NpgsqlConnection GetOrCreateConnection() => source.CreateConnection();
    }

    private sealed class Node(BackgroundJobServer server) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            server.SendStop();
            await server.WaitForShutdownAsync(CancellationToken.None);
            server.Dispose();
        }
    }
}
