using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>Does what strangers were answered already, as long as the service runs.</summary>
internal sealed class AccountWork(AccountQueue queue) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => queue.RunAsync(stoppingToken);
}
