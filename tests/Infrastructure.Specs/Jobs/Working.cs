using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>A service that runs the jobs of these specs.</summary>
public abstract class Working
{
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<JobService> _running = [];
    private readonly List<TestService> _others = [];

    private protected Happenings Happened { get; private set; } = null!;

    private protected FakeTimeProvider Clock { get; private set; } = null!;

    protected TestService Service { get; private set; } = null!;

    private protected JobQueue Queue => Service.Services.GetRequiredService<JobQueue>();

    [SetUp]
    public async Task Begin()
    {
        Happened = new Happenings();
        Clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        Service = await TestService.Create(services => SpecJobs.Add(services, Happened, ClockOfSpec));
    }

    [TearDown]
    public async Task End()
    {
        foreach (var running in _running)
            await running.StopAsync(CancellationToken.None);

        foreach (var other in _others)
            await other.DisposeAsync();

        _running.Clear();
        _others.Clear();
        await Service.DisposeAsync();
    }

    /// <summary>Null for the system's.</summary>
    private protected virtual TimeProvider? ClockOfSpec => null;

    /// <summary>A second node on the same database.</summary>
    private protected async Task<TestService> AnotherNode()
    {
        var other = await TestService.Start(
            Service.ConnectionString,
            Service.Installation.Keys.Directory,
            services => SpecJobs.Add(services, Happened)
        );
        _others.Add(other);
        return other;
    }

    /// <summary>Runs jobs from here on.</summary>
    protected Task Run() => Run(Service);

    protected async Task Run(TestService service)
    {
        var running = new JobService(
            service.Services.GetRequiredService<Recurrences>(),
            service.Services.GetRequiredService<JobRunner>(),
            service.Services.GetRequiredService<JobsOptions>(),
            service.Services.GetRequiredService<RestoreGate>()
        );
        await running.StartAsync(CancellationToken.None);
        _running.Add(running);
    }

    /// <summary>Does something as a caller: the operator, unless an organization is named.</summary>
    private protected async Task<T> As<T>(Guid organization, Func<IBackgroundJobs, Task<T>> work)
    {
        var tenant = organization == Guid.Empty ? Tenant.System : organization.ToString();
        await using var scope = Service.Services.GetRequiredService<RunAs>().System(tenant, "key:spec");
        return await work(scope.Services.GetRequiredService<IBackgroundJobs>());
    }

    private protected Task<Guid> Enqueue(object command, string? key = null, Guid organization = default) =>
        As(organization, jobs => jobs.Enqueue(command, default, key));

    private protected Task Change(Guid job, JobChange change, Guid organization = default) =>
        As(
            organization,
            async jobs =>
            {
                await jobs.Change(job, change, default);
                return true;
            }
        );

    /// <summary>How a job stands in the queue: its state, or null where it is done.</summary>
    protected async Task<string?> StateOf(Guid job)
    {
        await using var command = Service.Installation.Administrator.CreateCommand(
            $"select q.state from jobs.queue q where q.id = '{job}'"
        );
        return (string?)await command.ExecuteScalarAsync();
    }

    protected static Task Until(Func<Task<bool>> condition, string what) => Eventually.True(condition, Patience, what);

    protected Task UntilDone(Guid job) => Until(async () => await StateOf(job) is null, "the job is done");

    protected Task UntilState(Guid job, string state) =>
        Until(async () => await StateOf(job) == state, $"the job is {state}");
}
