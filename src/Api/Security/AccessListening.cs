using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Security;

/// <summary>Hears of changes of access as long as the service runs.</summary>
internal sealed class AccessListening(AccessListener listener) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => listener.RunAsync(stoppingToken);
}
