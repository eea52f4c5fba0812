using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Podcasts;

/// <summary>Any number of nodes may look after the series, and somebody at the command line beside them.</summary>
[TestFixture]
public sealed class SeriesJobsSpec : Listening
{
    [Test]
    public void All_of_it_recurs_by_itself_where_the_schema_is_on()
    {
        var types = Service.Services.GetRequiredService<JobTypes>();
        RecurringTable
            .Own.Rows.Select(row => types.Of(row.Command))
            .Where(type => type.Settings.Schema == "podcast")
            .Select(type => type.Name)
            .Order()
            .ShouldBe([
                "podcast.listener_events_daily",
                "podcast.listener_events_hourly",
                "podcast.metrics_daily",
                "podcast.partitions",
            ]);
    }

    [Test]
    public async Task Work_that_somebody_else_is_at_is_left_to_them()
    {
        await using var connection = await Service.Installation.Writer.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = connection.CreateCommand();
        hold.CommandText = "lock table podcast.listener_events_hourly in access exclusive mode";
        await hold.ExecuteNonQueryAsync();
        var running = Jobs.CountHours(default);
        await Eventually.True(async () =>
            await Service.Scalar<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            ) > 0
        );

        (await Jobs.CountHours(default)).ShouldBe("It is being done elsewhere.");
        await transaction.CommitAsync();
        (await running).ShouldContain("counted again");
        (await Jobs.CountHours(default)).ShouldContain("counted again");
    }

    [Test]
    public async Task By_hand_it_leaves_a_row_also_where_it_fails()
    {
        var byHand = Service.Services.GetRequiredService<JobByHand>();
        (await byHand.Do(new RefreshMeasures(), default)).ShouldBe("metrics_daily is up to date.");
        await Service.Execute("alter function podcast.refresh_metrics_daily() rename to away");
        await Should.ThrowAsync<Npgsql.PostgresException>(byHand.Do(new RefreshMeasures(), default));

        (
            await Service.Scalar<string>(
                """
                select string_agg(l.job_type || ' ' || l.status || ' ' || l.message, ', ' order by l.id)
                from backstage.execution_logs l
                """
            )
        ).ShouldBe(
            "podcast.metrics_daily success metrics_daily is up to date., podcast.metrics_daily failed SQLSTATE 42883"
        );
    }

    [Test]
    public async Task Where_the_schema_is_off_there_is_nothing_to_do()
    {
        await using var off = await TestService.Start(
            Service.ConnectionString,
            Service.Installation.Keys.Directory,
            schemas: ["backstage"]
        );
        await Should.ThrowAsync<NotSupportedException>(
            off.Services.GetRequiredService<ISeries>().RefreshMeasures(default)
        );
    }
}
