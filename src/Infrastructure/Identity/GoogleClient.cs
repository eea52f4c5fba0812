using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Polly;
using Polly.Timeout;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Signing in with Google: off unless a client id is named.</summary>
public sealed record GoogleOptions
{
    /// <summary>The client's id, as Google's console gives it.</summary>
    public string? ClientId { get; init; }

    /// <summary>The client's secret.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Where people are asked whether they agree.</summary>
    public Uri AuthorizeUrl { get; init; } = new("https://accounts.google.com/o/oauth2/v2/auth");

    /// <summary>Where a code becomes a token.</summary>
    public Uri TokenUrl { get; init; } = new("https://oauth2.googleapis.com/token");

    /// <summary>Where a token's person is told.</summary>
    public Uri UserInfoUrl { get; init; } = new("https://openidconnect.googleapis.com/v1/userinfo");

    /// <summary>Whether it is on.</summary>
    public bool IsOn => !string.IsNullOrEmpty(ClientId) && !string.IsNullOrEmpty(ClientSecret);
}

/// <summary>
/// The code flow of OAuth 2.0 (RFC 6749 section 4.1) with PKCE (RFC 7636). A code works once, so nothing is tried
/// twice.
/// </summary>
public sealed class GoogleClient(GoogleOptions options, HttpClient http) : IGoogle
{
    private const int MostBytes = 64 * 1024;
    private const int MostIdCharacters = 255;

    private static readonly ResiliencePipeline Patience = new ResiliencePipelineBuilder()
        .AddTimeout(TimeSpan.FromSeconds(10))
        .Build();

    /// <summary>A client that asks nobody else than it was told to.</summary>
    public static HttpClient NewHttp() =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MostBytes,
        };

    /// <inheritdoc/>
    public async Task<GooglePerson> Find(string code, string verifier, Uri redirectUri, CancellationToken cancellation)
    {
        try
        {
            return await Patience.ExecuteAsync(
                async attempt => await Ask(code, verifier, redirectUri, attempt),
                cancellation
            );
        }
        catch (Exception outage) when (outage is HttpRequestException or TimeoutRejectedException or JsonException)
        {
            throw Unavailable();
        }
    }

    private async Task<GooglePerson> Ask(string code, string verifier, Uri redirectUri, CancellationToken cancellation)
    {
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = code,
                ["code_verifier"] = verifier,
                ["client_id"] = options.ClientId!,
                ["client_secret"] = options.ClientSecret!,
                ["redirect_uri"] = redirectUri.AbsoluteUri,
            }
        );
        using var token = await http.PostAsync(options.TokenUrl, form, cancellation);
        var given = await Read<TokenAnswer>(token, cancellation);
        if (string.IsNullOrEmpty(given.AccessToken))
            throw Unavailable();

        using var request = new HttpRequestMessage(HttpMethod.Get, options.UserInfoUrl);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", given.AccessToken);
        using var info = await http.SendAsync(request, cancellation);
        var person = await Read<UserInfo>(info, cancellation);
        if (person.Sub is not { Length: > 0 and <= MostIdCharacters } id)
            throw Unavailable();

        if (!person.EmailVerified || !EmailAddress.TryParse(person.Email, out var address, out _))
            throw new RuleBrokenException(
                "google.email_not_verified",
                "Google has not verified the address of this account: verify it there first."
            );

        return new GooglePerson(id, address.Value, NameOf(person.Name));
    }

    private static async Task<T> Read<T>(HttpResponseMessage answer, CancellationToken cancellation)
        where T : class
    {
        // 4xx: the code is wrong, used or expired, or the person took the consent back.
        if (answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            throw new RuleBrokenException("google.refused", "Google did not confirm this sign-in; begin it anew.");

        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<T>(cancellation) ?? throw Unavailable();
    }

    // Only a name; what is none is left out.
    private static string? NameOf(string? name) =>
        name is { Length: > 0 and <= 255 } && !name.Any(char.IsControl) ? name : null;

    private static RuleBrokenException Unavailable() =>
        new("google.unavailable", "Google did not answer as it should; try again in a moment.");

    private sealed record TokenAnswer([property: JsonPropertyName("access_token")] string? AccessToken);

    private sealed record UserInfo(
        [property: JsonPropertyName("sub")] string? Sub,
        [property: JsonPropertyName("email")] string? Email,
        [property: JsonPropertyName("email_verified")] bool EmailVerified,
        [property: JsonPropertyName("name")] string? Name
    );
}
