using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Api.Health;

/// <summary>A check that asks the database: unhealthy where it cannot be reached.</summary>
internal abstract class DatabaseBackedCheck : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    )
    {
        try
        {
            return await Ask(cancellation);
        }
        catch (Exception outage) when (DatabaseOutage.Is(outage))
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.");
        }
    }

    protected abstract Task<HealthCheckResult> Ask(CancellationToken cancellation);
}

/// <summary>Both of the service's logins reach the database.</summary>
internal sealed class DatabaseCheck(Installation installation) : DatabaseBackedCheck
{
    protected override async Task<HealthCheckResult> Ask(CancellationToken cancellation)
    {
        var isReadOnly = await IsReadOnly(installation.Writer, cancellation);
        await IsReadOnly(installation.App, cancellation);
        return isReadOnly ? HealthCheckResult.Unhealthy("The database is read-only.") : HealthCheckResult.Healthy();
    }

    private static async Task<bool> IsReadOnly(NpgsqlDataSource source, CancellationToken cancellation)
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
    : DatabaseBackedCheck
{
    protected override async Task<HealthCheckResult> Ask(CancellationToken cancellation)
    {
        if (sealer.Trouble is not null)
            return HealthCheckResult.Unhealthy("The log is not being sealed; the service's log says why.");

        var stuck = await witnesses.Stuck(cancellation);
        return stuck.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded($"{stuck.Count} deliveries of checkpoints to witnesses are stuck.");
    }
}

/// <summary>
/// The mail provider takes mail. Where it does not, campaigns and single mails wait, and HTTP is served.
/// </summary>
internal sealed class MailCheck(MailCircuit circuit, Installation installation) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellation = default
    )
    {
        if (circuit.Trouble is not var (trouble, since))
            return HealthCheckResult.Healthy();

        var why = trouble switch
        {
            MailTrouble.Unreachable => "it cannot be reached, or refuses the service",
            MailTrouble.Silent => "it takes mails and does not answer",
            _ => "it breaks connections, or reports a fault of its own",
        };
        var campaigns = await CountCampaigns(cancellation);
        return HealthCheckResult.Degraded(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Mail waits for the mail server, and so do {campaigns} campaigns: {why}, "
                    + $"since {since.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}."
            )
        );
    }

    private async Task<string> CountCampaigns(CancellationToken cancellation)
    {
        try
        {
            await using var command = installation.Writer.CreateCommand(
                "select count(*)::text from backstage.email_campaigns c where c.status = 'sending'"
            );
            return (string)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (Exception outage) when (DatabaseOutage.Is(outage))
        {
            return "all";
        }
    }
}

/// <summary>After a restore background work and campaigns wait for the operator, and HTTP is served.</summary>
internal sealed class RestoreCheck(Installation installation) : DatabaseBackedCheck
{
    protected override async Task<HealthCheckResult> Ask(CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            select coalesce((select string_agg(w.work, ', ' order by w.work) from sending.held_work w), ''), (
                select count(*) from sending.held_campaigns h
                join backstage.email_campaigns c on c.id = h.campaign_id
                where h.released_at is null and c.status not in ('sent', 'cancelled')
            )
            """
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var (work, campaigns) = (reader.GetString(0), reader.GetInt64(1));
        if (work.Length == 0 && campaigns == 0)
            return HealthCheckResult.Healthy();

        return HealthCheckResult.Degraded(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The database was restored from a backup. Held until the operator releases them: {campaigns} "
                    + $"campaigns{(work.Length == 0 ? "" : $", {work}")}. Run `schemahub restore status`."
            )
        );
    }
}
