using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Podcasts;

/// <summary>How often an episode was listened to, as last counted, by UTC hour or UTC day.</summary>
/// <param name="From">The first bucket that is wanted, or an instant within it.</param>
/// <param name="To">Where it ends; not included.</param>
/// <param name="Limit">1 to 1,000.</param>
/// <param name="After">The last entry of the page before.</param>
[Requires("podcasts:read")]
public sealed record EpisodeListeners(
    Guid EpisodeId,
    DateTimeOffset From,
    DateTimeOffset To,
    Bucket By,
    int Limit = 1_000,
    BucketKey? After = null
) : IQuery<EpisodeListening>;

/// <summary>What is counted together.</summary>
public enum Bucket
{
    Hour,
    Day,
}

/// <summary>Where a page of counts ended.</summary>
public sealed record BucketKey(DateTimeOffset At, string EventType);

/// <summary>A part of the counts.</summary>
/// <param name="Next">Where the next page begins, or null at the end.</param>
public sealed record EpisodeListening(IReadOnlyList<Listening> Items, BucketKey? Next);

/// <summary>What happened within one hour or day.</summary>
/// <param name="At">When the hour or day begins, UTC.</param>
/// <param name="UniqueListeners">How many different pseudonyms; unrecognized listeners count as none.</param>
public sealed record Listening(DateTimeOffset At, string EventType, long Events, long UniqueListeners);

internal sealed class EpisodeListenersValidator : AbstractValidator<EpisodeListeners>
{
    private const int MostItems = 1_000;

    public EpisodeListenersValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, MostItems);
        RuleFor(query => query.To).GreaterThan(query => query.From).WithMessage("It lies after from.");
    }
}

internal sealed class EpisodeListenersHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<EpisodeListeners, EpisodeListening>
{
    private const string Hourly = """
        select r.hour, r.event_type, r.event_count, r.unique_listeners
        from podcast.listener_events_hourly r
        where r.episode_id = $1 and r.hour >= $2 and r.hour < $3 and (r.hour, r.event_type) > ($4, $5)
        order by r.hour, r.event_type
        limit $6
        """;

    private const string Daily = """
        select r.day::timestamp at time zone 'UTC', r.event_type, r.event_count, r.unique_listeners
        from podcast.listener_events_daily r
        where r.episode_id = $1 and r.day >= ($2 at time zone 'UTC')::date and r.day < ($3 at time zone 'UTC')
            and (r.day, r.event_type) > (($4 at time zone 'UTC')::date, $5)
        order by r.day, r.event_type
        limit $6
        """;

    private const string Episode = "select e.id from podcast.episodes e where e.id = $1";

    public async Task<EpisodeListening> Handle(EpisodeListeners query, CancellationToken cancellation)
    {
        var unit = query.By == Bucket.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        var from = new DateTimeOffset(query.From.UtcTicks - query.From.UtcTicks % unit.Ticks, TimeSpan.Zero);
        var after = query.After ?? new BucketKey(from, "");
        var rows = await database.Rows(
            context.Tenant,
            query.By == Bucket.Hour ? Hourly : Daily,
            row => new Listening(
                row.GetFieldValue<DateTimeOffset>(0),
                row.GetString(1),
                row.GetInt64(2),
                row.GetInt64(3)
            ),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = query.EpisodeId },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = after.At > from ? after.At : from },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = query.To.ToUniversalTime() },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = after.At },
            new NpgsqlParameter<string> { TypedValue = after.EventType },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        if (rows.Count == 0)
            await RequireEpisode(query.EpisodeId, cancellation);

        if (rows.Count <= query.Limit)
            return new EpisodeListening(rows, Next: null);

        rows.RemoveAt(query.Limit);
        return new EpisodeListening(rows, new BucketKey(rows[^1].At, rows[^1].EventType));
    }

    /// <summary>An episode that nobody heard has empty counts; one that is not there has none.</summary>
    private async Task RequireEpisode(Guid id, CancellationToken cancellation)
    {
        var found = await database.Rows(
            context.Tenant,
            Episode,
            row => row.GetGuid(0),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = id }
        );
        if (found.Count == 0)
            throw new NotFoundException("episode");
    }
}
