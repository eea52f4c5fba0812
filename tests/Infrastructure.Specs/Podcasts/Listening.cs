using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Podcasts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Podcasts;

/// <summary>A service with two tenants' shows, and a clock that the spec sets.</summary>
public abstract class Listening
{
    protected static readonly DateTimeOffset Now = new(
        TimeProvider.System.GetUtcNow().Date.AddHours(12),
        TimeSpan.Zero
    );

    private protected FakeTimeProvider Clock { get; private set; } = null!;

    protected TestService Service { get; private set; } = null!;

    protected TestPodcast Ours { get; private set; } = null!;

    protected TestPodcast Theirs { get; private set; } = null!;

    private protected ISeries Jobs => Service.Services.GetRequiredService<ISeries>();

    [SetUp]
    public async Task Start()
    {
        Clock = new FakeTimeProvider(Now);
        Service = await TestService.Create(services => services.AddSingleton<TimeProvider>(Clock));
        Ours = await TestPodcast.Add(Service.Installation, Guid.CreateVersion7());
        Theirs = await TestPodcast.Add(Service.Installation, Guid.CreateVersion7());
    }

    [TearDown]
    public ValueTask Stop() => Service.DisposeAsync();

    protected NewListenerAct Event(
        DateTimeOffset at,
        string type = "play",
        string? listener = "ann",
        int episode = 0
    ) => new(Guid.CreateVersion7(), Ours.Episodes[episode], type, at, listener);

    protected Task<Ingested> Send(params NewListenerAct[] events) => Send(Ours, events);

    protected Task<Ingested> Send(TestPodcast tenant, params NewListenerAct[] events) =>
        Service.Send(tenant.Tenant, new IngestListenerEvents(events));

    /// <summary>Both rollups as text, without ids.</summary>
    protected async Task<string> Counted(string rollup = "hourly") =>
        string.Join(
            '\n',
            await Service.Rows(
                $"""
                (
                    select {(rollup == "hourly" ? "r.hour at time zone 'UTC'" : "r.day")} as at,
                        r.event_type, r.event_count, r.unique_listeners
                    from podcast.listener_events_{rollup} r
                )
                """
            )
        );

    /// <summary>That each rollup says what counting all events says.</summary>
    protected async Task ShouldBeExact()
    {
        foreach (var (rollup, column, unit) in new[] { ("hourly", "hour", "hour"), ("daily", "day", "day") })
        {
            var wrong = await Service.Scalar<long>(
                $"""
                select count(*) from (
                    (
                        select tenant_id, episode_id, date_trunc('{unit}', occurred_at, 'UTC') at time zone 'UTC' as at,
                            event_type, count(*) as events, count(distinct listener_id) as listeners
                        from podcast.listener_events
                        group by 1, 2, 3, 4
                        except
                        select tenant_id, episode_id, {(unit == "day" ? "day::timestamp" : "hour at time zone 'UTC'")},
                            event_type, event_count, unique_listeners
                        from podcast.listener_events_{rollup}
                    )
                    union all
                    (
                        select tenant_id, episode_id, {(unit == "day" ? "day::timestamp" : "hour at time zone 'UTC'")},
                            event_type, event_count, unique_listeners
                        from podcast.listener_events_{rollup}
                        except
                        select tenant_id, episode_id, date_trunc('{unit}', occurred_at, 'UTC') at time zone 'UTC',
                            event_type, count(*), count(distinct listener_id)
                        from podcast.listener_events
                        group by 1, 2, 3, 4
                    )
                ) differences
                """
            );
            wrong.ShouldBe(0, $"{rollup} ({column})");
        }
    }

    protected async Task Refresh()
    {
        (await Jobs.CountHours(default)).ShouldContain("counted again");
        (await Jobs.CountDays(default)).ShouldContain("counted again");
    }
}
