using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api;

/// <summary>
/// What follows the log in the background while the service runs: the sealer, and the way to the witnesses.
/// </summary>
internal sealed class Followers(Sealer sealer, WitnessDelivery witnesses) : BackgroundService
{
    private static readonly TimeSpan LookForCheckpoints = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sealer.RunAsync(stoppingToken), witnesses.RunAsync(LookForCheckpoints, stoppingToken));
}
