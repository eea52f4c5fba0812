using SchemaHub.Infrastructure.Access;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Security;

/// <summary>Writes decisions on access and security notes, as long as the service runs.</summary>
[AfterRestore(AfterRestore.Internal, "Writes decisions on access of now to their tables.")]
internal sealed class SecurityWriters(AccessLog decisions, SecurityLog notes) : BackgroundService
{
    // Decisions leave notes: those are written last.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await Task.WhenAll(decisions.RunAsync(stoppingToken), notes.RunAsync(stoppingToken));
}
