using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Security;

/// <summary>Holds SQL readers to their limits as long as the service runs.</summary>
[AfterRestore(AfterRestore.Internal, "Ends sessions of SQL readers of now that are over their limits.")]
internal sealed class ReaderWatching(ReaderWatchdog watchdog) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => watchdog.RunAsync(stoppingToken);
}
