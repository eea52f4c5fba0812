using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>Roles and what they permit.</summary>
internal static class RoleEndpoints
{
    public static void MapRoles(this IEndpointRouteBuilder api)
    {
        var roles = api.MapGroup("/roles").WithTags("Roles");
        roles
            .MapGet("", List)
            .WithSummary("List the roles")
            .WithDescription("The system's and the organization's own.")
            .InOrder("in which they were made");
        roles.MapGet("/{slug}", Get).WithSummary("Get a role").WithDescription("By its name within the organization.");
        roles
            .MapPut("/{slug}", Save)
            .WithSummary("Make or replace a role of the organization")
            .WithDescription("With If-Match only the version it names is replaced.");
        roles
            .MapDelete("/{slug}", Remove)
            .WithSummary("Remove a role of the organization")
            .WithDescription("Refused while members hold it.");
        api.MapGet("/permissions", Permissions)
            .WithTags("Roles")
            .WithSummary("List what roles can permit")
            .InOrderAtOnce("by name", "a few dozen");
    }

    private static async Task<Paged<PublishedRole>> List(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        var page = await mediator.Send(new ListRoles(limit, PageToken.Read("roles", after)), cancellation);
        return new Paged<PublishedRole>(page.Items, PageToken.Of("roles", page.Next));
    }

    private static async Task<PublishedRole> Get(
        string slug,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetRole(slug), cancellation);
        if (found.Version is { } version)
            response.SetVersion(version);

        return found;
    }

    private static async Task<NoContent> Save(
        string slug,
        RoleDescription body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new SaveRole(slug, body.Name!, body.Description, body.Permissions!, EntityTags.Version(ifMatch)),
            cancellation
        );
        response.SetVersion(position.Version);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Remove(string slug, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new RemoveRole(slug), cancellation);
        return TypedResults.NoContent();
    }

    private static Task<IReadOnlyList<PublishedPermission>> Permissions(
        IMediator mediator,
        CancellationToken cancellation
    ) => mediator.Send(new ListPermissions(), cancellation);
}

/// <summary>What a role is called and permits.</summary>
/// <param name="Permissions">Such as <c>contacts:read</c>; these, and no others.</param>
internal sealed record RoleDescription(string? Name, string? Description, IReadOnlyList<string>? Permissions);
