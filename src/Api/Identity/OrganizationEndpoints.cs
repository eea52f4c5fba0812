using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>The caller's organization and who belongs to it.</summary>
internal static class OrganizationEndpoints
{
    /// <summary>What people do whatever organization they work in, or in none.</summary>
    public static void MapMyOrganizations(this IEndpointRouteBuilder api)
    {
        api.MapGet("/organizations", ListMine)
            .WithTags("Own account")
            .WithSummary("List the organizations of whoever is signed in")
            .InOrder("in which they were founded");
        api.MapPost("/organizations", Found)
            .WithTags("Own account")
            .WithSummary("Found another organization")
            .WithDescription("Whoever is signed in becomes its owner. It begins on the free plan.")
            .Produces<FoundedOrganization>(StatusCodes.Status201Created);
    }

    public static void MapOrganization(this IEndpointRouteBuilder api)
    {
        var organization = api.MapGroup("/organization").WithTags("Organization");
        organization.MapGet("", Get).WithSummary("Get the organization").WithDescription("Its ETag is its version.");
        organization.MapPut("", Rename).WithSummary("Rename the organization").WithDescription("The slug stays.");
        organization
            .MapPut("/owner", Transfer)
            .WithSummary("Make another member the owner")
            .WithDescription("Needs the owner's password. The owner before stays, as an administrator.");
        organization
            .MapPost("/leave", Leave)
            .WithTags("Own account")
            .WithSummary("Leave the organization")
            .WithDescription("The owner makes another member the owner first.");
        organization
            .MapDelete("", Close)
            .WithSummary("Close the organization")
            .WithDescription(
                "Needs the owner's password. Its keys open nothing any more, its invitations are taken back. What it "
                    + "did and whom it wrote to stays on record."
            );
    }

    public static void MapMembers(this IEndpointRouteBuilder api)
    {
        var members = api.MapGroup("/members").WithTags("Members");
        members.MapGet("", List).WithSummary("List the members").InOrder("by account, oldest first");
        members.MapGet("/{id:guid}", GetMember).WithSummary("Get a member");
        members.MapPut("/{id:guid}/role", ChangeRole).WithSummary("Give a member another role");
        members
            .MapPut("/{id:guid}/active", SetActive)
            .WithSummary("Suspend a membership, or end the suspension")
            .WithDescription("In this organization only. The account, and its other memberships, stay as they are.");
        members
            .MapDelete("/{id:guid}", Remove)
            .WithSummary("Let a member go")
            .WithDescription(
                "The account stays. API keys that they made or that act for them are revoked. An owner goes after "
                    + "ownership has moved."
            );
    }

    private static async Task<IResult> Found(NewOrganization body, IMediator mediator, CancellationToken cancellation)
    {
        var id = await mediator.Send(new FoundOrganization(body.Name!, body.Slug!), cancellation);
        return Results.Created("/api/v1/organizations", new FoundedOrganization(id));
    }

    private static async Task<Paged<MyOrganization>> ListMine(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        var page = await mediator.Send(
            new ListMyOrganizations(limit, PageToken.Read("organizations", after)),
            cancellation
        );
        return new Paged<MyOrganization>(page.Items, PageToken.Of("organizations", page.Next));
    }

    private static async Task<NoContent> Leave(IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new LeaveOrganization(), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<PublishedOrganization> Get(
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetOrganization(), cancellation);
        response.SetVersion(found.Version);
        return found;
    }

    private static async Task<NoContent> Rename(
        OrganizationName body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new RenameOrganization(body.Name!, EntityTags.RequireVersion(ifMatch)),
            cancellation
        );
        response.SetVersion(position.Version);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Transfer(NewOwner body, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new TransferOwnership(body.Id, body.Password), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Close(
        [FromBody] OwnPasswordGiven? body,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(new CloseOrganization(body?.Password), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Paged<PublishedMember>> List(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        var page = await mediator.Send(new ListMembers(limit, PageToken.Read("members", after)), cancellation);
        return new Paged<PublishedMember>(page.Items, PageToken.Of("members", page.Next));
    }

    private static Task<PublishedMember> GetMember(Guid id, IMediator mediator, CancellationToken cancellation) =>
        mediator.Send(new GetMember(id), cancellation);

    private static async Task<NoContent> ChangeRole(
        Guid id,
        MemberRole body,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(new ChangeMemberRole(id, body.Role ?? ""), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> SetActive(
        Guid id,
        MemberActive body,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(new SetMemberActive(id, body.Active), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Remove(Guid id, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new RemoveMember(id), cancellation);
        return TypedResults.NoContent();
    }
}

/// <summary>An organization to be founded.</summary>
/// <param name="Slug">Its name in URLs: 1 to 63 lower-case letters, digits and hyphens.</param>
internal sealed record NewOrganization(string? Name, string? Slug);

/// <summary>An organization that was just founded.</summary>
internal sealed record FoundedOrganization(Guid Id);

/// <summary>What of an organization can be replaced.</summary>
internal sealed record OrganizationName(string? Name);

/// <summary>The member that becomes the owner.</summary>
/// <param name="Id">Of the account.</param>
/// <param name="Password">The present owner's.</param>
internal sealed record NewOwner(Guid Id, string? Password);

/// <summary>The role a member gets.</summary>
internal sealed record MemberRole(string? Role);

/// <summary>Whether the membership gives access to the organization.</summary>
internal sealed record MemberActive(bool Active);

/// <summary>What somebody is called. What is left out is removed.</summary>
internal sealed record MemberProfile(string? Name, string? FirstName, string? LastName, string? AvatarUrl);
