using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Infrastructure.Specs.Podcasts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>A service that runs the jobs of these specs.</summary>
public abstract class Working
{
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<JobService> _running = [];
    private readonly List<TestService> _others = [];

    private protected Happenings Happened { get; private set; } = null!;

    protected TestService Service { get; private set; } = null!;

    /// <summary>What recurs in these specs.</summary>
    private protected virtual IReadOnlyList<RecurringRow> Recurring => [];

    [SetUp]
    public async Task Begin()
    {
        Happened = new Happenings();
        Service = await TestService.Create(services => SpecJobs.Add(services, Happened, Recurring));
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

    /// <summary>A second node on the same database.</summary>
    private protected async Task<TestService> AnotherNode()
    {
        var other = await TestService.Start(
            Service.ConnectionString,
            Service.Installation.Keys.Directory,
            services => SpecJobs.Add(services, Happened, Recurring)
        );
        _others.Add(other);
        return other;
    }

    /// <summary>Runs jobs from here on.</summary>
    private protected Task<JobService> Run() => Run(Service);

    private protected async Task<JobService> Run(TestService service)
    {
        var running = ActivatorUtilities.CreateInstance<JobService>(service.Services);
        await running.StartAsync(CancellationToken.None);
        _running.Add(running);
        return running;
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

    /// <summary>A job that is not done; null where it is.</summary>
    protected async Task<PendingJob?> Find(Guid job) =>
        (await Service.Send(Guid.Empty, new ListJobs(new TimeSpanOfRows(Limit: 1), Id: job))).Items.SingleOrDefault();

    /// <summary>Its state, or null where it is done.</summary>
    protected async Task<string?> StateOf(Guid job) => (await Find(job))?.State;

    /// <summary>The runs of a job in their order, as words.</summary>
    protected Task<string> RunsOf(Guid job) =>
        Service.Scalar<string>(
            $"""
            select coalesce(string_agg(concat_ws(' ', l.attempt, l.status, l.message), ', ' order by l.id), '')
            from backstage.execution_logs l
            where l.job_id = '{job}'
            """
        );

    protected static Task Until(Func<Task<bool>> condition, string what) => Eventually.True(condition, Patience, what);

    protected Task UntilDone(Guid job) => Until(async () => await StateOf(job) is null, "the job is done");

    protected Task UntilState(Guid job, string state) =>
        Until(async () => await StateOf(job) == state, $"the job is {state}");
}
