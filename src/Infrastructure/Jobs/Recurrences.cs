using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quartz;
using Quartz.Extensibility;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;
using JobType = SchemaHub.Application.Jobs.JobType;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>Something that recurs.</summary>
/// <param name="Organization">Null for the installation's own.</param>
/// <param name="Job">The stored name of its command.</param>
/// <param name="Data">The command, as JSON.</param>
/// <param name="Cron">Quartz's form, UTC.</param>
internal sealed record Recurrence(
    Guid? Organization,
    string Name,
    string Job,
    string Data,
    string Actor,
    string Cron,
    Missed Missed
);

/// <summary>
/// What recurs, in Quartz's clustered store: any number of nodes keep time together, and each firing is one node's,
/// which puts the job into the queue. A node that dies between the two is recovered by another.
/// </summary>
internal sealed class Recurrences(
    Installation installation,
    JobQueue queue,
    JobTypes types,
    TimeProvider clock,
    ILoggerFactory loggers
) : IAsyncDisposable
{
    /// <summary>The group of the installation's own jobs; an organization's is its id.</summary>
    public const string InstallationsGroup = "installation";

    private const string Scheduler = "schemahub";

    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _door = new(1, 1);
    private IScheduler? _scheduler;

    /// <summary>Keeps time on this node, after what recurs by itself was made so.</summary>
    public async Task Start(CancellationToken cancellation)
    {
        var scheduler = await Open(cancellation);
        foreach (var type in types.All)
        {
            if (type.Recurring is not { } recurring)
                continue;

            var isOn = type.Settings.Schema is not { } schema || installation.Schemas.Contains(schema);
            if (isOn)
                await Declare(scheduler, type, recurring, cancellation);
            else
                await Remove(organization: null, type.Name, cancellation);
        }

        await scheduler.Start(cancellation);
    }

    /// <summary>Keeps no time any more.</summary>
    public async Task Standby(CancellationToken cancellation) => await (await Open(cancellation)).Standby(cancellation);

    public async Task Set(Recurrence recurrence, CancellationToken cancellation)
    {
        var scheduler = await Open(cancellation);
        await scheduler.ScheduleJob(
            JobOf(recurrence),
            TriggerOf(recurrence),
            ScheduleJobOptions.Replacing,
            cancellation
        );
    }

    public async Task<bool> Remove(Guid? organization, string name, CancellationToken cancellation) =>
        await (await Open(cancellation)).DeleteJob(new JobKey(name, GroupOf(organization)), cancellation);

    public async Task<bool> Pause(Guid? organization, string name, CancellationToken cancellation) =>
        await (await Open(cancellation)).PauseTrigger(new TriggerKey(name, GroupOf(organization)), cancellation);

    public async Task<bool> Resume(Guid? organization, string name, CancellationToken cancellation) =>
        await (await Open(cancellation)).ResumeTrigger(new TriggerKey(name, GroupOf(organization)), cancellation);

    public async Task<bool> RunNow(Guid? organization, string name, CancellationToken cancellation)
    {
        var scheduler = await Open(cancellation);
        if (await scheduler.GetJobDetail(new JobKey(name, GroupOf(organization)), cancellation) is not { } job)
            return false;

        await queue.Add(Firing.JobOf(job, clock.GetUtcNow(), key: null));
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        // A firing that is cut short is made up for by another node; without its database Quartz waits for ever.
        if (_scheduler is not null)
            await (
                (Task)_scheduler.Shutdown(waitForJobsToComplete: true).AsTask().WaitAsync(LongestGoodbye)
            ).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        _door.Dispose();
    }

    private async Task Declare(
        IScheduler scheduler,
        JobType type,
        RecurringAttribute recurring,
        CancellationToken cancellation
    )
    {
        var wanted = new Recurrence(
            Organization: null,
            type.Name,
            type.Name,
            "{}",
            "schedule",
            recurring.Cron,
            recurring.Missed
        );
        // What stands as it should is left alone: it may be paused, and it knows when it was last due.
        var trigger = await scheduler.GetTrigger(new TriggerKey(type.Name, InstallationsGroup), cancellation);
        if (
            trigger is not ICronTrigger cron
            || cron.CronExpressionString != recurring.Cron
            || cron.MisfireInstruction != InstructionOf(recurring.Missed)
        )
            await Set(wanted, cancellation);
    }

    private async Task<IScheduler> Open(CancellationToken cancellation)
    {
        if (_scheduler is not null)
            return _scheduler;

        await _door.WaitAsync(cancellation);
        try
        {
            return _scheduler ??= await Build(cancellation);
        }
        finally
        {
            _door.Release();
        }
    }

    private async Task<IScheduler> Build(CancellationToken cancellation) =>
        await QuartzSchedulerBuilder
            .Create(quartz =>
            {
                quartz.ConfigureScheduler(scheduler =>
                {
                    scheduler.InstanceName = Scheduler;
                    scheduler.GenerateInstanceId = true;
                });
                quartz.Services.AddSingleton(loggers);
                quartz.UseTimeProvider(clock);
                quartz.UseDefaultThreadPool(maxConcurrency: 2);
                quartz.UseJobFactory(new FiringFactory(queue, clock));
                quartz.UsePersistentStore(store =>
                {
                    store.ConfigureStore(ado =>
                    {
                        ado.TablePrefix = "jobs.qrtz_";
                        ado.StoreJobDataAsStrings = true;
                    });
                    store.UsePostgres(source => source.DataSourceFactory = _ => installation.Writer);
                    store.UseClustering();
                });
            })
            .BuildScheduler(cancellation);

    private IJobDetail JobOf(Recurrence recurrence) =>
        JobBuilder
            .Create<Firing>()
            .WithIdentity(recurrence.Name, GroupOf(recurrence.Organization))
            .WithDescription(recurrence.Job)
            .RequestRecovery()
            .UsingJobData(Firing.Job, recurrence.Job)
            .UsingJobData(Firing.Data, recurrence.Data)
            .UsingJobData(Firing.Actor, recurrence.Actor)
            .Build();

    private ITrigger TriggerOf(Recurrence recurrence) =>
        TriggerBuilder
            .Create(clock)
            .WithIdentity(recurrence.Name, GroupOf(recurrence.Organization))
            .ForJob(recurrence.Name, GroupOf(recurrence.Organization))
            .WithSchedule(
                CronScheduleBuilder
                    .Create(recurrence.Cron)
                    .InTimeZone(TimeZoneInfo.Utc)
                    .WithMisfireInstruction(InstructionOf(recurrence.Missed))
            )
            .Build();

    private static CronTriggerMisfireInstruction InstructionOf(Missed missed) =>
        missed == Missed.RunOnce
            ? CronTriggerMisfireInstruction.FireAndProceed
            : CronTriggerMisfireInstruction.DoNothing;

    private static string GroupOf(Guid? organization) => organization?.ToString() ?? InstallationsGroup;

    private sealed class FiringFactory(JobQueue queue, TimeProvider clock) : IJobFactory
    {
        public ValueTask<JobScope> CreateJob(
            TriggerFiredBundle bundle,
            IScheduler scheduler,
            CancellationToken cancellationToken = default
        ) => ValueTask.FromResult(new JobScope(new Firing(queue, clock)));

        public ValueTask ReturnJob(JobScope scope, CancellationToken cancellationToken = default) =>
            ValueTask.CompletedTask;
    }
}

/// <summary>A recurring job is due: it goes into the queue.</summary>
internal sealed class Firing(JobQueue queue, TimeProvider clock) : Quartz.IJob
{
    public const string Job = "job";
    public const string Data = "data";
    public const string Actor = "actor";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var due = context.Recovering
            ? DateTimeOffset.FromUnixTimeMilliseconds(
                long.Parse(
                    context.MergedJobDataMap[SchedulerConstants.FailedJobOriginalTriggerScheduledFireTime]!.ToString()!,
                    CultureInfo.InvariantCulture
                )
            )
            : context.ScheduledFireTimeUtc ?? context.FireTimeUtc;
        var at = due.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        // Fired again after the node died, it is the same job.
        await queue.Add(JobOf(context.JobDetail, clock.GetUtcNow(), $"{context.JobDetail.Key.Name}@{at}"));
    }

    public static NewJob JobOf(IJobDetail detail, DateTimeOffset now, string? key) =>
        new(
            Guid.CreateVersion7(now),
            Guid.TryParse(detail.Key.Group, out var organization) ? organization : null,
            (string)detail.JobDataMap[Job]!,
            (string)detail.JobDataMap[Data]!,
            (string)detail.JobDataMap[Actor]!,
            now,
            key,
            detail.Key.Name
        );
}
