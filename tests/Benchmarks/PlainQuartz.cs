using Quartz;

namespace SchemaHub.Benchmarks;

/// <summary>
/// What Quartz's clustered store does alone, set for speed: each job a row and a trigger of its own. It is why jobs go
/// through a queue of ours: docs/decisions/0023-jobs-go-through-a-queue.md.
/// </summary>
internal static class PlainQuartz
{
    private static readonly TimeSpan Far = TimeSpan.FromDays(1);

    private static int _count;
    private static int _done;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        await using var site = await JobSite.Create(server);
        foreach (var callers in new[] { 1, 8 })
        {
            await using var scheduler = await Build(site);
            var rate = await Rounds.Rate(callers, options.Window, _ => Schedule(scheduler, Far));
            report.Add($"quartz-enqueue-{callers}", "jobs/s", rate);
            await scheduler.Shutdown();
            await Clear(site);
        }

        await using var running = await Build(site);
        var count = options.Scaled(2_000);
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        for (var i = 0; i < count / 8; i++)
                            await Schedule(running, TimeSpan.Zero);
                    })
                )
        );
        _done = 0;
        var seconds = await Rounds.Seconds(async () =>
        {
            await running.Start();
            while (Volatile.Read(ref _done) < count / 8 * 8)
                await Task.Delay(5);
        });
        report.Add("quartz-process", "jobs/s", count / seconds);
        await running.Shutdown();
    }

    private static async Task Schedule(IScheduler scheduler, TimeSpan wait)
    {
        var name = Interlocked.Increment(ref _count).ToString(System.Globalization.CultureInfo.InvariantCulture);
        await scheduler.ScheduleJob(
            JobBuilder.Create<Counted>().WithIdentity(name).RequestRecovery().UsingJobData("data", "{}").Build(),
            TriggerBuilder.Create().WithIdentity(name).StartAt(TimeProvider.System.GetUtcNow() + wait).Build()
        );
    }

    private static async Task<IScheduler> Build(JobSite site)
    {
        return await QuartzSchedulerBuilder
            .Create(quartz =>
            {
                quartz.ConfigureScheduler(scheduler =>
                {
                    scheduler.InstanceName = "plain";
                    scheduler.GenerateInstanceId = true;
                    scheduler.MaxBatchSize = 64;
                    scheduler.BatchTriggerAcquisitionFireAheadTimeWindow = TimeSpan.FromSeconds(1);
                });
                quartz.UseDefaultThreadPool(maxConcurrency: 64);
                quartz.UsePersistentStore(store =>
                {
                    store.ConfigureStore(ado =>
                    {
                        ado.TablePrefix = "jobs.qrtz_";
                        ado.StoreJobDataAsStrings = true;
                        ado.MisfireThreshold = TimeSpan.FromHours(1);
                    });
                    store.UsePostgres(source => source.DataSourceFactory = _ => site.Service.Installation.Writer);
                    store.UseClustering();
                });
            })
            .BuildScheduler();
    }

    private static Task Clear(JobSite site) =>
        site.Execute(
            "truncate jobs.qrtz_triggers, jobs.qrtz_simple_triggers, jobs.qrtz_cron_triggers, "
                + "jobs.qrtz_simprop_triggers, jobs.qrtz_blob_triggers, jobs.qrtz_job_details, jobs.qrtz_fired_triggers"
        );

    private sealed class Counted : IJob
    {
        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _done);
            return ValueTask.CompletedTask;
        }
    }
}
