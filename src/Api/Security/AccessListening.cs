using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Security;

/// <summary>Hears of changes of access, and writes how keys are used, as long as the service runs.</summary>
[AfterRestore(AfterRestore.Internal, "Listens to the other nodes and notes when keys were used.")]
internal sealed class AccessListening(AccessListener listener, KeyUsage usage) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(listener.RunAsync(stoppingToken), usage.RunAsync(stoppingToken));
}
