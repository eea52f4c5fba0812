using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using SchemaHub.Api.Http;

namespace SchemaHub.Api.Security;

/// <summary>Nothing to set: every key is in the database.</summary>
internal sealed class ApiKeyOptions : AuthenticationSchemeOptions;

/// <summary><c>Authorization: Bearer sk_live_…</c>: a program that acts for one organization.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<ApiKeyOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    ApiKeys keys,
    OperatorToken operators
) : AuthenticationHandler<ApiKeyOptions>(options, logger, encoder)
{
    public new const string Scheme = "ApiKey";
    public const string KeyClaim = "key";
    public const string TenantClaim = "tenant";

    private const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return AuthenticateResult.NoResult();

        var given = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? header[Bearer.Length..].Trim()
            : null;
        if (given is not null && operators.Is(given))
            return Success(new Claim(OperatorToken.Claim, "true"));

        var known = given is null ? null : await keys.Find(given, Context.RequestAborted);
        return known is null
            ? AuthenticateResult.Fail("Unknown key.")
            : Success(new Claim(KeyClaim, known.Id.ToString()), new Claim(TenantClaim, known.Organization.ToString()));
    }

    private static AuthenticateResult Success(params Claim[] claims) =>
        AuthenticateResult.Success(
            new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme)), Scheme)
        );

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var wasGiven = Request.Headers.Authorization.Count > 0;
        Response.Headers.WWWAuthenticate = wasGiven
            ? "Bearer realm=\"SchemaHub\", error=\"invalid_token\""
            : "Bearer realm=\"SchemaHub\"";
        return Problems.Write(
            Context,
            Problems.Unauthenticated,
            wasGiven
                ? "This API key is not known."
                : "Send an API key of your organization as `Authorization: Bearer sk_live_…`."
        );
    }
}
