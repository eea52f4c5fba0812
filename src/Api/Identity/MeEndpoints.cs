using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Api.Security;
using SchemaHub.Application;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>A signed-in person's own account and sessions.</summary>
internal static class MeEndpoints
{
    private const string List = "sessions";

    public static void MapMe(this IEndpointRouteBuilder api)
    {
        var me = api.MapGroup("/me").WithTags("Own account");
        me.MapGet("", Get).WithSummary("Who am I").WithDescription("With the organizations and the CSRF token.");
        me.MapPut("/profile", ChangeProfile)
            .WithSummary("Replace what you are called")
            .WithDescription("What is left out is removed.");
        me.MapPut("/password", ChangePassword)
            .WithSummary("Set another password")
            .WithDescription("Needs the present one, and ends your other sessions.");
        me.MapDelete("", Remove)
            .WithSummary("Remove your account")
            .WithDescription("Needs the password. You leave every organization and are forgotten.");

        api.MapPost("/sign-out", SignOut).WithTags("Own account").WithSummary("End the session that asks");
        var sessions = api.MapGroup("/sessions").WithTags("Own account");
        sessions.MapGet("", ListSessions).WithSummary("List where you are signed in").InOrder("newest first");
        sessions.MapDelete("/{id:guid}", End).WithSummary("End one of your sessions");
        sessions.MapDelete("", EndOthers).WithSummary("End all of your sessions but this one");
        api.MapPut("/session/organization", Switch)
            .WithTags("Own account")
            .WithSummary("Work in another of your organizations");
    }

    private static async Task<NoContent> SignOut(HttpContext http, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new SignOut(), cancellation);
        SignInCookies.Clear(http);
        return TypedResults.NoContent();
    }

    private static async Task<PublishedMe> Get(IMediator mediator, ICsrfTokens csrf, CancellationToken cancellation)
    {
        var me = await mediator.Send(new GetMe(), cancellation);
        return new PublishedMe(me, me.SessionId is { } session ? csrf.Of(session) : null);
    }

    private static async Task<NoContent> ChangeProfile(
        MemberProfile body,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(
            new ChangeMyProfile(body.Name, body.FirstName, body.LastName, body.AvatarUrl),
            cancellation
        );
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ChangePassword(
        PasswordChange body,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(new ChangeMyPassword(body.Current ?? "", body.Password ?? ""), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Remove(
        [FromBody] OwnPasswordGiven body,
        HttpContext http,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(new RemoveMe(body.Password ?? ""), cancellation);
        SignInCookies.Clear(http);
        return TypedResults.NoContent();
    }

    private static async Task<Paged<LivingSession>> ListSessions(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        var before = after is null ? (Guid?)null : ReadPlace(after);
        var items = await mediator.Send(new ListMySessions(limit, before), cancellation);
        return new Paged<LivingSession>(
            items,
            items.Count == limit ? PageToken.Write(List, items[^1].Id.ToString()) : null
        );
    }

    private static async Task<NoContent> End(Guid id, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new EndMySession(id), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> EndOthers(IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new EndMyOtherSessions(), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Switch(OrganizationId body, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new SwitchOrganization(body.Id), cancellation);
        return TypedResults.NoContent();
    }

    private static Guid ReadPlace(string after) =>
        Guid.TryParseExact(PageToken.Place(List, after), "D", out var id) ? id : throw PageToken.Wrong();
}

/// <summary>A person, as shown to that person.</summary>
/// <param name="CsrfToken">To be repeated in X-CSRF-Token by a browser; programs have no use for it.</param>
internal sealed record PublishedMe(Me Account, string? CsrfToken);

/// <summary>A password to be set.</summary>
/// <param name="Current">The present one.</param>
internal sealed record PasswordChange(string? Current, string? Password);

/// <summary>The password of whoever asks.</summary>
internal sealed record OwnPasswordGiven(string? Password);

/// <summary>An organization, by its id.</summary>
internal sealed record OrganizationId(Guid Id);
