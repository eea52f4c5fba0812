using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Podcasts;

/// <summary>Attribution events as they were sent, of one campaign or of all, oldest first.</summary>
[Requires("podcasts:read")]
public sealed record ListAttributionEvents(TimeSpanOfRows Rows, Guid? CampaignId = null) : ISeriesQuery<Claim>;

/// <summary>An attribution event, as published.</summary>
/// <param name="Metadata">Null where nothing else is known of it.</param>
public sealed record Claim(
    Guid Id,
    Guid CampaignId,
    string AttributionType,
    DateTimeOffset OccurredAt,
    Guid? EpisodeId,
    string? ListenerId,
    JsonElement? AttributionData,
    JsonElement? Metadata
);

internal sealed class ListAttributionEventsValidator : AbstractValidator<ListAttributionEvents>
{
    public ListAttributionEventsValidator(IValidator<TimeSpanOfRows> rows) =>
        RuleFor(query => query.Rows).SetValidator(rows).OverridePropertyName("");
}

internal sealed class ListAttributionEventsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListAttributionEvents, PageOfTime<Claim>>
{
    private const string Columns = """
        e.id, e.campaign_id, e.attribution_type, e.occurred_at, e.episode_id, e.listener_id, e.attribution_data::text,
            (
                select m.metadata::text from podcast.attribution_event_metadata m
                where m.event_id = e.id and m.occurred_at = e.occurred_at
            )
        """;

    private const string OfAll = $"""
        select {Columns}
        from podcast.attribution_events e
        where e.occurred_at >= $1 and e.occurred_at < $2 and (e.occurred_at, e.id) > ($3, $4)
        order by e.occurred_at, e.id
        limit $5
        """;

    private const string OfCampaign = $"""
        select {Columns}
        from podcast.attribution_events e
        where e.campaign_id = $6 and e.occurred_at >= $1 and e.occurred_at < $2
            and (e.occurred_at, e.id) > ($3, $4)
        order by e.occurred_at, e.id
        limit $5
        """;

    public Task<PageOfTime<Claim>> Handle(ListAttributionEvents query, CancellationToken cancellation) =>
        database.Page(
            context.Tenant,
            query.CampaignId is null ? OfAll : OfCampaign,
            query,
            row => new Claim(
                row.GetGuid(0),
                row.GetGuid(1),
                row.GetString(2),
                row.GetFieldValue<DateTimeOffset>(3),
                row.GuidOrNull(4),
                row.TextOrNull(5),
                row.JsonOrNull(6),
                row.JsonOrNull(7)
            ),
            found => new TimeKey(found.OccurredAt, found.Id),
            cancellation,
            query.CampaignId is { } campaign ? [new NpgsqlParameter<Guid> { TypedValue = campaign }] : []
        );
}
