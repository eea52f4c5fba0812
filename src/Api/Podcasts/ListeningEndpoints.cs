using MediatR;
using SchemaHub.Api.Http;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Api.Podcasts;

/// <summary>Telemetry as it is read again: counted, and row by row.</summary>
internal static class ListeningEndpoints
{
    private const string Order = "oldest first";
    private const int MostCounts = 1_000;

    public static void MapListening(this IEndpointRouteBuilder api)
    {
        var podcast = api.MapGroup("/podcast").WithTags("Telemetry");
        podcast
            .MapGet("/episodes/{id:guid}/listeners", Listeners)
            .WithSummary("Count an episode's listeners")
            .WithDescription(
                "By UTC hour or day, as last counted: hours every hour, days every day. The last day, or the last 30 "
                    + "days, unless from and to say otherwise."
            )
            .WithMetadata(
                new ListOrder("by hour or day, oldest first, then by event type")
                {
                    Default = MostCounts,
                    Most = MostCounts,
                }
            );
        podcast.MapGet("/listener-events", Events).WithSummary("List listener events").InOrder(Order);
        podcast.MapGet("/attribution-events", Claims).WithSummary("List attribution events").InOrder(Order);
        podcast.MapGet("/listener-metrics", Metrics).WithSummary("List listener metrics").InOrder(Order);
    }

    private static async Task<Paged<Listening>> Listeners(
        Guid id,
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellation,
        string? from = null,
        string? to = null,
        string by = "hour",
        int limit = MostCounts,
        string? after = null
    )
    {
        var bucket = by switch
        {
            "hour" => Bucket.Hour,
            "day" => Bucket.Day,
            _ => throw new MalformedRequestException("by", "It is hour or day."),
        };
        var until = Instants.Parse("to", to) ?? clock.GetUtcNow();
        var since = Instants.Parse("from", from) ?? until.AddDays(bucket == Bucket.Hour ? -1 : -30);
        var list = $"listeners {id} by={by} from={from} to={to}";
        var page = await mediator.Send(
            new EpisodeListeners(id, since, until, bucket, limit, TimeTokens.ReadBucket(list, after)),
            cancellation
        );
        return new Paged<Listening>(page.Items, TimeTokens.Of(list, page.Next));
    }

    private static async Task<Paged<ListenerAct>> Events(
        IMediator mediator,
        CancellationToken cancellation,
        string? from = null,
        string? to = null,
        int limit = 50,
        string? after = null,
        Guid? episodeId = null
    )
    {
        var list = $"listener-events episodeId={episodeId} from={from} to={to}";
        var page = await mediator.Send(
            new ListListenerEvents(Rows(list, from, to, limit, after), episodeId),
            cancellation
        );
        return new Paged<ListenerAct>(page.Items, TimeTokens.Of(list, page.Next));
    }

    private static async Task<Paged<Claim>> Claims(
        IMediator mediator,
        CancellationToken cancellation,
        string? from = null,
        string? to = null,
        int limit = 50,
        string? after = null,
        Guid? campaignId = null
    )
    {
        var list = $"attribution-events campaignId={campaignId} from={from} to={to}";
        var page = await mediator.Send(
            new ListAttributionEvents(Rows(list, from, to, limit, after), campaignId),
            cancellation
        );
        return new Paged<Claim>(page.Items, TimeTokens.Of(list, page.Next));
    }

    private static async Task<Paged<ListenerMetric>> Metrics(
        IMediator mediator,
        CancellationToken cancellation,
        string? from = null,
        string? to = null,
        int limit = 50,
        string? after = null,
        Guid? episodeId = null
    )
    {
        var list = $"listener-metrics episodeId={episodeId} from={from} to={to}";
        var page = await mediator.Send(
            new ListListenerMetrics(Rows(list, from, to, limit, after), episodeId),
            cancellation
        );
        return new Paged<ListenerMetric>(page.Items, TimeTokens.Of(list, page.Next));
    }

    private static TimeSpanOfRows Rows(string list, string? from, string? to, int limit, string? after) =>
        new(Instants.Parse("from", from), Instants.Parse("to", to), limit, TimeTokens.Read(list, after));
}
