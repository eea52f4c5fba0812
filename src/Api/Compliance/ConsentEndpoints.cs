using MediatR;
using SchemaHub.Api.Http;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.Compliance;

/// <summary>What people agreed to, now and at any instant before.</summary>
internal static class ConsentEndpoints
{
    private const int DaysUnlessNamed = 30;

    private static readonly TimeSpan WholeListTimeout = TimeSpan.FromMinutes(10);

    public static void MapConsent(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Consent");
        group
            .MapGet("/contacts/{id:long}/history", History)
            .WithSummary("List a contact's consents and withdrawals")
            .InOrder("oldest first");
        group
            .MapGet("/contacts/{id:long}/consent", Replay)
            .WithSummary("Replay a contact's consent")
            .WithDescription(
                "What the person had agreed to at an instant (now where `at` is left out), the event that made it so, "
                    + "and the events before it."
            );
        group
            .MapGet("/contacts/{id:long}/consent/proof", Prove)
            .WithSummary("Prove a contact's consent")
            .WithDescription("One JSON file that `schemahub verify` checks offline, with the public key.")
            .Produces<string>(StatusCodes.Status200OK, "application/json")
            .WithRequestTimeout(WholeListTimeout);
        group
            .MapGet("/consent/as-of", AsOf)
            .WithSummary("List everyone who could be written to at an instant")
            .WithDescription("One JSON object a line, for a list of any size.")
            .InOrderAtOnce("none that is promised", "one line after the other")
            .WithRequestTimeout(WholeListTimeout);
        group
            .MapGet("/consent/stats", Statistics)
            .WithSummary("Count consents and withdrawals by day")
            .WithDescription($"UTC days; the last {DaysUnlessNamed} where none are named, 366 at most.")
            .InOrderAtOnce("by day and purpose, oldest first", "366 days at most");
    }

    private static async Task<Paged<ConsentEntry>> History(
        long id,
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        var list = $"history of {id}";
        var page = await mediator.Send(new ListConsentHistory(id, limit, PageToken.Read(list, after)), cancellation);
        return new Paged<ConsentEntry>(page.Items, PageToken.Of(list, page.Next));
    }

    private static Task<ConsentReplay> Replay(
        long id,
        IMediator mediator,
        CancellationToken cancellation,
        string? at = null
    ) => mediator.Send(new ReplayConsent(id, Instants.Parse("at", at)), cancellation);

    private static async Task<IResult> Prove(long id, IMediator mediator, CancellationToken cancellation) =>
        Results.Content(await mediator.Send(new ProveConsent(id), cancellation), "application/json");

    private static async Task<LineStream<ReachableContact>> AsOf(
        IMediator mediator,
        CancellationToken cancellation,
        string? at = null,
        string purpose = Purposes.Newsletter
    ) => new(await mediator.Send(new ConsentAsOf(Instants.Require("at", at), purpose), cancellation));

    private static Task<IReadOnlyList<ConsentCount>> Statistics(
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellation,
        DateOnly? from = null,
        DateOnly? to = null
    )
    {
        var last = to ?? (from is null ? Today(clock) : DaysFrom(from.Value, DaysUnlessNamed - 1));
        return mediator.Send(new ConsentStatistics(from ?? DaysFrom(last, 1 - DaysUnlessNamed), last), cancellation);
    }

    private static DateOnly Today(TimeProvider clock) => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    // Within the days there are: anybody may ask about the year 9999.
    private static DateOnly DaysFrom(DateOnly day, int days) =>
        DateOnly.FromDayNumber(Math.Clamp(day.DayNumber + days, 0, DateOnly.MaxValue.DayNumber));
}
