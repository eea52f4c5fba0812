using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using SchemaHub.Api.Http;
using SchemaHub.Api.Security;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>What strangers do to become somebody: sign up, verify, sign in, ask for another password.</summary>
internal static class SignInEndpoints
{
    private const string Tag = "Signing in";

    public static void MapSigningIn(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").WithTags(Tag).AllowAnonymous();
        MapMailed(api);
        api.MapPost("/sign-in", SignIn)
            .WithSummary("Sign in with a browser")
            .WithDescription(
                "Sets a cookie. What changes something then repeats the csrfToken of this answer in X-CSRF-Token."
            )
            .Produces<BrowserSession>();
        api.MapPost("/tokens", GetTokens)
            .WithSummary("Sign in with a program")
            .WithDescription("The access token goes into `Authorization: Bearer at_…` and works for 15 minutes.")
            .Produces<ProgramTokens>();
        api.MapPost("/tokens/refresh", Refresh)
            .WithSummary("Get new tokens for a refresh token")
            .WithDescription("It works once. Shown again later, it ends the session: somebody else may have it.")
            .Produces<ProgramTokens>();
    }

    private static void MapMailed(RouteGroupBuilder api)
    {
        api.MapPost("/sign-up", SignUp)
            .RequireRateLimiting(Limits.PublicForms)
            .WithSummary("Open an account")
            .WithDescription(
                "What follows is in a mail. The answer is the same whether there is an account already. Only the "
                    + "address is kept: name and password are given with the token of the link."
            )
            .Produces(StatusCodes.Status202Accepted);
        api.MapPost("/email-verifications", RequestVerification)
            .RequireRateLimiting(Limits.PublicForms)
            .WithSummary("Ask for another link that verifies an address")
            .Produces(StatusCodes.Status202Accepted);
        api.MapPost("/email-verifications/confirm", Confirm)
            .RequireRateLimiting(Limits.PublicForms)
            .WithSummary("Verify an address by the token of its link")
            .WithDescription("Sets the account's password, and its name where one is given.");
        api.MapPost("/password-resets", RequestReset)
            .RequireRateLimiting(Limits.PublicForms)
            .WithSummary("Ask for a link that sets another password")
            .Produces(StatusCodes.Status202Accepted);
        api.MapPost("/password-resets/confirm", Reset)
            .RequireRateLimiting(Limits.PublicForms)
            .WithSummary("Set another password by the token of a link")
            .WithDescription("Ends every session of the account.");
        api.MapPost("/device-links", RequestDeviceLink)
            .RequireRateLimiting(Limits.PublicForms)
            .WithSummary("Ask for a link that makes a device known")
            .WithDescription("A known device may sign in while strangers guess at the account.")
            .Produces(StatusCodes.Status202Accepted);
        api.MapPost("/device-links/confirm", ConfirmDevice)
            .RequireRateLimiting(Limits.PublicForms)
            .WithSummary("Make a device known by the token of a link")
            .WithDescription("Sets a cookie; a program sends `device` of this answer with its sign-ins.");
    }

    private static Task<IResult> SignUp(NewAccount body, IMediator mediator, CancellationToken cancellation) =>
        Accept(new SignUp(body.Email!, body.Password, body.Name), mediator, cancellation);

    private static Task<IResult> RequestVerification(
        AccountAddress body,
        IMediator mediator,
        CancellationToken cancellation
    ) => Accept(new RequestVerification(body.Email!), mediator, cancellation);

    private static async Task<NoContent> Confirm(
        NewCredentials body,
        HttpContext http,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await Use(new ConfirmEmail(body.Token ?? "", body.Password!, body.Name), http, mediator, cancellation);
        return TypedResults.NoContent();
    }

    private static Task<IResult> RequestDeviceLink(
        AccountAddress body,
        IMediator mediator,
        CancellationToken cancellation
    ) => Accept(new RequestDeviceLink(body.Email!), mediator, cancellation);

    private static Task<KnownDevice> ConfirmDevice(
        LinkToken body,
        HttpContext http,
        IMediator mediator,
        CancellationToken cancellation
    ) => Use(new ConfirmDevice(body.Token ?? ""), http, mediator, cancellation);

    private static Task<IResult> RequestReset(
        AccountAddress body,
        IMediator mediator,
        CancellationToken cancellation
    ) => Accept(new RequestPasswordReset(body.Email!), mediator, cancellation);

    private static async Task<NoContent> Reset(
        NewPassword body,
        HttpContext http,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await Use(new ResetPassword(body.Token ?? "", body.Password!), http, mediator, cancellation);
        return TypedResults.NoContent();
    }

    // What follows is in a mail: the answer is the same whether the address has an account or not.
    private static async Task<IResult> Accept(
        IRequest<Unit> request,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(request, cancellation);
        return Results.Accepted();
    }

    // A link that was mailed makes the browser that uses it a known device.
    private static async Task<KnownDevice> Use(
        IRequest<KnownDevice> link,
        HttpContext http,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        var known = await mediator.Send(link, cancellation);
        SignInCookies.SetDevice(http, known.Device);
        return known;
    }

    private static async Task<BrowserSession> SignIn(
        EmailAndPassword body,
        HttpContext http,
        IMediator mediator,
        ICsrfTokens csrf,
        CancellationToken cancellation
    )
    {
        var signedIn = await mediator.Send(
            new SignIn(
                body.Email!,
                body.Password!,
                SessionKinds.Browser,
                body.Device ?? SignInCookies.DeviceOf(http.Request)
            ),
            cancellation
        );
        SignInCookies.Set(http, signedIn);
        return new BrowserSession(
            signedIn.SessionId,
            signedIn.UserId,
            signedIn.OrganizationId,
            signedIn.ExpiresAt,
            csrf.Of(signedIn.SessionId)
        );
    }

    private static async Task<ProgramTokens> GetTokens(
        EmailAndPassword body,
        IMediator mediator,
        IAccessTokens tokens,
        CancellationToken cancellation
    )
    {
        var signedIn = await mediator.Send(
            new SignIn(body.Email!, body.Password!, SessionKinds.Program, body.Device),
            cancellation
        );
        return Tokens(tokens, signedIn.SessionId, signedIn.UserId, signedIn.Token, signedIn.ExpiresAt);
    }

    private static async Task<ProgramTokens> Refresh(
        ShownRefreshToken body,
        IMediator mediator,
        IAccessTokens tokens,
        CancellationToken cancellation
    )
    {
        var refreshed = await mediator.Send(new RefreshSession(body.RefreshToken), cancellation);
        return Tokens(tokens, refreshed.SessionId, refreshed.UserId, refreshed.RefreshToken, refreshed.ExpiresAt);
    }

    private static ProgramTokens Tokens(
        IAccessTokens tokens,
        Guid session,
        Guid user,
        string refreshToken,
        DateTimeOffset refreshExpiresAt
    )
    {
        var (access, expiresAt) = tokens.Issue(session);
        return new ProgramTokens("Bearer", access, expiresAt, refreshToken, refreshExpiresAt, session, user);
    }
}

/// <summary>An account to be opened.</summary>
/// <param name="Password">
/// 8 to 128 characters, and none of those that are tried first. Checked where a form asks for it at once, and not kept:
/// the link in the mail asks for it.
/// </param>
/// <param name="Name">The same.</param>
internal sealed record NewAccount(string? Email, string? Password, string? Name);

/// <summary>The address of an account.</summary>
internal sealed record AccountAddress(string? Email);

/// <summary>The token of a mailed link.</summary>
internal sealed record LinkToken(string? Token);

/// <summary>What an account is opened with, and the token of the link that verifies its address.</summary>
/// <param name="Password">8 to 128 characters, and none of those that are tried first.</param>
/// <param name="Name">What the person is called.</param>
internal sealed record NewCredentials(string? Token, string? Password, string? Name);

/// <summary>A password, and the token of the link that may set it.</summary>
internal sealed record NewPassword(string? Token, string? Password);

/// <summary>What a person signs in with.</summary>
/// <param name="Device">As a device link gave it; a browser has it in a cookie.</param>
internal sealed record EmailAndPassword(string? Email, string? Password, string? Device);

/// <summary>A refresh token.</summary>
internal sealed record ShownRefreshToken(string? RefreshToken);

/// <summary>A browser is signed in; its token is in the cookie only.</summary>
/// <param name="OrganizationId">The one it works in; null where the person belongs to none.</param>
/// <param name="CsrfToken">To be repeated in X-CSRF-Token with what changes something.</param>
internal sealed record BrowserSession(
    Guid SessionId,
    Guid UserId,
    Guid? OrganizationId,
    DateTimeOffset ExpiresAt,
    string CsrfToken
);

/// <summary>A program is signed in.</summary>
/// <param name="TokenType">Bearer.</param>
/// <param name="ExpiresAt">Of the access token, UTC.</param>
/// <param name="RefreshToken">Works once; not kept anywhere.</param>
internal sealed record ProgramTokens(
    string TokenType,
    string AccessToken,
    DateTimeOffset ExpiresAt,
    string RefreshToken,
    DateTimeOffset RefreshExpiresAt,
    Guid SessionId,
    Guid UserId
);
