using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MediatR;
using Microsoft.AspNetCore.WebUtilities;
using SchemaHub.Api.Http;
using SchemaHub.Api.Security;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>
/// Signing in with Google. What was begun in one browser is ended in that one: state and verifier lie in a cookie of
/// its own for ten minutes.
/// </summary>
internal static class GoogleEndpoints
{
    private const string Callback = "/api/v1/auth/google/callback";
    private const string SecureCookie = "__Host-schemahub-google";
    private const string PlainCookie = "schemahub-google";
    private const int RandomBytes = 32;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static void MapGoogle(this IEndpointRouteBuilder api)
    {
        var google = api.MapGroup("/auth/google").WithTags("Signing in").AllowAnonymous();
        google
            .MapGet("", Begin)
            .WithSummary("Sign in with Google")
            .WithDescription("Leads a browser to Google. returnTo is the path on this service to come back to.")
            .Produces(StatusCodes.Status302Found);
        google
            .MapGet("/callback", End)
            .WithSummary("Come back from Google")
            .WithDescription("Sets the cookie of a session and leads to returnTo.")
            .Produces(StatusCodes.Status302Found);
    }

    private static IResult Begin(
        HttpContext http,
        GoogleOptions options,
        IPublicLinks links,
        TimeProvider clock,
        string returnTo = "/"
    )
    {
        RequireOn(options);
        if (!IsOwnPath(returnTo))
            throw new MalformedRequestException("returnTo", "It is a path on this service, such as /inbox.");

        var state = Random();
        var verifier = Random();
        var isSecure = PublicOrigin.Of(http).IsHttps;
        http.Response.Cookies.Append(
            isSecure ? SecureCookie : PlainCookie,
            $"{state}.{verifier}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(returnTo))}",
            SignInCookies.Options(isSecure, clock.GetUtcNow() + Lifetime)
        );
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        return Results.Redirect(
            QueryHelpers.AddQueryString(
                options.AuthorizeUrl.AbsoluteUri,
                new Dictionary<string, string?>
                {
                    ["response_type"] = "code",
                    ["client_id"] = options.ClientId,
                    ["redirect_uri"] = CallbackOf(links).AbsoluteUri,
                    ["scope"] = "openid email profile",
                    ["state"] = state,
                    ["code_challenge"] = challenge,
                    ["code_challenge_method"] = "S256",
                    ["prompt"] = "select_account",
                }
            )
        );
    }

    private static async Task<IResult> End(
        HttpContext http,
        GoogleOptions options,
        IPublicLinks links,
        IMediator mediator,
        CancellationToken cancellation,
        string? code = null,
        string? state = null,
        string? error = null
    )
    {
        RequireOn(options);
        var isSecure = PublicOrigin.Of(http).IsHttps;
        var cookie = isSecure ? SecureCookie : PlainCookie;
        var begun = http.Request.Cookies[cookie]?.Split('.') ?? [];
        http.Response.Cookies.Delete(cookie, SignInCookies.Options(isSecure, expires: null));
        if (begun.Length != 3 || state is null || !IsSame(begun[0], state) || !Base64Url.IsValid(begun[2]))
            throw new RuleBrokenException(
                "google.state",
                "This sign-in was not begun in this browser, or too long ago."
            );

        if (error is not null || string.IsNullOrEmpty(code))
            throw new RuleBrokenException("google.refused", "Google did not confirm this sign-in; begin it anew.");

        var signedIn = await mediator.Send(new SignInWithGoogle(code, begun[1], CallbackOf(links)), cancellation);
        SignInCookies.Set(http, signedIn);
        var returnTo = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(begun[2]));
        return Results.Redirect(IsOwnPath(returnTo) ? returnTo : "/");
    }

    private static void RequireOn(GoogleOptions options)
    {
        if (!options.IsOn)
            throw new RuleBrokenException("google.off", "Signing in with Google is not set up here.");
    }

    private static Uri CallbackOf(IPublicLinks links) => new(links.Root + Callback);

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    private static bool IsSame(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    // "//elsewhere" and "/\elsewhere" are other hosts to a browser.
    private static bool IsOwnPath(string path) =>
        path.StartsWith('/')
        && !path.StartsWith("//", StringComparison.Ordinal)
        && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl)
        && path.Length <= 512;
}
