using System.Text.Json;
using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Podcasts;

/// <summary>Takes a batch of what listeners did that a campaign can claim; sending it again changes nothing.</summary>
[Requires("podcasts:write")]
[IdempotentByContent("Each row has an id of its sender's, and the same id is the same row.")]
public sealed record IngestAttributionEvents(IReadOnlyList<NewClaim> Rows) : IRequest<Ingested>;

/// <summary>Something a listener did that a campaign can claim.</summary>
/// <param name="Id">Given by whoever saw it: the same id at the same instant is the same event.</param>
/// <param name="AttributionType">Such as <c>promo_code</c>; at most 100 characters.</param>
/// <param name="OccurredAt">When it happened, to the microsecond.</param>
/// <param name="EpisodeId">Where it was heard; left out where that is not known.</param>
/// <param name="ListenerId">A pseudonym of at most 255 characters; left out where nobody was recognized.</param>
/// <param name="AttributionData">A JSON object of your own, at most 16 kB.</param>
/// <param name="Metadata">What else is known of it, at most 16 kB; the first that comes stays.</param>
public sealed record NewClaim(
    Guid? Id,
    Guid? CampaignId,
    string? AttributionType,
    DateTimeOffset? OccurredAt,
    Guid? EpisodeId = null,
    string? ListenerId = null,
    JsonElement? AttributionData = null,
    JsonElement? Metadata = null
);

internal sealed class IngestAttributionEventsValidator : AbstractValidator<IngestAttributionEvents>
{
    public IngestAttributionEventsValidator(TimeProvider clock, TelemetryOptions options) =>
        RuleFor(batch => batch.Rows)
            .Custom(
                (rows, context) =>
                {
                    var now = clock.GetUtcNow();
                    var rules = new TelemetryRules<NewClaim, IngestAttributionEvents>(context, rows);
                    rules.CheckEach(row =>
                    {
                        rules.Id("id", row.Id);
                        rules.Id("campaignId", row.CampaignId);
                        rules.Name("attributionType", row.AttributionType, most: 100);
                        rules.Instant("occurredAt", row.OccurredAt, now, options.AttributionEventsMonths);
                        rules.Name("listenerId", row.ListenerId, most: 255, needed: false);
                        rules.Json("attributionData", row.AttributionData);
                        rules.Json("metadata", row.Metadata);
                    });
                }
            );
}

internal sealed class IngestAttributionEventsHandler(ITelemetry telemetry, CommandContext context)
    : IRequestHandler<IngestAttributionEvents, Ingested>
{
    public async Task<Ingested> Handle(IngestAttributionEvents batch, CancellationToken cancellation) =>
        Ingested.Of(await telemetry.Write(context.OrganizationId, batch.Rows, cancellation), batch.Rows.Count);
}
