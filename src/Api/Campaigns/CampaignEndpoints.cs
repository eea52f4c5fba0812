using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.Campaigns;

/// <summary>Campaigns: drafting, and everything up to the last outcome.</summary>
internal static class CampaignEndpoints
{
    public static void MapCampaigns(this IEndpointRouteBuilder api)
    {
        var campaigns = api.MapGroup("/campaigns").WithTags("Campaigns");
        campaigns.MapDrafts();
        campaigns.MapSending();
        campaigns.MapOutcomes();
    }

    private static void MapDrafts(this RouteGroupBuilder campaigns)
    {
        campaigns
            .MapPost("", Draft)
            .WithSummary("Draft a campaign")
            .WithDescription("One mail to everybody whose consent for its purpose is in force when sending begins.")
            .Produces<Changed>(StatusCodes.Status201Created);
        campaigns.MapGet("", List).WithSummary("List the campaigns").InOrder("newest first");
        campaigns.MapGet("/{id:long}", Get).WithSummary("Get a campaign").WithDescription("Its ETag is its version.");
        campaigns
            .MapPut("/{id:long}", Replace)
            .WithSummary("Replace a draft")
            .WithDescription("If-Match names the version that is replaced.");
        campaigns
            .MapDelete("/{id:long}", Discard)
            .WithSummary("Throw a draft away")
            .WithDescription("If-Match names the version. A campaign that began stays as evidence.");
        campaigns
            .MapPost("/audiences", Count)
            .WithSummary("Count who a campaign would go to")
            .WithDescription(
                "Everybody with a consent for the purpose in force now, whose metadata contains the filter."
            );
    }

    private static void MapSending(this RouteGroupBuilder campaigns)
    {
        campaigns
            .MapPut("/{id:long}/schedule", Schedule)
            .WithSummary("Let a campaign begin by itself")
            .WithDescription("At a time to come, UTC.");
        campaigns
            .MapDelete("/{id:long}/schedule", To(id => new UnscheduleCampaign(id)))
            .WithSummary("Take the schedule back")
            .WithDescription("It is a draft again.");
        campaigns
            .MapPost("/{id:long}/start", To(id => new StartCampaign(id)))
            .WithSummary("Begin sending now")
            .WithDescription("What is sent is frozen now, and to whom a moment later.");
        campaigns
            .MapPost("/{id:long}/pause", To(id => new PauseCampaign(id)))
            .WithSummary("Pause a campaign")
            .WithDescription("Within a second; what is being handed over at this moment still goes out.");
        campaigns
            .MapPost("/{id:long}/resume", To(id => new ResumeCampaign(id)))
            .WithSummary("Let a paused campaign go on")
            .WithDescription("Where it stopped.");
        campaigns
            .MapPost("/{id:long}/cancel", To(id => new CancelCampaign(id)))
            .WithSummary("End a campaign here")
            .WithDescription("Who was not written to yet is not.");
    }

    private static void MapOutcomes(this RouteGroupBuilder campaigns)
    {
        campaigns
            .MapGet("/{id:long}/progress", Progress)
            .WithSummary("How far a campaign is")
            .WithDescription("Cheap enough to be asked every second.");
        campaigns
            .MapGet("/{id:long}/progress/events", Follow)
            .WithSummary("Follow how far a campaign is")
            .WithDescription("Server-sent events, whenever it changes, until the campaign is over.")
            .DisableRequestTimeout();
        campaigns
            .MapGet("/{id:long}/stats", Stats)
            .WithSummary("What became of a campaign's mails")
            .WithDescription("As last counted. Openings and clicks are people's who agreed to be measured.");
        campaigns
            .MapGet("/{id:long}/deliveries", Deliveries)
            .WithSummary("List a campaign's mails")
            .WithDescription("One per recipient, with the consent that allowed it and what became of it.")
            .InOrder("in which they are sent");
    }

    private static async Task<IResult> Draft(
        CampaignDraft body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(body.ToCommand(id: null, version: null), cancellation);
        response.SetVersion(position.Version);
        return Results.Created($"/api/v1/campaigns/{position.Number}", Changed.Of(position));
    }

    private static async Task<Paged<PublishedCampaign>> List(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null,
        string? status = null
    )
    {
        var list = $"campaigns status={status}";
        var page = await mediator.Send(new ListCampaigns(limit, PageToken.Read(list, after), status), cancellation);
        return new Paged<PublishedCampaign>(page.Items, PageToken.Of(list, page.Next));
    }

    private static async Task<PublishedCampaign> Get(
        long id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetCampaign(id), cancellation);
        response.SetVersion(found.Version);
        return found.Campaign;
    }

    private static Task<Changed> Replace(
        long id,
        CampaignDraft body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => mediator.Change(body.ToCommand(id, EntityTags.RequireVersion(ifMatch)), response, cancellation);

    private static Task<Changed> Discard(
        long id,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => mediator.Change(new DiscardCampaign(id, EntityTags.RequireVersion(ifMatch)), response, cancellation);

    private static Task<Changed> Schedule(
        long id,
        CampaignSchedule body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        mediator.Change(
            new ScheduleCampaign(id, body.At ?? throw new MalformedRequestException("at", "It is required.")),
            response,
            cancellation
        );

    /// <summary>What a route without a body does to a campaign.</summary>
    private static Func<long, IMediator, HttpResponse, CancellationToken, Task<Changed>> To(
        Func<long, ICommand> command
    ) => (id, mediator, response, cancellation) => mediator.Change(command(id), response, cancellation);

    private static Task<CampaignProgress> Progress(long id, IMediator mediator, CancellationToken cancellation) =>
        mediator.Send(new GetProgress(id), cancellation);

    private static async Task<EventStream> Follow(
        long id,
        CommandContext context,
        IMediator mediator,
        RunAs runAs,
        HttpContext http,
        CancellationToken cancellation
    )
    {
        // Somebody else's, or none, is told so before the stream begins.
        await mediator.Send(new GetProgress(id), cancellation);
        return new EventStream(CampaignEvents.Follow(id, context, runAs, http.RequestAborted));
    }

    private static Task<CampaignStats> Stats(long id, IMediator mediator, CancellationToken cancellation) =>
        mediator.Send(new GetCampaignStats(id), cancellation);

    private static async Task<Paged<CampaignDelivery>> Deliveries(
        long id,
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null,
        string? status = null,
        bool? inDoubt = null
    )
    {
        var list = $"campaigns/{id}/deliveries status={status} inDoubt={inDoubt}";
        var page = await mediator.Send(
            new ListDeliveries(id, limit, PageToken.Read(list, after), status, inDoubt),
            cancellation
        );
        return new Paged<CampaignDelivery>(page.Items, PageToken.Of(list, page.Next));
    }

    private static async Task<AudienceSize> Count(Audience body, IMediator mediator, CancellationToken cancellation) =>
        new(await mediator.Send(new CountRecipients(body.Purpose ?? Purposes.Newsletter, body.Filter), cancellation));
}

/// <summary>A campaign to be drafted.</summary>
/// <param name="TemplateId">The template that is sent.</param>
/// <param name="Subject">In place of the template's, with the same variables.</param>
/// <param name="Purpose">Goes to those who agreed to it; <c>newsletter</c> unless named.</param>
/// <param name="Filter">A JSON object that a recipient's metadata contains; everybody where left out.</param>
internal sealed record CampaignDraft(
    string? Name,
    long? TemplateId,
    string? Subject,
    string? Purpose,
    JsonElement? Filter
)
{
    public DraftCampaign ToCommand(long? id, long? version) =>
        new(id, Name ?? "", TemplateId ?? 0, Subject, Purpose ?? Purposes.Newsletter, Filter, version);
}

/// <summary>When a campaign is to begin.</summary>
/// <param name="At">An instant to come.</param>
internal sealed record CampaignSchedule(DateTimeOffset? At);

/// <summary>Who a campaign would go to.</summary>
internal sealed record Audience(string? Purpose, JsonElement? Filter);

/// <summary>How many it would go to now.</summary>
internal sealed record AudienceSize(long Recipients);
