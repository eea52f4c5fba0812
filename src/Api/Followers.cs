using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api;

/// <summary>
/// What follows the log in the background while the service runs: the sealer, and the way to the witnesses.
/// </summary>
[AfterRestore(AfterRestore.Waits, "Checkpoints are brought to witnesses once that is released; sealing is internal.")]
internal sealed class Followers(Sealer sealer, WitnessDelivery witnesses, RestoreGate gate) : BackgroundService
{
    private static readonly TimeSpan LookForCheckpoints = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sealer.RunAsync(stoppingToken), Deliver(stoppingToken));

    private async Task Deliver(CancellationToken stopping)
    {
        await gate.WaitUntilReleased(HeldWork.Witnesses, stopping);
        await witnesses.RunAsync(LookForCheckpoints, stopping);
    }
}
