using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Resend's API on this machine, which answers as it is told.</summary>
internal sealed class ResendServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ResendServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>What it was asked, the body read.</summary>
    public List<(string? Authorization, string? Key, string Body)> Requests { get; } = [];

    /// <summary>How it answers.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = context => context.Response.WriteAsync("""{"id":"4ef2"}""");

    public static async Task<ResendServer> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ResendServer(builder.Build());
        server._app.MapPost("/base/emails", server.Take);
        await server._app.StartAsync();
        var addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Address = new Uri(addresses.Addresses.Single() + "/base/");
        return server;
    }

    /// <summary>Answers with a status and a body.</summary>
    public void AnswerWith(int status, string body, string? retryAfter = null) =>
        Answer = async context =>
        {
            context.Response.StatusCode = status;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;

            await context.Response.WriteAsync(body);
        };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body);
        Requests.Add(
            (
                context.Request.Headers.Authorization,
                context.Request.Headers["Idempotency-Key"],
                await body.ReadToEndAsync()
            )
        );
        await Answer(context);
    }
}
