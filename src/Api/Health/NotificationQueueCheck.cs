using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Health;

/// <summary>
/// PostgreSQL's queue of notifications is read. Once it is full, changes of access cannot be committed; a session that
/// listens in a long transaction fills it.
/// </summary>
internal sealed class NotificationQueueCheck(Installation installation, ReaderLimits limits) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    )
    {
        try
        {
            await using var command = installation.Writer.CreateCommand("select pg_notification_queue_usage()");
            return
                await command.ExecuteScalarAsync(cancellation) is double share && share > limits.NotificationQueueShare
                ? HealthCheckResult.Degraded(
                    $"PostgreSQL's queue of notifications is {share:P1} full: a session that listens does not read."
                )
                : HealthCheckResult.Healthy();
        }
        catch (NpgsqlException)
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.");
        }
    }
}
