using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>
/// A token endpoint on this machine. It checks what it is asked, knows which of its tokens are valid, and answers
/// errors as Microsoft's and Google's do.
/// </summary>
internal sealed class TokenServer : IAsyncDisposable
{
    public const string ClientId = "client-7f3a";
    public const string ClientSecret = "Kq8~secret+of/the=client";
    public const string Scope = "https://outlook.office365.com/.default";
    public const string FirstRefreshToken = "1//first-refresh-token-of-ann";

    private readonly WebApplication _app;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);
    private string _refreshToken = FirstRefreshToken;
    private int _requests;

    private TokenServer(WebApplication app, TimeProvider clock)
    {
        _app = app;
        _clock = clock;
    }

    public Uri Address { get; private set; } = null!;

    public Uri Introspection => new(Address, "introspect");

    /// <summary>How often it was asked.</summary>
    public int Requests => _requests;

    /// <summary>Every token that it gave, oldest first.</summary>
    public ConcurrentQueue<string> Given { get; } = new();

    /// <summary>How long a token lives, in seconds; what the answer says.</summary>
    public int Seconds { get; set; } = 3599;

    /// <summary>Of a token, in characters.</summary>
    public int Length { get; set; } = 60;

    /// <summary>Whether each answer holds another refresh token, and ends the one before.</summary>
    public bool RotatesRefreshTokens { get; set; }

    /// <summary>How it answers instead, where it answers wrongly.</summary>
    public Func<HttpContext, Task>? Fault { get; set; }

    /// <summary>Happens before each answer.</summary>
    public Func<Task> Delay { get; set; } = () => Task.CompletedTask;

    public static async Task<TokenServer> Start(TimeProvider? clock = null, bool isEncrypted = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                {
                    if (isEncrypted)
                        listen.UseHttps(Certificate());
                }
            )
        );
        builder.WebHost.UseKestrelHttpsConfiguration();
        var server = new TokenServer(builder.Build(), clock ?? TimeProvider.System);
        server._app.MapPost("/token", server.Answer);
        server._app.MapPost("/introspect", server.Introspect);
        await server._app.StartAsync();
        var addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Address = new Uri(addresses.Addresses.Single());
        return server;
    }

    /// <summary>The settings that it accepts.</summary>
    public MailOAuthOptions Options() =>
        new()
        {
            TokenUrl = new Uri(Address, "token"),
            ClientId = ClientId,
            ClientSecret = ClientSecret,
            Scope = Scope,
        };

    /// <summary>Answers with a status and a body instead.</summary>
    public void FailWith(int status, string body, string? retryAfter = null) =>
        Fault = async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;

            await context.Response.WriteAsync(body);
        };

    /// <summary>Ends every token that it gave, before its time.</summary>
    public void RevokeAll() => _ends.Clear();

    /// <summary>Ends a refresh token; another one takes its place.</summary>
    public void Expect(string refreshToken) => _refreshToken = refreshToken;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private DateTimeOffset Now => _clock.GetUtcNow();

    private async Task Answer(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        await Delay();
        if (Fault is { } fault)
        {
            await fault(context);
            return;
        }

        var form = await context.Request.ReadFormAsync();
        if (form["client_id"] != ClientId || form["client_secret"] != ClientSecret)
            await Refuse(context, 401, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
        else if (form["scope"] != Scope)
            await Refuse(context, 400, "invalid_scope", "AADSTS1002012: The provided value for scope is not valid.");
        else if (form["grant_type"] == "refresh_token" && form["refresh_token"] != _refreshToken)
            await Refuse(context, 400, "invalid_grant", "Token has been expired or revoked.");
        else if (form["grant_type"] != "refresh_token" && form["grant_type"] != "client_credentials")
            await Refuse(context, 400, "unsupported_grant_type", "");
        else
            await Give(context, isRefreshed: form["grant_type"] == "refresh_token");
    }

    /// <summary>What the mail server asks (RFC 7662).</summary>
    private async Task Introspect(HttpContext context)
    {
        var token = (await context.Request.ReadFormAsync())["token"].ToString();
        var isActive = _ends.TryGetValue(token, out var end) && Now < end;
        await context.Response.WriteAsJsonAsync(new { active = isActive });
    }

    private async Task Give(HttpContext context, bool isRefreshed)
    {
        var token = RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", Length);
        _ends[token] = Now.AddSeconds(Seconds);
        Given.Enqueue(token);
        var answer = new Dictionary<string, object>
        {
            ["token_type"] = "Bearer",
            ["expires_in"] = Seconds,
            ["access_token"] = token,
        };
        if (isRefreshed && RotatesRefreshTokens)
            answer["refresh_token"] = _refreshToken = $"1//refresh-token-{Requests}";

        await context.Response.WriteAsJsonAsync(answer);
    }

    private static Task Refuse(HttpContext context, int status, string code, string description)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error = code, error_description = description });
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
