using System.Text.Json;
using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Podcasts;

/// <summary>Takes a batch of what listeners did; sending it again changes nothing.</summary>
[Requires("podcasts:write")]
[IdempotentByContent("Each row has an id of its sender's, and the same id is the same row.")]
public sealed record IngestListenerEvents(IReadOnlyList<NewListenerAct> Rows) : IRequest<Ingested>;

/// <summary>Something a listener did.</summary>
/// <param name="Id">Given by whoever saw it: the same id at the same instant is the same event.</param>
/// <param name="EventType">Such as <c>play</c>; at most 100 characters.</param>
/// <param name="OccurredAt">When it happened, to the microsecond.</param>
/// <param name="ListenerId">A pseudonym of at most 255 characters; left out where nobody was recognized.</param>
/// <param name="EventData">A JSON object of your own, at most 16 kB.</param>
public sealed record NewListenerAct(
    Guid? Id,
    Guid? EpisodeId,
    string? EventType,
    DateTimeOffset? OccurredAt,
    string? ListenerId = null,
    JsonElement? EventData = null
);

internal sealed class IngestListenerEventsValidator : AbstractValidator<IngestListenerEvents>
{
    public IngestListenerEventsValidator(TimeProvider clock, TelemetryOptions options) =>
        RuleFor(batch => batch.Rows)
            .Custom(
                (rows, context) =>
                {
                    var now = clock.GetUtcNow();
                    var rules = new TelemetryRules<NewListenerAct, IngestListenerEvents>(context, rows);
                    rules.CheckEach(row =>
                    {
                        rules.Id("id", row.Id);
                        rules.Id("episodeId", row.EpisodeId);
                        rules.Name("eventType", row.EventType, most: 100);
                        rules.Instant("occurredAt", row.OccurredAt, now, options.ListenerEventsMonths);
                        rules.Name("listenerId", row.ListenerId, most: 255, needed: false);
                        rules.Json("eventData", row.EventData);
                    });
                }
            );
}

internal sealed class IngestListenerEventsHandler(ITelemetry telemetry, CommandContext context)
    : IRequestHandler<IngestListenerEvents, Ingested>
{
    public async Task<Ingested> Handle(IngestListenerEvents batch, CancellationToken cancellation) =>
        Ingested.Of(await telemetry.Write(context.OrganizationId, batch.Rows, cancellation), batch.Rows.Count);
}
