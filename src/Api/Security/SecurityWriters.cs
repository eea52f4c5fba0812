using SchemaHub.Infrastructure.Access;

namespace SchemaHub.Api.Security;

/// <summary>Writes decisions on access and security notes, as long as the service runs.</summary>
internal sealed class SecurityWriters(AccessLog decisions, SecurityLog notes) : BackgroundService
{
    // Decisions leave notes: those are written last.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await Task.WhenAll(decisions.RunAsync(stoppingToken), notes.RunAsync(stoppingToken));
}
