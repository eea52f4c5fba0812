using SchemaHub.Application.Podcasts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Podcasts;

/// <summary>A page of a series reads a page of rows, under the service's role, among everybody's.</summary>
[TestFixture]
public sealed class SeriesPlansSpec : Listening
{
    private const int Limit = 20;

    // Also when the plan is a kept one.
    private const int Repetitions = 12;

    [SetUp]
    public async Task Fill()
    {
        foreach (var tenant in new[] { Ours, Theirs, Theirs, Theirs })
            await Service.Execute(
                $"""
                insert into podcast.listener_events (tenant_id, episode_id, event_type, occurred_at)
                select '{tenant.Tenant}', (array['{tenant.Episodes[0]}', '{tenant.Episodes[1]}']::uuid[])[1 + i % 2],
                    'play', '{Now:O}'::timestamptz - i * interval '12 minutes'
                from generate_series(0, 3999) i;
                insert into podcast.attribution_events (tenant_id, campaign_id, attribution_type, occurred_at)
                select '{tenant.Tenant}', '{tenant.Campaign}', 'promo_code',
                    '{Now:O}'::timestamptz - i * interval '12 minutes'
                from generate_series(0, 3999) i;
                insert into podcast.listener_metrics (tenant_id, episode_id, metric_date, metric_name, metric_value)
                select '{tenant.Tenant}', '{tenant.Episodes[0]}', '{Now:yyyy-MM-dd}'::date - i % 30, 'reach', i
                from generate_series(0, 3999) i
                """
            );

        await Refresh();
        await Service.Execute("analyze");
    }

    [Test]
    public async Task A_page_is_read_and_no_more()
    {
        foreach (var from in new[] { Now.AddDays(-40), Now.AddDays(-5), (DateTimeOffset?)null })
        {
            var after = from is null ? new TimeKey(Now.AddDays(-20), Guid.Empty) : null;
            var rows = new TimeSpanOfRows(from, To: null, Limit, after);
            await ShouldRead(Limit, "listener_events", new ListListenerEvents(rows));
            await ShouldRead(Limit, "listener_events", new ListListenerEvents(rows, Ours.Episodes[0]));
            await ShouldRead(Limit, "attribution_events", new ListAttributionEvents(rows));
            await ShouldRead(Limit, "attribution_events", new ListAttributionEvents(rows, Ours.Campaign));
            // All of a day is put in order by id before a page of it is known.
            await ShouldRead(300, "listener_metrics", new ListListenerMetrics(rows));
            await ShouldRead(300, "listener_metrics", new ListListenerMetrics(rows, Ours.Episodes[0]));
        }
    }

    [Test]
    public async Task Counts_of_an_episode_are_found_by_the_episode()
    {
        foreach (var by in new[] { Bucket.Hour, Bucket.Day })
            await ShouldRead(
                // A month of days is next to nothing, and may be read whole.
                by == Bucket.Hour
                    ? Limit
                    : 200,
                by == Bucket.Hour ? "listener_events_hourly" : "listener_events_daily",
                new EpisodeListeners(Ours.Episodes[0], Now.AddDays(-30), Now, by, Limit)
            );
    }

    private async Task ShouldRead<T>(long rows, string table, MediatR.IRequest<T> query)
    {
        await Flush();
        var before = await RowsRead(table);
        for (var i = 0; i < Repetitions; i++)
            await Service.Send(Ours.Tenant, query);

        await Flush();
        var read = await RowsRead(table) - before;
        // Rows of one instant are put in order by id in groups of 32 at least, and planning looks at ends of indexes.
        read.ShouldBeInRange(Repetitions, (rows + 40) * Repetitions, $"{table} {query}");
    }

    private Task<long> RowsRead(string table) =>
        Service.Scalar<long>(
            $"""
            select coalesce(sum(t.seq_tup_read + coalesce(t.idx_tup_fetch, 0)), 0)::bigint
            from pg_stat_user_tables t
            where t.schemaname = 'podcast' and t.relname ~ '^{table}(_[0-9_]+)?$'
            """
        );

    /// <summary>What a connection has counted is known for certain once it has ended.</summary>
    private async Task Flush()
    {
        Service.Installation.App.Clear();
        Service.Installation.Writer.Clear();
        Service.Installation.Administrator.Clear();
        await Eventually.True(async () =>
            await Service.Scalar<long>(
                """
                select count(*) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
                """
            ) == 0
        );
    }
}
