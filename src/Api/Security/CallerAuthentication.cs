using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using SchemaHub.Api.Http;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Api.Security;

/// <summary>
/// Who asks: a program by <c>Authorization: Bearer sk_…</c>, a person's program by <c>Bearer at_…</c>, a person in a
/// browser by the cookie of the session. A header goes before a cookie.
/// </summary>
internal sealed class CallerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    AccessDirectory directory,
    AccessTokens tokens,
    CsrfTokens csrf,
    KeyUsage usage,
    OperatorToken operators,
    ApiAccessOptions access
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "SchemaHub";

    private const string Bearer = "Bearer ";

    // Why the caller is not let in, where it is not that nobody is known by what was shown.
    private string? _refusal;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length > 0)
            return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                ? await OfToken(header[Bearer.Length..].Trim())
                : Unknown();

        return SessionCookie.Read(Request) is { } cookie ? await OfCookie(cookie) : AuthenticateResult.NoResult();
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_refusal is not null)
            return Problems.Write(Context, _refusal, Explained(_refusal));

        var wasShown = Request.Headers.Authorization.Count > 0 || SessionCookie.Read(Request) is not null;
        Response.Headers.WWWAuthenticate = wasShown
            ? "Bearer realm=\"SchemaHub\", error=\"invalid_token\""
            : "Bearer realm=\"SchemaHub\"";
        return Problems.Write(
            Context,
            Problems.Unauthenticated,
            wasShown
                ? "This key, token or session is not known, or it is over."
                : "Send an API key of your organization as `Authorization: Bearer sk_live_…`, or sign in."
        );
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Context.Features.Get<KnownCaller>() is { Organization: null } && IsOfOrganizations()
            ? Problems.Write(Context, Problems.NoOrganization, Explained(Problems.NoOrganization))
            : base.HandleForbiddenAsync(properties);

    private bool IsOfOrganizations() =>
        Context
            .GetEndpoint()
            ?.Metadata.GetOrderedMetadata<IAuthorizeData>()
            .Any(asked => asked.Policy == OperatorToken.OrganizationsOnly)
            is true;

    private async Task<AuthenticateResult> OfToken(string token)
    {
        if (operators.Is(token))
            return Success(new ClaimsPrincipal(new ClaimsIdentity([new Claim(OperatorToken.Claim, "true")], Scheme)));

        if (token.StartsWith(AccessTokens.Prefix, StringComparison.Ordinal))
            return await OfAccessToken(token, Context.RequestAborted) is { } person
                ? Known(person, again => OfAccessToken(token, again))
                : Unknown();

        if (await directory.OfKey(token, Context.RequestAborted) is not { } key)
            return Unknown();

        if (!access.AllowsKeys(key.Plan))
            return Refused(Problems.PlanLacksApi);

        usage.Count(key, Context.Connection.RemoteIpAddress);
        return Known(key, again => directory.OfKey(token, again));
    }

    private ValueTask<KnownCaller?> OfAccessToken(string token, CancellationToken cancellation) =>
        tokens.Read(token) is { } session ? directory.OfSession(session, cancellation) : default;

    /// <summary>
    /// A browser sends its cookies whoever made it ask: what changes something must show that it is ours.
    /// </summary>
    private async Task<AuthenticateResult> OfCookie(string cookie)
    {
        if (await directory.OfSessionToken(cookie, Context.RequestAborted) is not { Session: { } session } person)
            return Unknown();

        return ChangesNothing(Request) || (!IsFromElsewhere() && csrf.Is(session, Request.Headers[CsrfTokens.Header]))
            ? Known(person, again => directory.OfSessionToken(cookie, again))
            : Refused(Problems.CsrfMissing);
    }

    /// <summary>Whether a request only reads.</summary>
    public static bool ChangesNothing(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        || HttpMethods.IsHead(request.Method)
        || HttpMethods.IsOptions(request.Method);

    // Said by the browser, which pages cannot change.
    private bool IsFromElsewhere() => Request.Headers["Sec-Fetch-Site"] == "cross-site";

    private AuthenticateResult Known(KnownCaller caller, Func<CancellationToken, ValueTask<KnownCaller?>> look)
    {
        Context.Features.Set(caller);
        Context.Features.Set(new CallerCheck(caller, look));
        return Success(caller.Principal);
    }

    private static AuthenticateResult Success(ClaimsPrincipal principal) =>
        AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme));

    private static AuthenticateResult Unknown() => AuthenticateResult.Fail("Not known.");

    private AuthenticateResult Refused(string code)
    {
        _refusal = code;
        return AuthenticateResult.Fail(code);
    }

    private string Explained(string code) =>
        code switch
        {
            Problems.PlanLacksApi => $"API keys need the plan {access.Plan}, and this organization has a lesser one. "
                + "They open again once it has.",
            Problems.NoOrganization => "You are signed in and have chosen no organization, or do not belong to it any "
                + "more. Choose one of yours by PUT /api/v1/session/organization, and repeat the request.",
            _ => "The request does not show that it comes from this service's own pages: send the header X-CSRF-Token.",
        };
}
