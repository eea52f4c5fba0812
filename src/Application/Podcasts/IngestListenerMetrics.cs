using System.Text.Json;
using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Podcasts;

/// <summary>Takes a batch of measures of an episode's listeners; sending it again changes nothing.</summary>
[Requires("podcasts:write")]
[IdempotentByContent("Each row has an id of its sender's, and the same id is the same row.")]
public sealed record IngestListenerMetrics(IReadOnlyList<NewListenerMetric> Rows) : IRequest<Ingested>;

/// <summary>A measure of one UTC day.</summary>
/// <param name="Id">Given by whoever measured: the same id on the same day is the same measure.</param>
/// <param name="MetricName">At most 100 characters.</param>
/// <param name="MetricValue">At most 14 digits before the point and 6 after it.</param>
/// <param name="MetricData">What stands behind the value: a JSON object of at most 16 kB.</param>
public sealed record NewListenerMetric(
    Guid? Id,
    Guid? EpisodeId,
    DateOnly? MetricDate,
    string? MetricName,
    decimal? MetricValue,
    JsonElement? MetricData = null
);

internal sealed class IngestListenerMetricsValidator : AbstractValidator<IngestListenerMetrics>
{
    private const decimal Beyond = 100_000_000_000_000;
    private const int Decimals = 6;

    public IngestListenerMetricsValidator(TimeProvider clock, TelemetryOptions options) =>
        RuleFor(batch => batch.Rows)
            .Custom(
                (rows, context) =>
                {
                    var now = clock.GetUtcNow();
                    var rules = new TelemetryRules<NewListenerMetric, IngestListenerMetrics>(context, rows);
                    rules.CheckEach(row =>
                    {
                        rules.Id("id", row.Id);
                        rules.Id("episodeId", row.EpisodeId);
                        rules.Day("metricDate", row.MetricDate, now, options.ListenerMetricsMonths);
                        rules.Name("metricName", row.MetricName, most: 100);
                        if (!IsStorable(row.MetricValue))
                            rules.Fail(
                                "metricValue",
                                "It is a number with at most 14 digits before the point, 6 after."
                            );

                        rules.Json("metricData", row.MetricData);
                    });
                }
            );

    private static bool IsStorable(decimal? value) =>
        value is { } given && Math.Abs(given) < Beyond && decimal.Round(given, Decimals) == given;
}

internal sealed class IngestListenerMetricsHandler(ITelemetry telemetry, CommandContext context)
    : IRequestHandler<IngestListenerMetrics, Ingested>
{
    public async Task<Ingested> Handle(IngestListenerMetrics batch, CancellationToken cancellation) =>
        Ingested.Of(await telemetry.Write(context.OrganizationId, batch.Rows, cancellation), batch.Rows.Count);
}
