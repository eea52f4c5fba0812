using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Api.Health;

/// <summary>Both of the service's logins reach the database.</summary>
internal sealed class DatabaseCheck(Installation installation) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    )
    {
        try
        {
            var isReadOnly = await Ask(installation.Writer, cancellation);
            await Ask(installation.App, cancellation);
            return isReadOnly ? HealthCheckResult.Unhealthy("The database is read-only.") : HealthCheckResult.Healthy();
        }
        catch (Exception outage) when (DatabaseOutage.Is(outage))
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.");
        }
    }

    private static async Task<bool> Ask(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("select current_setting('transaction_read_only')::boolean");
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}

/// <summary>The log can be written: this node gets its lock, and its last batches were not lost.</summary>
internal sealed class LogCheck(LogReadiness log) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    ) => await log.Trouble(cancellation) is { } why ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Healthy();
}

/// <summary>The private PostgreSQL runs, where there is one.</summary>
internal sealed class PrivateServerCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    ) =>
        Task.FromResult(
            services.GetService<EmbeddedPostgres>()?.Trouble is { } why
                ? HealthCheckResult.Unhealthy(why)
                : HealthCheckResult.Healthy()
        );
}

/// <summary>The keys on disk are still those the service runs with: the next start will need them.</summary>
internal sealed class KeysCheck(Installation installation) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    )
    {
        try
        {
            var now = KeyRing.Open(installation.Keys.Directory).Fingerprints;
            var same = installation.Keys.Fingerprints.All(key => now[key.Key].AsSpan().SequenceEqual(key.Value));
            return Task.FromResult(
                same
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy("The keys on disk are not the ones the service runs with.")
            );
        }
        catch (Exception why) when (why is KeysException or IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy("The keys on disk cannot be read."));
        }
    }
}

/// <summary>The journal is where withdrawals, suppressions and erasures are written before they commit.</summary>
internal sealed class JournalCheck(Installation installation) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    ) =>
        Task.FromResult(
            Journal.Exists(installation.Keys.Directory)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The journal is gone from the keys directory.")
        );
}

/// <summary>The sealer seals, and the witnesses take what they are given.</summary>
internal sealed class SealsCheck(Infrastructure.Seals.Sealer sealer, Infrastructure.Seals.WitnessDelivery witnesses)
    : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    )
    {
        if (sealer.Trouble is not null)
            return HealthCheckResult.Unhealthy("The log is not being sealed; the service's log says why.");

        try
        {
            var stuck = await witnesses.Stuck(cancellation);
            return stuck.Count == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded($"{stuck.Count} deliveries of checkpoints to witnesses are stuck.");
        }
        catch (Exception outage) when (DatabaseOutage.Is(outage))
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.");
        }
    }
}
