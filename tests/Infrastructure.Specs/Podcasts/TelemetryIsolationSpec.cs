using FluentValidation;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Podcasts;

namespace SchemaHub.Infrastructure.Specs.Podcasts;

/// <summary>Telemetry of one tenant says nothing about, and does nothing to, another's.</summary>
[TestFixture]
public sealed class TelemetryIsolationSpec : Listening
{
    [Test]
    public async Task Another_tenants_episode_is_refused_as_one_that_does_not_exist()
    {
        var played = Event(Now);
        foreach (var episode in new[] { Theirs.Episodes[0], Guid.CreateVersion7() })
        {
            var refused = await Should.ThrowAsync<ValidationException>(
                Send(played, Event(Now) with { EpisodeId = episode })
            );
            refused.Errors.Single().PropertyName.ShouldBe("[1].episodeId");
            refused.Errors.Single().ErrorMessage.ShouldBe("It does not exist.");
        }

        (await Service.Scalar<long>("select count(*) from podcast.listener_events")).ShouldBe(0);
    }

    [Test]
    public async Task Another_tenants_campaign_and_episode_are_refused_for_attribution()
    {
        var refused = await Should.ThrowAsync<ValidationException>(
            Service.Send(
                Ours.Tenant,
                new IngestAttributionEvents([
                    new(Guid.CreateVersion7(), Theirs.Campaign, "promo_code", Now, Theirs.Episodes[0]),
                ])
            )
        );
        refused.Errors.Select(error => error.PropertyName).ShouldBe(["[0].campaignId", "[0].episodeId"]);
        await Should.ThrowAsync<ValidationException>(
            Service.Send(
                Ours.Tenant,
                new IngestListenerMetrics([
                    new(Guid.CreateVersion7(), Theirs.Episodes[0], DateOnly.FromDateTime(Now.Date), "reach", 1),
                ])
            )
        );
    }

    [Test]
    public async Task Another_tenants_id_is_a_duplicate_and_gets_no_metadata_of_ours()
    {
        var id = Guid.CreateVersion7();
        var metadata = System.Text.Json.JsonSerializer.SerializeToElement(new { note = "ours" });
        await Service.Send(Theirs.Tenant, new IngestAttributionEvents([new(id, Theirs.Campaign, "promo_code", Now)]));
        var sent = await Service.Send(
            Ours.Tenant,
            new IngestAttributionEvents([new(id, Ours.Campaign, "promo_code", Now, Metadata: metadata)])
        );
        sent.ShouldBe(new Ingested(0, 1));
        (await Service.Scalar<long>("select count(*) from podcast.attribution_event_metadata")).ShouldBe(0);
    }

    [Test]
    public async Task The_service_cannot_be_made_to_write_into_another_tenant()
    {
        await Send(Event(Now));
        await Refresh();
        string[] attempts =
        [
            Insert(Theirs.Tenant, Theirs.Episodes[0]),
            Insert(Ours.Tenant, Theirs.Episodes[0]),
            Insert(Theirs.Tenant, Ours.Episodes[0]),
            "update podcast.listener_events set event_type = 'x'",
            "delete from podcast.listener_events",
            "delete from podcast.listener_events_touched",
            "select count(*) from podcast.listener_events_touched",
            "select podcast.refresh_listener_events_hourly()",
            "select podcast.refresh_metrics_daily()",
            "select podcast.make_partitions('2020-01-01', '2020-01-01')",
            "select podcast.drop_partitions_before('listener_events', '2099-01-01')",
            "select count(*) from podcast.metrics_daily_of_all",
        ];
        foreach (var attempt in attempts)
            (await Refusal(attempt, Ours.Tenant)).ShouldBe(PostgresErrorCodes.InsufficientPrivilege, attempt);

        (await Refusal(Insert(Ours.Tenant, Ours.Episodes[0]), tenant: null)).ShouldBe(
            PostgresErrorCodes.InsufficientPrivilege
        );
        (await Refusal(Insert(Ours.Tenant, Ours.Episodes[0]), Ours.Tenant)).ShouldBeNull();
    }

    [Test]
    public async Task Nobody_but_the_writer_comes_to_a_partition_directly()
    {
        await Send(Event(Now));
        var partitions = await Service.Rows(
            """
            (
                select i.inhrelid::regclass::text from pg_inherits i
                where i.inhparent in (
                    'podcast.listener_events'::regclass, 'podcast.attribution_events'::regclass,
                    'podcast.listener_metrics'::regclass
                )
            )
            """
        );
        partitions.Count.ShouldBeGreaterThanOrEqualTo(15);
        foreach (var partition in partitions.Select(name => name.Trim('(', ')')))
        {
            foreach (
                var attempt in new[] { $"select count(*) from {partition}", $"insert into {partition} default values" }
            )
                (await Refusal(attempt, Ours.Tenant)).ShouldBe(PostgresErrorCodes.InsufficientPrivilege, attempt);

            (
                await Service.Scalar<bool>(
                    $"""
                    select bool_or(has_any_column_privilege(r, '{partition}', 'select, insert, update, references'))
                        or not (select c.relrowsecurity and c.relforcerowsecurity from pg_class c
                            where c.oid = '{partition}'::regclass)
                    from unnest(array['schemahub_app', 'schemahub_reader', 'public']) r
                    """
                )
            ).ShouldBeFalse(partition);
        }
    }

    [Test]
    public async Task A_tenant_reads_its_own_rows_only()
    {
        await Send(Event(Now));
        await Send(Theirs, Event(Now) with { EpisodeId = Theirs.Episodes[0] });
        await Refresh();
        await Jobs.RefreshMeasures(default);

        var events = await Service.Send(Ours.Tenant, new ListListenerEvents(new TimeSpanOfRows()));
        events.Items.Single().EpisodeId.ShouldBe(Ours.Episodes[0]);
        (
            await Service.Send(Ours.Tenant, new ListListenerEvents(new TimeSpanOfRows(), Theirs.Episodes[0]))
        ).Items.ShouldBeEmpty();
        var query = new EpisodeListeners(Theirs.Episodes[0], Now.AddDays(-1), Now.AddDays(1), Bucket.Hour);
        (await Service.Send(Theirs.Tenant, query)).Items.Count.ShouldBe(1);
        await Should.ThrowAsync<NotFoundException>(Service.Send(Ours.Tenant, query));
    }

    private static string Insert(Guid tenant, Guid episode) =>
        $"""
            insert into podcast.listener_events (tenant_id, episode_id, event_type, occurred_at)
            values ('{tenant}', '{episode}', 'play', '{Now:O}')
            """;

    private async Task<string?> Refusal(string sql, Guid? tenant)
    {
        await using var connection = await Service.Installation.App.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"select set_config('app.current_tenant', '{tenant}', true); {sql}";
        try
        {
            await command.ExecuteNonQueryAsync();
            return null;
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }
}
