using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Podcasts;

/// <summary>Listener events as they were sent, of one episode or of all, oldest first.</summary>
[Requires("podcasts:read")]
public sealed record ListListenerEvents(TimeSpanOfRows Rows, Guid? EpisodeId = null) : ISeriesQuery<ListenerAct>;

/// <summary>A listener event, as published.</summary>
public sealed record ListenerAct(
    Guid Id,
    Guid EpisodeId,
    string EventType,
    DateTimeOffset OccurredAt,
    string? ListenerId,
    JsonElement? EventData
);

internal sealed class ListListenerEventsValidator : AbstractValidator<ListListenerEvents>
{
    public ListListenerEventsValidator(IValidator<TimeSpanOfRows> rows) =>
        RuleFor(query => query.Rows).SetValidator(rows).OverridePropertyName("");
}

internal sealed class ListListenerEventsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListListenerEvents, PageOfTime<ListenerAct>>
{
    private const string OfAll = """
        select e.id, e.episode_id, e.event_type, e.occurred_at, e.listener_id, e.event_data::text
        from podcast.listener_events e
        where e.occurred_at >= $1 and e.occurred_at < $2 and (e.occurred_at, e.id) > ($3, $4)
        order by e.occurred_at, e.id
        limit $5
        """;

    private const string OfEpisode = """
        select e.id, e.episode_id, e.event_type, e.occurred_at, e.listener_id, e.event_data::text
        from podcast.listener_events e
        where e.episode_id = $6 and e.occurred_at >= $1 and e.occurred_at < $2
            and (e.occurred_at, e.id) > ($3, $4)
        order by e.occurred_at, e.id
        limit $5
        """;

    public Task<PageOfTime<ListenerAct>> Handle(ListListenerEvents query, CancellationToken cancellation) =>
        database.Page(
            context.Tenant,
            query.EpisodeId is null ? OfAll : OfEpisode,
            query,
            row => new ListenerAct(
                row.GetGuid(0),
                row.GetGuid(1),
                row.GetString(2),
                row.GetFieldValue<DateTimeOffset>(3),
                row.TextOrNull(4),
                row.JsonOrNull(5)
            ),
            found => new TimeKey(found.OccurredAt, found.Id),
            cancellation,
            query.EpisodeId is { } episode ? [new NpgsqlParameter<Guid> { TypedValue = episode }] : []
        );
}
