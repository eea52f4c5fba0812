using Npgsql;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Podcasts;

namespace SchemaHub.Infrastructure.Specs.Podcasts;

/// <summary>What is counted is what happened, however late it is told and however often.</summary>
[TestFixture]
public sealed class RollupSpec : Listening
{
    [Test]
    public async Task Events_are_counted_by_hour_and_by_day()
    {
        await Send(
            Event(Now.AddMinutes(-5)),
            Event(Now.AddMinutes(-4), listener: "bob"),
            Event(Now.AddMinutes(-3)),
            Event(Now.AddMinutes(-2), "pause", listener: null),
            Event(Now.AddMinutes(1))
        );
        await Refresh();

        (await Counted("daily")).ShouldBe($"({Now:yyyy-MM-dd},pause,1,0)\n({Now:yyyy-MM-dd},play,4,2)");
        (await Counted()).Split('\n').Length.ShouldBe(3);
        await ShouldBeExact();
    }

    [Test]
    public async Task An_event_of_an_old_hour_is_counted_in_that_hour()
    {
        foreach (var hoursAgo in new[] { 0, 1, 50, 24 * 40 })
            await Send(Event(Now.AddHours(-hoursAgo)));

        await Refresh();
        await ShouldBeExact();
        await Send(Event(Now.AddHours(-50), listener: "bob"), Event(Now.AddHours(-51)));
        (await Jobs.CountHours(default)).ShouldBe("2 counted again, 2 of them late.");
        (await Jobs.CountDays(default)).ShouldBe("1 counted again, 0 of them late.");
        await ShouldBeExact();
        (await Jobs.CountHours(default)).ShouldBe("0 counted again, 0 of them late.");
    }

    [Test]
    public async Task An_event_that_is_sent_again_is_counted_once()
    {
        var played = Event(Now.AddHours(-30));
        (await Send(played, played)).ShouldBe(new Ingested(1, 1));
        await Refresh();
        (await Send(played, Event(Now.AddHours(-30)))).ShouldBe(new Ingested(1, 1));
        // As another sender writes the same instant.
        (await Send(played with { OccurredAt = Now.AddHours(-30).ToOffset(TimeSpan.FromHours(2)) })).ShouldBe(
            new Ingested(0, 1)
        );
        await Refresh();

        (await Service.Scalar<long>("select event_count from podcast.listener_events_hourly")).ShouldBe(2);
        await ShouldBeExact();
    }

    [Test]
    public async Task An_event_that_is_committed_while_a_refresh_runs_is_counted_by_the_next()
    {
        await Send(Event(Now.AddMinutes(-1)));
        await using var connection = await Service.Installation.Writer.OpenConnectionAsync();
        await using var slow = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(
            $"""
            insert into podcast.listener_events (tenant_id, episode_id, event_type, occurred_at)
            values ('{Ours.Tenant}', '{Ours.Episodes[0]}', 'play', '{Now.AddMinutes(-1):O}')
            """,
            connection
        );
        await insert.ExecuteNonQueryAsync();
        await Refresh();
        (await Service.Scalar<long>("select event_count from podcast.listener_events_hourly")).ShouldBe(1);

        await slow.CommitAsync();
        await Refresh();
        (await Service.Scalar<long>("select event_count from podcast.listener_events_hourly")).ShouldBe(2);
        await ShouldBeExact();
    }

    [Test]
    public async Task Nothing_is_lost_while_senders_and_refreshes_run_at_once()
    {
        using var stop = new CancellationTokenSource();
        var refreshes = 0;
        var refreshing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Refresh();
                refreshes++;
            }
        });
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(sender =>
                    Task.Run(async () =>
                    {
                        for (var batch = 0; batch < 25; batch++)
                            await Send([
                                .. Enumerable
                                    .Range(0, 20)
                                    .Select(i =>
                                        Event(Now.AddMinutes(-i * batch), listener: $"{sender}-{i}", episode: i % 2)
                                    ),
                            ]);
                    })
                )
        );
        await stop.CancelAsync();
        await refreshing;
        refreshes.ShouldBeGreaterThan(1);
        await Refresh();

        (await Service.Scalar<decimal>("select sum(event_count) from podcast.listener_events_hourly")).ShouldBe(2_000);
        await ShouldBeExact();
    }

    [Test]
    public async Task Events_that_are_deleted_are_counted_down()
    {
        await Send(Event(Now), Event(Now, episode: 1));
        await Refresh();
        await Service.Execute($"delete from podcast.episodes where id = '{Ours.Episodes[0]}'");
        await Refresh();

        (await Service.Scalar<long>("select count(*) from podcast.listener_events_hourly")).ShouldBe(1);
        await ShouldBeExact();
    }
}
