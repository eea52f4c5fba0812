using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>Keys by which programs act for the organization.</summary>
internal static class ApiKeyEndpoints
{
    public static void MapApiKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("API keys");
        keys.MapGet("", List)
            .WithSummary("List the keys")
            .WithDescription("Revoked ones too. No key is shown again.")
            .InOrder("in which they were made");
        keys.MapGet("/{id:guid}", Get).WithSummary("Get a key").WithDescription("Its ETag is its version.");
        keys.MapPost("", Create)
            .WithSummary("Make a key")
            .WithDescription("It is in this answer and nowhere else.")
            .Produces<NewApiKey>(StatusCodes.Status201Created);
        keys.MapPut("/{id:guid}", Change).WithSummary("Describe a key anew");
        keys.MapPost("/{id:guid}/rotations", Rotate)
            .WithSummary("Give a key another secret")
            .WithDescription(
                "It is in this answer and nowhere else. The one before opens for as many hours more as `graceHours` "
                    + "says, up to 168: 0 after a leak. Left out: 24 where the key has a rotation policy, or else 0."
            );
        keys.MapDelete("/{id:guid}", Revoke).WithSummary("Revoke a key").WithDescription("For good.");
    }

    private static async Task<Paged<PublishedApiKey>> List(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        var page = await mediator.Send(new ListApiKeys(limit, PageToken.Read("keys", after)), cancellation);
        return new Paged<PublishedApiKey>(page.Items, PageToken.Of("keys", page.Next));
    }

    private static async Task<PublishedApiKey> Get(
        Guid id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetApiKey(id), cancellation);
        response.SetVersion(found.Version);
        return found;
    }

    private static async Task<IResult> Create(NewKey body, IMediator mediator, CancellationToken cancellation)
    {
        var made = await mediator.Send(
            new CreateApiKey(
                body.Name!,
                body.Test,
                body.Description,
                body.UserId,
                body.ExpiresAt,
                body.RotationPolicy ?? RotationPolicies.Manual,
                body.Scopes
            ),
            cancellation
        );
        return Results.Created($"/api/v1/keys/{made.Id}", made);
    }

    private static async Task<NoContent> Change(
        Guid id,
        KeyDescription body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new ChangeApiKey(id, body.Name!, body.Description, EntityTags.RequireVersion(ifMatch)),
            cancellation
        );
        response.SetVersion(position.Version);
        return TypedResults.NoContent();
    }

    private static Task<NewApiKey> Rotate(
        Guid id,
        IMediator mediator,
        CancellationToken cancellation,
        int? graceHours = null
    ) => mediator.Send(new RotateApiKey(id, graceHours), cancellation);

    private static async Task<NoContent> Revoke(
        Guid id,
        IMediator mediator,
        CancellationToken cancellation,
        string? reason = null
    )
    {
        await mediator.Send(new RevokeApiKey(id, reason), cancellation);
        return TypedResults.NoContent();
    }
}

/// <summary>A key to be made.</summary>
/// <param name="Test">A key for trying things out (sk_test_…).</param>
/// <param name="UserId">
/// The member who holds it; the maker where left out. A key held by another member is for programs of the organization.
/// </param>
/// <param name="ExpiresAt">UTC; it does not expire where it is left out.</param>
/// <param name="RotationPolicy">manual, 30d, 60d, 90d, 180d or 365d.</param>
/// <param name="Scopes">
/// The permissions it carries, as far as holder and maker have them at any time: only such as the maker has. All of
/// those where it is left out.
/// </param>
internal sealed record NewKey(
    string? Name,
    string? Description,
    bool Test,
    Guid? UserId,
    DateTimeOffset? ExpiresAt,
    string? RotationPolicy,
    IReadOnlyList<string>? Scopes
);

/// <summary>What a key is called.</summary>
internal sealed record KeyDescription(string? Name, string? Description);
