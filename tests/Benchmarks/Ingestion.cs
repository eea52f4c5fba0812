using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Api;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>
/// Listener events in batches over HTTP, through everything that a request goes through. The floor copies the same rows
/// into the same partitioned table of a copy of the database, as a superuser: past policies and HTTP, but not past
/// keys, foreign keys, indexes and the marks of the rollups. As many at a time, and as many callers.
/// </summary>
internal static class Ingestion
{
    private const int Callers = 4;
    private const int Episodes = 20;
    private const string Path = "/api/v1/podcast/listener-events";

    private const string Copy = """
        copy podcast.listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
        from stdin (format binary)
        """;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        TestPodcast podcast = null!;
        await using var site = await Site.Create(
            server,
            async (service, organization) =>
                podcast = await TestPodcast.Add(service.Installation, organization, Episodes)
        );
        var rows = Math.Min(5_000, options.Scaled(5_000));
        await using var app = await Serve(site);
        using var client = await Client(site, app);
        await using var floor = NpgsqlDataSource.Create(server.ConnectionTo(site.FloorDatabase));
        var senders = Enumerable.Range(0, Callers).Select(i => new EventBatch(podcast, rows, i)).ToArray();
        var (value, raw) = await Rounds.Compare(
            () => Rounds.Rate(Callers, options.Window, caller => Send(client, senders[caller])),
            () => Rounds.Rate(Callers, options.Window, caller => CopyIn(floor, senders[caller]))
        );
        report.AddRate("ingest", "events/s", (value * rows, raw * rows));
    }

    private static async Task<WebApplication> Serve(Site site)
    {
        var mail = new MailOptions
        {
            Directory = System.IO.Path.Combine(site.Service.Installation.Keys.Directory, "mail"),
        };
        var app = ApiHost.Create(
            site.Service.Installation,
            new ApiOptions { Urls = "http://127.0.0.1:0", Mail = mail }
        );
        await app.StartAsync();
        return app;
    }

    private static async Task<HttpClient> Client(Site site, WebApplication app)
    {
        var key = await site.Service.Send(site.Organization, new CreateApiKey("benchmark"));
        var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Key);
        return client;
    }

    private static async Task Send(HttpClient client, EventBatch batch)
    {
        using var content = new ByteArrayContent(batch.NextBody());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await client.PostAsync(new Uri(Path, UriKind.Relative), content);
        var said = await answer.Content.ReadAsStringAsync();
        if (said != $"{{\"accepted\":{batch.Rows},\"duplicates\":0}}")
            throw new InvalidOperationException($"The batch was not taken: {answer.StatusCode} {said}");
    }

    private static async Task CopyIn(NpgsqlDataSource floor, EventBatch batch)
    {
        await using var connection = await floor.OpenConnectionAsync();
        await using var copy = await connection.BeginBinaryImportAsync(Copy);
        foreach (var row in batch.NextRows())
        {
            await copy.StartRowAsync();
            await copy.WriteAsync(row.Id, NpgsqlDbType.Uuid);
            await copy.WriteAsync(batch.Tenant, NpgsqlDbType.Uuid);
            await copy.WriteAsync(row.Episode, NpgsqlDbType.Uuid);
            await copy.WriteAsync(row.Listener, NpgsqlDbType.Varchar);
            await copy.WriteAsync(EventBatch.Type, NpgsqlDbType.Varchar);
            await copy.WriteAsync(row.Data, NpgsqlDbType.Jsonb);
            await copy.WriteAsync(row.At, NpgsqlDbType.TimestampTz);
        }

        await copy.CompleteAsync();
    }
}
