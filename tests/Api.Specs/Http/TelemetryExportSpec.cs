using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Http;

/// <summary>What leaves for a receiver of OpenTelemetry: what is counted and traced, and nobody's data.</summary>
public sealed class TelemetryExportSpec
{
    private const string Email = "zebulon.telemetry@example.com";
    private const string Token = "zebulontokenzebulontoken";

    private readonly ConcurrentQueue<(string Path, string Body)> _received = new();
    private WebApplication? _receiver;

    [OneTimeSetUp]
    public async Task Listen()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        _receiver = builder.Build();
        _receiver.Urls.Add("http://127.0.0.1:0");
        _receiver.MapPost("/v1/{signal}", Take);
        await _receiver.StartAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_receiver is not null)
            await _receiver.DisposeAsync();
    }

    [Test]
    public async Task Spans_and_meters_leave_and_no_persons_data_with_them()
    {
        await using var api = await TestApi.StartBeside(customize: builder =>
        {
            builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] = _receiver!.Urls.First();
            builder.Configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            builder.Configuration["OTEL_METRIC_EXPORT_INTERVAL"] = "200";
            builder.Configuration["OTEL_BSP_SCHEDULE_DELAY"] = "100";
        });
        using var ours = await api.NewTenant();
        using var stranger = api.NewClient();
        await ours.Subscribe(Email);
        (await ours.Get($"/api/v1/contacts?email={Email}")).Status.ShouldBe(HttpStatusCode.OK);
        await stranger.GetAsync(new Uri($"/unsubscribe/{Token}?u={Token}", UriKind.Relative));

        await Eventually.True(() => Holds("/v1/traces", "/unsubscribe/{token}") && Holds("/v1/traces", "postgresql"));
        string[] meters =
        [
            "schemahub.log.events",
            "http.server.request.duration",
            "dotnet.gc.collections",
            "db.client.operation.duration",
        ];
        await Eventually.True(() => meters.All(meter => Holds("/v1/metrics", meter)));
        Holds("/v1/traces", "/api/v1/contacts").ShouldBeTrue();
        Holds("/v1/traces", "schemahub").ShouldBeTrue();

        foreach (var (path, body) in _received)
        {
            body.Contains("zebulon", StringComparison.OrdinalIgnoreCase).ShouldBeFalse(path);
            body.Contains("sk_live_", StringComparison.Ordinal).ShouldBeFalse(path);
            if (path == "/v1/traces")
                body.Contains("select ", StringComparison.Ordinal).ShouldBeFalse("A statement stays here.");
        }
    }

    [Test]
    public void Without_a_receiver_nothing_is_set_up() =>
        Shared.Api.App.Services.GetService(typeof(OpenTelemetry.Trace.TracerProvider)).ShouldBeNull();

    private async Task<IResult> Take(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        // Protobuf writes texts as they are, in UTF-8.
        _received.Enqueue((request.Path, Encoding.UTF8.GetString(body.ToArray())));
        return Results.Ok();
    }

    private bool Holds(string path, string text) =>
        _received.Any(one => one.Path == path && one.Body.Contains(text, StringComparison.Ordinal));
}
