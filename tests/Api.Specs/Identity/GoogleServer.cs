using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>
/// Answers on this machine as Google does: a code for a browser that was sent to it, a token for the code and what only
/// that browser knows, the person for the token. Errors too.
/// </summary>
internal sealed class GoogleServer : IAsyncDisposable
{
    private const string Client = "client-1";
    private const string Secret = "secret-1";

    private readonly WebApplication _app;
    private readonly Dictionary<string, Grant> _codes = [];
    private int _number;

    private GoogleServer(WebApplication app) => _app = app;

    /// <summary>What the server says of whoever signs in.</summary>
    public object Person { get; set; } = new { };

    /// <summary>Answered instead by both addresses.</summary>
    public (int Status, string Body)? Instead { get; set; }

    /// <summary>The settings with which the service asks it.</summary>
    public GoogleOptions Options =>
        new()
        {
            ClientId = Client,
            ClientSecret = Secret,
            AuthorizeUrl = new Uri(Address, "/authorize"),
            TokenUrl = new Uri(Address, "/token"),
            UserInfoUrl = new Uri(Address, "/userinfo"),
        };

    private Uri Address => new(_app.Urls.First());

    public static async Task<GoogleServer> Start()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new GoogleServer(app);
        app.MapPost("/token", server.Token);
        app.MapGet("/userinfo", server.UserInfo);
        await app.StartAsync();
        return server;
    }

    /// <summary>The person agrees in the browser that was sent here; where it is sent back to.</summary>
    public string Agree(Uri sentTo)
    {
        var asked = QueryHelpers.ParseQuery(sentTo.Query);
        asked["client_id"].ToString().ShouldBe(Client);
        asked["response_type"].ToString().ShouldBe("code");
        asked["code_challenge_method"].ToString().ShouldBe("S256");
        asked["scope"].ToString().Split(' ').ShouldContain("email");
        var code = $"code-{++_number}";
        var redirect = asked["redirect_uri"].ToString();
        _codes[code] = new Grant(asked["code_challenge"].ToString(), redirect);
        return QueryHelpers.AddQueryString(
            new Uri(redirect).AbsolutePath,
            new Dictionary<string, string?> { ["code"] = code, ["state"] = asked["state"] }
        );
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> Token(HttpRequest request)
    {
        if (Instead is { } instead)
            return Results.Text(instead.Body, "application/json", Encoding.UTF8, instead.Status);

        var form = await request.ReadFormAsync();
        var proof = Base64Url.EncodeToString(
            SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))
        );
        // A code works once.
        var isRight =
            _codes.Remove(form["code"].ToString(), out var grant)
            && grant.Challenge == proof
            && grant.Redirect == form["redirect_uri"]
            && form["client_id"] == Client
            && form["client_secret"] == Secret
            && form["grant_type"] == "authorization_code";
        return isRight
            ? Results.Json(
                new
                {
                    access_token = "token-1",
                    token_type = "Bearer",
                    expires_in = 3599,
                }
            )
            : Results.Json(new { error = "invalid_grant" }, statusCode: (int)HttpStatusCode.BadRequest);
    }

    private IResult UserInfo(HttpRequest request) =>
        request.Headers.Authorization == "Bearer token-1"
            ? Results.Text(JsonSerializer.Serialize(Person), "application/json")
            : Results.Unauthorized();

    private sealed record Grant(string Challenge, string Redirect);
}
