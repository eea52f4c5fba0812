using Microsoft.AspNetCore.Diagnostics;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Podcasts;

namespace SchemaHub.Api.Podcasts;

/// <summary>Counts calls that bring a key: which route, how it ended, how long it took, and nothing else.</summary>
internal sealed class UsageCounting(RequestDelegate next, ApiUsage usage, TimeProvider clock)
{
    private const int MostMethod = 16;
    private const int MostEndpoint = 500;

    public async Task InvokeAsync(HttpContext http)
    {
        var (at, start) = (clock.GetUtcNow(), clock.GetTimestamp());
        await next(http);
        if (CallOf(http, at, clock.GetElapsedTime(start)) is { } call)
            usage.Count(call);
    }

    private static ApiCall? CallOf(HttpContext http, DateTimeOffset at, TimeSpan took)
    {
        // What failed has lost its route on the way here.
        var endpoint = http.GetEndpoint() ?? http.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        var pattern = (endpoint as RouteEndpoint)?.RoutePattern.RawText;
        if (pattern is not { Length: <= MostEndpoint } || http.Request.Method.Length > MostMethod)
            return null;

        if (http.Features.Get<KnownCaller>() is not { Key: { } key, Organization: { } organization })
            return null;

        return new ApiCall(
            organization,
            key,
            pattern,
            http.Request.Method,
            http.Response.StatusCode,
            (int)Math.Min(took.TotalMilliseconds, int.MaxValue),
            at
        );
    }
}

/// <summary>Writes what was counted, as long as the service runs.</summary>
[AfterRestore(AfterRestore.Internal, "Writes counts of calls of now to their table.")]
internal sealed class UsageWriter(ApiUsage usage) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => usage.RunAsync(stoppingToken);
}
