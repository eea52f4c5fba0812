using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Infrastructure.Podcasts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Podcasts;

/// <summary>Any number of nodes may look after the series: each job runs once when it is due.</summary>
[TestFixture]
public sealed class SeriesJobsSpec : Listening
{
    [Test]
    public async Task Two_nodes_run_what_is_due_once()
    {
        await using var other = await TestService.Start(
            Service.ConnectionString,
            Service.Installation.Keys.Directory,
            services => services.AddSingleton<TimeProvider>(Clock)
        );
        var others = other.Services.GetRequiredService<SeriesJobs>();
        foreach (var (hours, due) in new[] { (0, 4), (0, 0), (1, 1), (24, 4) })
        {
            Clock.Now += TimeSpan.FromHours(hours);
            var runs = await Task.WhenAll(Jobs.RunDue(default), others.RunDue(default));
            runs.SelectMany(run => run).Count(run => run.Ran).ShouldBe(due);
        }

        (await Service.Scalar<long>("select count(*) from backstage.execution_logs where status = 'success'")).ShouldBe(
            9
        );
    }

    [Test]
    public async Task A_job_that_another_node_holds_is_left_to_it()
    {
        await using var connection = await Service.Installation.Writer.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = connection.CreateCommand();
        hold.CommandText = "lock table podcast.listener_events_hourly in access exclusive mode";
        await hold.ExecuteNonQueryAsync();
        var running = Jobs.Run(SeriesJobs.Hourly, default);
        while (
            await Service.Scalar<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            ) == 0
        )
            await Task.Delay(5);

        var second = await Jobs.Run(SeriesJobs.Hourly, default);
        second.ShouldBe(new SeriesRun(SeriesJobs.Hourly, Ran: false, "Another node is at it."));
        await transaction.CommitAsync();
        (await running).Ran.ShouldBeTrue();
        (await Jobs.Run(SeriesJobs.Hourly, default)).Ran.ShouldBeTrue();
    }

    [Test]
    public async Task A_failure_is_logged_and_tried_again_a_little_later()
    {
        await Service.Execute("alter function podcast.refresh_metrics_daily() rename to away");
        (await Jobs.RunDue(default)).Count.ShouldBe(3);
        (await Jobs.RunDue(default)).ShouldAllBe(run => !run.Ran);
        (
            await Service.Scalar<string>(
                "select job_type || message from backstage.execution_logs where status = 'failed'"
            )
        ).ShouldBe($"{SeriesJobs.Metrics}SQLSTATE 42883");

        await Service.Execute("alter function podcast.away() rename to refresh_metrics_daily");
        Clock.Now += TimeSpan.FromMinutes(5);
        (await Jobs.RunDue(default)).Count(run => run.Ran).ShouldBe(1);
    }
}
