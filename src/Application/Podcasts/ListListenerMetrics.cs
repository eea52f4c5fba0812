using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Podcasts;

/// <summary>Measures as they were sent, of one episode or of all, oldest day first.</summary>
[Requires("podcasts:read")]
public sealed record ListListenerMetrics(TimeSpanOfRows Rows, Guid? EpisodeId = null) : ISeriesQuery<ListenerMetric>;

/// <summary>A measure, as published.</summary>
public sealed record ListenerMetric(
    Guid Id,
    Guid EpisodeId,
    DateOnly MetricDate,
    string MetricName,
    decimal MetricValue,
    JsonElement? MetricData
);

internal sealed class ListListenerMetricsValidator : AbstractValidator<ListListenerMetrics>
{
    public ListListenerMetricsValidator(IValidator<TimeSpanOfRows> rows) =>
        RuleFor(query => query.Rows).SetValidator(rows).OverridePropertyName("");
}

internal sealed class ListListenerMetricsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListListenerMetrics, PageOfTime<ListenerMetric>>
{
    private const string OfAll = """
        select m.id, m.episode_id, m.metric_date, m.metric_name, m.metric_value, m.metric_data::text
        from podcast.listener_metrics m
        where m.metric_date >= ($1 at time zone 'UTC')::date and m.metric_date < ($2 at time zone 'UTC')::date
            and (m.metric_date, m.id) > (($3 at time zone 'UTC')::date, $4)
        order by m.metric_date, m.id
        limit $5
        """;

    private const string OfEpisode = """
        select m.id, m.episode_id, m.metric_date, m.metric_name, m.metric_value, m.metric_data::text
        from podcast.listener_metrics m
        where m.episode_id = $6 and m.metric_date >= ($1 at time zone 'UTC')::date
            and m.metric_date < ($2 at time zone 'UTC')::date
            and (m.metric_date, m.id) > (($3 at time zone 'UTC')::date, $4)
        order by m.metric_date, m.id
        limit $5
        """;

    public Task<PageOfTime<ListenerMetric>> Handle(ListListenerMetrics query, CancellationToken cancellation) =>
        database.Page(
            context.Tenant,
            query.EpisodeId is null ? OfAll : OfEpisode,
            query,
            row => new ListenerMetric(
                row.GetGuid(0),
                row.GetGuid(1),
                row.GetFieldValue<DateOnly>(2),
                row.GetString(3),
                row.GetDecimal(4),
                row.JsonOrNull(5)
            ),
            found => new TimeKey(new DateTimeOffset(found.MetricDate, TimeOnly.MinValue, TimeSpan.Zero), found.Id),
            cancellation,
            query.EpisodeId is { } episode ? [new NpgsqlParameter<Guid> { TypedValue = episode }] : []
        );
}
