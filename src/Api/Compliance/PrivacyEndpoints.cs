using System.Text.Json;
using MediatR;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;

namespace SchemaHub.Api.Compliance;

/// <summary>What persons demand under the GDPR.</summary>
internal static class PrivacyEndpoints
{
    private const string Zip = "application/zip";

    private static readonly TimeSpan WholeArchiveTimeout = TimeSpan.FromMinutes(10);

    public static void MapPrivacyRequests(this IEndpointRouteBuilder api)
    {
        var requests = api.MapGroup("/privacy-requests").WithTags("Privacy");
        requests
            .MapPost("", Open)
            .WithSummary("Take in what a person demands")
            .WithDescription(
                "`type` is `access`, `rectification`, `erasure`, `restriction`, `portability` or `objection`. Whom it "
                    + "is about is said once: `email` or `contactId` of a contact, `userId` of a member. One month to "
                    + "do it."
            )
            .Produces<ChangedRequest>(StatusCodes.Status201Created);
        requests
            .MapGet("", List)
            .WithSummary("List what persons demanded")
            .WithDescription("`overdue=true` lists those whose last day is over.")
            .InOrder("newest first");
        requests.MapGet("/{id:guid}", Get).WithSummary("Get what a person demanded");
        requests
            .MapPost("/{id:guid}/fulfilment", Fulfil)
            .WithSummary("Do what a person demanded")
            .WithDescription(
                "Makes the archive, erases, restricts (`ground`), puts right (`fields`) or ends every consent. "
                    + "Repeated after a failure, nothing is done twice."
            )
            .WithRequestTimeout(WholeArchiveTimeout);
        requests
            .MapPost("/{id:guid}/extension", Extend)
            .WithSummary("Take two more months")
            .WithDescription("Once, within the first; the person is told why (GDPR Art. 12(3)).");
        requests
            .MapPost("/{id:guid}/rejection", Reject)
            .WithSummary("Reject what a person demanded")
            .WithDescription("`ground` is `identity_unproven`, `unfounded`, `excessive` or `exempt`.");
        requests.MapPost("/{id:guid}/cancellation", Cancel).WithSummary("Note that the person took it back");
        requests
            .MapGet("/{id:guid}/archive", Download)
            .WithSummary("Fetch the archive made for a person")
            .WithDescription("One zip: data.json, index.html and, of a contact, proof.json. Kept for a month.")
            .Produces<Stream>(StatusCodes.Status200OK, Zip)
            .WithRequestTimeout(WholeArchiveTimeout);
        requests
            .MapGet("/{id:guid}/proof", Prove)
            .WithSummary("Prove what became of a demand")
            .WithDescription("One JSON file that `schemahub verify` checks offline; it holds when the person is gone.")
            .Produces<string>(StatusCodes.Status200OK, "application/json")
            .WithRequestTimeout(WholeArchiveTimeout);
    }

    /// <summary>The same for a person about their own account.</summary>
    public static void MapOwnPrivacyRequests(this IEndpointRouteBuilder api)
    {
        var own = api.MapGroup("/me/privacy-requests").WithTags("Own account");
        own.MapPost("", OpenOwn)
            .WithSummary("Demand something about one's own account")
            .WithDescription("`type` is `access`, `portability`, `rectification`, `erasure` or `restriction`.")
            .Produces<ChangedRequest>(StatusCodes.Status201Created);
        own.MapGet("", ListOwn).WithSummary("List what was demanded about one's own account").InOrder("newest first");
        own.MapPost("/{id:guid}/fulfilment", FulfilOwn)
            .WithSummary("Have it done at once")
            .WithDescription("An erasure removes the account for good, and needs the password.")
            .WithRequestTimeout(WholeArchiveTimeout);
        own.MapPost("/{id:guid}/cancellation", CancelOwn).WithSummary("Take it back");
        own.MapGet("/{id:guid}/archive", DownloadOwn)
            .WithSummary("Fetch the archive about one's own account")
            .Produces<Stream>(StatusCodes.Status200OK, Zip)
            .WithRequestTimeout(WholeArchiveTimeout);
    }

    private static async Task<IResult> Open(
        NewPrivacyRequest body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new OpenPrivacyRequest(body.Type!, body.Email, body.ContactId, body.UserId, body.RequestedAt, body.Note),
            cancellation
        );
        response.SetVersion(position.Version);
        return Results.Created($"/api/v1/privacy-requests/{position.Stream}", ChangedRequest.Of(position));
    }

    private static async Task<Paged<PublishedPrivacyRequest>> List(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null,
        string? status = null,
        bool overdue = false
    )
    {
        var list = $"privacy-requests status={status} overdue={overdue}";
        return Page(
            list,
            await mediator.Send(new ListPrivacyRequests(status, overdue, limit, Read(list, after)), cancellation)
        );
    }

    private static Task<PublishedPrivacyRequest> Get(Guid id, IMediator mediator, CancellationToken cancellation) =>
        mediator.Send(new GetPrivacyRequest(id), cancellation);

    private static Task<ChangedRequest> Fulfil(
        Guid id,
        Fulfilment body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(mediator, new FulfilPrivacyRequest(id, body.Fields?.ToFields(), body.Ground), response, cancellation);

    private static Task<ChangedRequest> Extend(
        Guid id,
        Extension body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(mediator, new ExtendPrivacyRequest(id, body.Reason!), response, cancellation);

    private static Task<ChangedRequest> Reject(
        Guid id,
        Rejection body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(mediator, new RejectPrivacyRequest(id, body.Ground!, body.Reason!), response, cancellation);

    private static Task<ChangedRequest> Cancel(
        Guid id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(mediator, new CancelPrivacyRequest(id), response, cancellation);

    private static async Task<IResult> Download(Guid id, IMediator mediator, CancellationToken cancellation) =>
        Results.Stream(await mediator.Send(new FetchPrivacyArchive(id), cancellation), Zip, $"archive-{id}.zip");

    private static async Task<IResult> Prove(Guid id, IMediator mediator, CancellationToken cancellation) =>
        Results.Content(await mediator.Send(new ProvePrivacyRequest(id), cancellation), "application/json");

    private static async Task<IResult> OpenOwn(
        OwnDemand body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new OpenOwnPrivacyRequest(body.Type!, body.Note, body.Password),
            cancellation
        );
        response.SetVersion(position.Version);
        return Results.Created($"/api/v1/me/privacy-requests/{position.Stream}", ChangedRequest.Of(position));
    }

    private static async Task<Paged<PublishedPrivacyRequest>> ListOwn(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        const string list = "own privacy-requests";
        return Page(list, await mediator.Send(new ListOwnPrivacyRequests(limit, Read(list, after)), cancellation));
    }

    private static Task<ChangedRequest> FulfilOwn(
        Guid id,
        OwnFulfilment body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        Send(mediator, new FulfilOwnPrivacyRequest(id, body.Fields?.ToFields(), body.Password), response, cancellation);

    private static Task<ChangedRequest> CancelOwn(
        Guid id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(mediator, new CancelOwnPrivacyRequest(id), response, cancellation);

    private static async Task<IResult> DownloadOwn(Guid id, IMediator mediator, CancellationToken cancellation) =>
        Results.Stream(await mediator.Send(new FetchOwnPrivacyArchive(id), cancellation), Zip, $"archive-{id}.zip");

    private static async Task<ChangedRequest> Send(
        IMediator mediator,
        IRequest<Position> command,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(command, cancellation);
        response.SetVersion(position.Version);
        return ChangedRequest.Of(position);
    }

    private static Paged<PublishedPrivacyRequest> Page(string list, PrivacyRequestPage page) =>
        new(page.Items, page.Next is { } next ? PageToken.Write(list, $"{next}") : null);

    private static Guid? Read(string list, string? after) =>
        after is null ? null
        : Guid.TryParse(PageToken.Place(list, after), out var id) ? id
        : throw PageToken.Wrong();
}

/// <summary>A demand.</summary>
/// <param name="Email">Of a contact, known or not. It is not kept.</param>
/// <param name="RequestedAt">When it reached you; now where left out.</param>
/// <param name="Note">For those who work on it.</param>
internal sealed record NewPrivacyRequest(
    string? Type,
    string? Email,
    long? ContactId,
    Guid? UserId,
    DateTimeOffset? RequestedAt,
    string? Note
);

/// <summary>A demand about one's own account.</summary>
/// <param name="Password">Your own; an erasure needs it.</param>
internal sealed record OwnDemand(string? Type, string? Note, string? Password);

/// <summary>What a fulfilment takes beside a demand about one's own account.</summary>
/// <param name="Fields">Of a rectification.</param>
/// <param name="Password">Your own; an erasure needs it.</param>
internal sealed record OwnFulfilment(Rectification? Fields, string? Password);

/// <summary>What a fulfilment takes beside the demand.</summary>
/// <param name="Fields">Of a rectification.</param>
/// <param name="Ground">Of a restriction.</param>
internal sealed record Fulfilment(Rectification? Fields, string? Ground);

/// <summary>What is put right; what is left out stays.</summary>
internal sealed record Rectification(
    string? Name,
    JsonElement? Metadata,
    string? FirstName,
    string? LastName,
    string? AvatarUrl
)
{
    public RectifiedFields ToFields() => new(Name, Metadata, FirstName, LastName, AvatarUrl);
}

/// <summary>More time.</summary>
/// <param name="Reason">As the person is told.</param>
internal sealed record Extension(string? Reason);

/// <summary>A refusal.</summary>
/// <param name="Reason">As the person is told.</param>
internal sealed record Rejection(string? Ground, string? Reason);

/// <summary>What became of a change.</summary>
/// <param name="Id">The demand.</param>
internal sealed record ChangedRequest(Guid Id, long Version, long? Position)
{
    public static ChangedRequest Of(Position position) =>
        new(position.Stream, position.Version, position.Sequence == 0 ? null : position.Sequence);
}
