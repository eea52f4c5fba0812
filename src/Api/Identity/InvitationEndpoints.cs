using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using SchemaHub.Api.Http;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>Who was invited to the caller's organization, and joining another one.</summary>
internal static class InvitationEndpoints
{
    public static void MapInvitations(this IEndpointRouteBuilder api)
    {
        var invitations = api.MapGroup("/invitations").WithTags("Invitations");
        invitations.MapGet("", List).WithSummary("List the invitations").InOrder("in which they were made");
        invitations.MapGet("/{id:guid}", Get).WithSummary("Get an invitation");
        invitations
            .MapPost("", Send)
            .WithSummary("Invite somebody by mail")
            .WithDescription("Whoever is invited already gets the mail again; the link before opens nothing any more.")
            .Produces<InvitationId>(StatusCodes.Status201Created);
        invitations
            .MapPost("/{id:guid}/mails", Resend)
            .WithSummary("Mail an invitation once more")
            .WithDescription("The link before opens nothing any more; the new one works for 7 days.");
        invitations.MapDelete("/{id:guid}", Revoke).WithSummary("Take an invitation back");
    }

    /// <summary>What people do whatever organization they work in, or in none.</summary>
    public static void MapAcceptances(this IEndpointRouteBuilder api) =>
        api.MapPost("/invitations/acceptances", Accept)
            .WithTags("Own account")
            .WithSummary("Accept an invitation")
            .WithDescription("With the account that is signed in, where the invitation went to its address.");

    private static async Task<Paged<PublishedInvitation>> List(
        IMediator mediator,
        CancellationToken cancellation,
        string? status = null,
        int limit = 50,
        string? after = null
    )
    {
        var list = $"invitations {status}";
        var page = await mediator.Send(new ListInvitations(status, limit, PageToken.Read(list, after)), cancellation);
        return new Paged<PublishedInvitation>(page.Items, PageToken.Of(list, page.Next));
    }

    private static Task<PublishedInvitation> Get(Guid id, IMediator mediator, CancellationToken cancellation) =>
        mediator.Send(new GetInvitation(id), cancellation);

    private static async Task<IResult> Send(NewInvitation body, IMediator mediator, CancellationToken cancellation)
    {
        var sent = await mediator.Send(
            new SendInvitation(body.Email!, body.Role ?? "member", body.Message),
            cancellation
        );
        return Results.Created($"/api/v1/invitations/{sent.Stream}", new InvitationId(sent.Stream));
    }

    private static async Task<NoContent> Resend(Guid id, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new ResendInvitation(id), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Revoke(Guid id, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new RevokeInvitation(id), cancellation);
        return TypedResults.NoContent();
    }

    private static Task<AcceptedInvitation> Accept(
        InvitationToken body,
        IMediator mediator,
        CancellationToken cancellation
    ) => mediator.Send(new AcceptInvitation(body.Token ?? ""), cancellation);
}

/// <summary>Somebody to be invited.</summary>
/// <param name="Role">
/// One of the system's (admin, member, moderator, user, viewer) or one of the organization's own; member where left
/// out.
/// </param>
/// <param name="Message">What is written along.</param>
internal sealed record NewInvitation(string? Email, string? Role, string? Message);

/// <summary>An invitation.</summary>
internal sealed record InvitationId(Guid Id);

/// <summary>The last part of an invitation's link.</summary>
internal sealed record InvitationToken(string? Token);
