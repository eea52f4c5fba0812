using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SchemaHub.Api.Health;

/// <summary>
/// Metrics and traces by OTLP, where the standard variables of OpenTelemetry name a receiver; there is no setting of
/// our own. Nothing leaves otherwise.
/// </summary>
internal static class TelemetryExport
{
    private const string Own = "SchemaHub.*";
    private const string Database = "Npgsql";

    private static readonly string[] s_endpoints =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    ];

    /// <summary>Adds it, where a receiver is named.</summary>
    public static void AddTelemetryExport(this WebApplicationBuilder builder)
    {
        if (s_endpoints.All(name => string.IsNullOrEmpty(builder.Configuration[name])))
            return;

        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
            {
                if (string.IsNullOrEmpty(builder.Configuration["OTEL_SERVICE_NAME"]))
                    resource.AddService("schemahub");
            })
            .WithTracing(traces =>
                traces
                    .AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddSource(Database, Own)
                    .AddProcessor(new WithoutPersons())
            )
            .WithMetrics(metrics =>
                metrics
                    .AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddRuntimeInstrumentation()
                    .AddMeter(Database, Own)
            )
            .UseOtlpExporter();
    }

    /// <summary>
    /// Of a span only what is listed leaves. Paths and queries hold the tokens of people's links, statements and the
    /// messages of failures may repeat what a person wrote, and addresses of networks are theirs.
    /// </summary>
    private sealed class WithoutPersons : BaseProcessor<Activity>
    {
        private static readonly HashSet<string> s_kept = new(StringComparer.Ordinal)
        {
            "http.request.method",
            "http.route",
            "http.response.status_code",
            "url.scheme",
            "server.address",
            "server.port",
            "network.protocol.version",
            "error.type",
            "db.system.name",
            "db.namespace",
            "db.response.status_code",
            "job.id",
            "job.attempt",
        };

        public override void OnEnd(Activity span)
        {
            foreach (var (name, _) in span.TagObjects.ToList())
            {
                if (!s_kept.Contains(name))
                    span.SetTag(name, null);
            }

            if (span.Source.Name == Database)
                span.DisplayName = "postgresql";

            span.SetStatus(span.Status);
            // What a failure says cannot be taken out of a span: the span of its caller tells of it.
            if (span.Events.Any(happened => happened.Name == "exception"))
                span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
