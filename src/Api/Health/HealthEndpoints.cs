using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SchemaHub.Api.Http;

namespace SchemaHub.Api.Health;

/// <summary>Whether the process is up, and whether it can serve. More checks join by <c>AddHealthChecks</c>.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void AddServiceHealth(this IServiceCollection services) =>
        services
            .AddHealthChecks()
            .AddCheck<DatabaseCheck>("database", timeout: Patience)
            .AddCheck<LogCheck>("log", timeout: Patience)
            .AddCheck<PrivateServerCheck>("server", timeout: Patience)
            .AddCheck<KeysCheck>("keys", timeout: Patience)
            .AddCheck<JournalCheck>("journal", timeout: Patience)
            .AddCheck<SealsCheck>("seals", timeout: Patience)
            .AddCheck<NotificationQueueCheck>("notifications", timeout: Patience)
            .AddCheck<MailCheck>("mail", timeout: Patience)
            .AddCheck<RestoreCheck>("restore", timeout: Patience);

    public static void MapServiceHealth(this IEndpointRouteBuilder routes)
    {
        routes
            .MapHealthChecks("/health/live", new() { Predicate = _ => false, ResponseWriter = Write })
            .AllowAnonymous();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = Write }).AllowAnonymous();
    }

    // Descriptions are written by the checks themselves; an exception's message may say more than the public may know.
    private static Task Write(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(
            new ServiceHealth(
                report.Status.ToString(),
                report.Entries.ToDictionary(
                    check => check.Key,
                    check => new CheckedHealth(
                        check.Value.Status.ToString(),
                        check.Value.Description is { } said && check.Value.Exception is null ? said : null
                    ),
                    StringComparer.Ordinal
                )
            ),
            StrictJson.Options,
            context.RequestAborted
        );
}

/// <summary>Whether the service can serve.</summary>
internal sealed record ServiceHealth(string Status, IReadOnlyDictionary<string, CheckedHealth> Checks);

/// <summary>What one check found.</summary>
internal sealed record CheckedHealth(string Status, string? Description);
