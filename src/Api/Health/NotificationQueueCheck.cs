using Microsoft.Extensions.Diagnostics.HealthChecks;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Health;

/// <summary>
/// PostgreSQL's queue of notifications is read. Once it is full, changes of access cannot be committed; a session that
/// listens in a long transaction fills it.
/// </summary>
internal sealed class NotificationQueueCheck(Installation installation, ReaderLimits limits) : DatabaseBackedCheck
{
    protected override async Task<HealthCheckResult> Ask(CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand("select pg_notification_queue_usage()");
        return await command.ExecuteScalarAsync(cancellation) is double share && share > limits.NotificationQueueShare
            ? HealthCheckResult.Degraded(
                $"PostgreSQL's queue of notifications is {share:P1} full: a session that listens does not read."
            )
            : HealthCheckResult.Healthy();
    }
}
