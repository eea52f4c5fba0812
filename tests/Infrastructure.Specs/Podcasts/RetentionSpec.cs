using FluentValidation;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Podcasts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Podcasts;

/// <summary>Months are made before they are needed, and dropped when their time is over.</summary>
[TestFixture]
public sealed class RetentionSpec : Listening
{
    [Test]
    public async Task Partitions_are_made_three_months_ahead()
    {
        Clock.SetUtcNow(Now.AddMonths(5));
        (await Jobs.KeepPartitions(default)).ShouldNotBe("It is being done elsewhere.");

        foreach (var table in new[] { "listener_events", "attribution_events", "listener_metrics" })
            (await Partitions(table)).ShouldContain($"podcast.{table}_{Now.AddMonths(8):yyyy_MM}");

        (await Jobs.KeepPartitions(default)).ShouldStartWith("0 partitions made, 0 dropped");
    }

    [Test]
    public async Task A_late_event_gets_the_month_that_it_needs()
    {
        (await Send(Event(Now.AddMonths(-23)))).ShouldBe(new Ingested(1, 0));
        (await Partitions("listener_events")).ShouldContain($"podcast.listener_events_{Now.AddMonths(-23):yyyy_MM}");
        // Dropped behind the back of whoever has seen it.
        await Service.Execute($"drop table podcast.listener_events_{Now.AddMonths(-23):yyyy_MM}");
        (await Send(Event(Now.AddMonths(-23)))).ShouldBe(new Ingested(1, 0));
    }

    [Test]
    public async Task What_is_older_than_is_kept_or_not_yet_possible_is_refused()
    {
        var old = await Should.ThrowAsync<ValidationException>(
            Send(Event(Now), Event(Now.AddMonths(-24).AddSeconds(-1)))
        );
        old.Errors.Single().PropertyName.ShouldBe("[1].occurredAt");
        old.Errors.Single().ErrorMessage.ShouldContain("24 months");
        var early = await Should.ThrowAsync<ValidationException>(Send(Event(Now.AddDays(1).AddSeconds(1))));
        early.Errors.Single().ErrorMessage.ShouldContain("ahead");

        (await Service.Scalar<long>("select count(*) from podcast.listener_events")).ShouldBe(0);
        (await Send(Event(Now.AddMonths(-24)), Event(Now.AddDays(1)))).Accepted.ShouldBe(2);
    }

    [Test]
    public async Task What_was_counted_stays_when_the_events_go()
    {
        var first = Now.AddMonths(-23);
        await Send(Event(first), Event(Now));
        // Nobody has counted it before it goes.
        Clock.SetUtcNow(Now.AddMonths(3));
        (await Jobs.KeepPartitions(default)).ShouldContain(" dropped");
        (await Partitions("listener_events")).ShouldNotContain($"podcast.listener_events_{first:yyyy_MM}");
        await Refresh();

        (await Service.Scalar<long>("select count(*) from podcast.listener_events")).ShouldBe(1);
        (await Service.Scalar<decimal>("select sum(event_count) from podcast.listener_events_hourly")).ShouldBe(2);
        (await Service.Scalar<decimal>("select sum(event_count) from podcast.listener_events_daily")).ShouldBe(2);
    }

    [Test]
    public async Task An_event_that_comes_while_its_month_is_dropped_takes_nothing_away()
    {
        var first = Now.AddMonths(-23);
        await Send(Event(first));
        await Refresh();
        await using var connection = await Service.Installation.Writer.OpenConnectionAsync();
        await using var late = await connection.BeginTransactionAsync();
        await using var insert = connection.CreateCommand();
        insert.CommandText = $"""
            insert into podcast.listener_events (tenant_id, episode_id, event_type, occurred_at)
            values ('{Ours.Tenant}', '{Ours.Episodes[0]}', 'play', '{first:O}')
            """;
        await insert.ExecuteNonQueryAsync();

        await using var drop = Service.Installation.Writer.CreateCommand(
            "select podcast.drop_partitions_before('listener_events', $1)"
        );
        drop.Parameters.AddWithValue(DateOnly.FromDateTime(first.AddMonths(2).Date));
        var dropping = drop.ExecuteScalarAsync();
        await Waiting();
        await late.CommitAsync();
        (await dropping).ShouldBe(1);
        await Refresh();

        (await Service.Scalar<long>("select event_count from podcast.listener_events_hourly")).ShouldBe(2);
        (await Service.Scalar<long>("select count(*) from podcast.listener_events_touched")).ShouldBe(0);
    }

    [Test]
    public async Task What_refers_to_an_attribution_event_goes_with_it_and_a_path_stays()
    {
        var at = Now.AddMonths(-23);
        var id = Guid.CreateVersion7();
        var metadata = System.Text.Json.JsonSerializer.SerializeToElement(new { code = "SPRING" });
        await Service.Send(
            Ours.Tenant,
            new IngestAttributionEvents([new(id, Ours.Campaign, "promo_code", at, Metadata: metadata)])
        );
        (await Service.Scalar<long>("select count(*) from podcast.attribution_event_metadata")).ShouldBe(1);
        await Service.Execute(
            $"""
            insert into podcast.attribution_paths
                (tenant_id, campaign_id, conversion_event_id, conversion_occurred_at)
            select e.tenant_id, e.campaign_id, e.id, e.occurred_at from podcast.attribution_events e;
            insert into podcast.attribution_validations
                (tenant_id, attribution_event_id, attribution_occurred_at, validation_type, passed)
            select e.tenant_id, e.id, e.occurred_at, 'fraud', true from podcast.attribution_events e
            """
        );

        Clock.SetUtcNow(Now.AddMonths(3));
        await Jobs.KeepPartitions(default);

        (await Service.Scalar<long>("select count(*) from podcast.attribution_events")).ShouldBe(0);
        (await Service.Scalar<long>("select count(*) from podcast.attribution_event_metadata")).ShouldBe(0);
        (await Service.Scalar<long>("select count(*) from podcast.attribution_validations")).ShouldBe(0);
        (
            await Service.Scalar<bool>("select conversion_event_id is null from podcast.attribution_paths")
        ).ShouldBeTrue();
    }

    [Test]
    public async Task Old_rows_of_logs_are_deleted()
    {
        await Service.Execute(
            $"""
            insert into podcast.api_usage (tenant_id, endpoint, method, status_code, response_time_ms, occurred_at)
            select '{Ours.Tenant}', '/api/v1/contacts', 'GET', 200, 3, at
            from unnest(array['{Now.AddMonths(-25):O}', '{Now:O}']::timestamptz[]) at;
            insert into podcast.access_logs (tenant_id, resource_type, action, allowed, occurred_at)
            select '{Ours.Tenant}', 'contact', 'read', true, at
            from unnest(array['{Now.AddMonths(-25):O}', '{Now:O}']::timestamptz[]) at
            """
        );
        (await Jobs.KeepPartitions(default)).ShouldEndWith("2 rows of logs deleted.");
        (await Service.Scalar<long>("select count(*) from podcast.api_usage")).ShouldBe(1);
        (await Service.Scalar<long>("select count(*) from podcast.access_logs")).ShouldBe(1);
    }

    private async Task<List<string>> Partitions(string table) =>
        await Service.Rows(
            $"(select i.inhrelid::regclass::text from pg_inherits i where i.inhparent = 'podcast.{table}'::regclass)"
        )
            is var rows
            ? [.. rows.Select(row => row.Trim('(', ')'))]
            : [];

    private async Task Waiting()
    {
        await Eventually.True(async () =>
            await Service.Scalar<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            ) > 0
        );
    }
}
