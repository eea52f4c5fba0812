using MediatR;
using SchemaHub.Api.Http;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Api.Podcasts;

/// <summary>Telemetry on its way in: many rows at a time, past the log.</summary>
internal static class TelemetryEndpoints
{
    private const string Rules =
        "A JSON array, or one JSON object a line; all rows are taken or none, and a refusal names row and field, rows "
        + "counted from 0. Ids are the sender's: a row that was sent before is counted as a duplicate and ignored.";

    public static void MapTelemetry(this IEndpointRouteBuilder api)
    {
        var podcast = api.MapGroup("/podcast").WithTags("Telemetry");
        podcast
            .MapPost("/listener-events", ListenerEvents)
            .Accepts<NewListenerAct[]>(Batches.Json, Batches.Lines)
            .WithSummary("Send listener events")
            .WithDescription(Rules);
        podcast
            .MapPost("/attribution-events", AttributionEvents)
            .Accepts<NewClaim[]>(Batches.Json, Batches.Lines)
            .WithSummary("Send attribution events")
            .WithDescription(Rules);
        podcast
            .MapPost("/listener-metrics", ListenerMetrics)
            .Accepts<NewListenerMetric[]>(Batches.Json, Batches.Lines)
            .WithSummary("Send listener metrics")
            .WithDescription(Rules);
    }

    private static async Task<Ingested> ListenerEvents(
        HttpRequest request,
        ApiOptions options,
        IMediator mediator,
        CancellationToken cancellation
    ) =>
        await mediator.Send(
            new IngestListenerEvents(await request.ReadBatch<NewListenerAct>(options, cancellation)),
            cancellation
        );

    private static async Task<Ingested> AttributionEvents(
        HttpRequest request,
        ApiOptions options,
        IMediator mediator,
        CancellationToken cancellation
    ) =>
        await mediator.Send(
            new IngestAttributionEvents(await request.ReadBatch<NewClaim>(options, cancellation)),
            cancellation
        );

    private static async Task<Ingested> ListenerMetrics(
        HttpRequest request,
        ApiOptions options,
        IMediator mediator,
        CancellationToken cancellation
    ) =>
        await mediator.Send(
            new IngestListenerMetrics(await request.ReadBatch<NewListenerMetric>(options, cancellation)),
            cancellation
        );
}
