using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application.Podcasts;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>Counting one old hour again, to which a late batch came, among 10 million events of thirty days.</summary>
internal static class Rollups
{
    private const int Events = 10_000_000;
    private const int Late = 100;
    private const int Episodes = 20;
    private const int Hours = 30 * 24;

    // Without triggers and foreign keys, which would take longer than everything else together.
    private const string Fill = """
        set session_replication_role = replica;
        insert into podcast.listener_events
            (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
        select gen_random_uuid(), $1, ($2::uuid[])[1 + i % 20], 'listener-' || i * 31 % 200000,
            case i % 7 when 0 then 'pause' else 'play' end, '{"position": 17}',
            $3 - i * ($4 * interval '1 hour' / $5)
        from generate_series(0, $5 - 1) i
        """;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        var database = await server.CreateDatabase();
        var keys = Directory.CreateTempSubdirectory("schemahub-benchmark-").FullName;
        try
        {
            await using var service = await TestService.Start(server.ConnectionTo(database), keys);
            var organization = await service.CreateOrganization("benchmark");
            var podcast = await TestPodcast.Add(service.Installation, organization, Episodes);
            var now = TimeProvider.System.GetUtcNow();
            await Insert(service, podcast, now, options.Scaled(Events));
            var jobs = service.Services.GetRequiredService<ISeries>();
            var seconds = new List<double>();
            for (var round = 0; round <= BenchmarkOptions.Rounds; round++)
            {
                await SendLate(service, podcast, now.AddHours(-50 - round));
                seconds.Add(await Rounds.Seconds(() => Refresh(jobs)));
            }

            var measured = seconds[1..].Order().ToList();
            report.Add("rollup", "s", measured[measured.Count / 2]);
        }
        finally
        {
            await server.DropDatabase(database);
            Directory.Delete(keys, recursive: true);
        }
    }

    private static async Task Insert(TestService service, TestPodcast podcast, DateTimeOffset until, int events)
    {
        await using var connection = await service.Installation.Administrator.OpenConnectionAsync();
        await using var fill = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (var sql in Fill.Split(";\n"))
            fill.BatchCommands.Add(new NpgsqlBatchCommand(sql));

        var insert = fill.BatchCommands[1];
        insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = podcast.Tenant });
        insert.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. podcast.Episodes] });
        insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = until });
        insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Hours });
        insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = events });
        await fill.ExecuteNonQueryAsync();
        await using var analyze = new NpgsqlCommand("analyze podcast.listener_events", connection)
        {
            CommandTimeout = 0,
        };
        await analyze.ExecuteNonQueryAsync();
    }

    private static async Task SendLate(TestService service, TestPodcast podcast, DateTimeOffset at)
    {
        var hour = new DateTimeOffset(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerHour, TimeSpan.Zero);
        var rows = Enumerable
            .Range(0, Late)
            .Select(i => new NewListenerAct(
                Guid.CreateVersion7(),
                podcast.Episodes[i % Episodes],
                "play",
                hour.AddSeconds(i),
                "late"
            ));
        await service.Send(podcast.Tenant, new IngestListenerEvents([.. rows]));
    }

    private static async Task Refresh(ISeries jobs)
    {
        var did = await jobs.CountHours(CancellationToken.None);
        // Every episode's hour was touched, and no other.
        if (did != $"{Episodes} counted again, {Episodes} of them late.")
            throw new InvalidOperationException($"The refresh is wrong: {did}");
    }
}
