using Microsoft.Extensions.Hosting;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>Jobs in a service that is hosted: what recurs is kept time of, and what is due is run.</summary>
[AfterRestore(AfterRestore.Waits, "Recurring and queued jobs start once they are released.")]
internal sealed class JobService(Recurrences recurrences, JobRunner runner, JobsOptions options, RestoreGate gate)
    : IHostedService,
        IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _waiting = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        options.Check();
        if (!options.Run)
            return;

        if (await gate.IsHeld(HeldWork.Jobs, cancellationToken))
            _waiting = StartOnceReleased(_stopping.Token);
        else
            await Start(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!options.Run)
            return;

        await _stopping.CancelAsync();
        await _waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await recurrences.Standby(cancellationToken);
        await runner.StopAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task StartOnceReleased(CancellationToken stopping)
    {
        await gate.WaitUntilReleased(HeldWork.Jobs, stopping);
        await Start(stopping);
    }

    private async Task Start(CancellationToken cancellation)
    {
        await recurrences.Start(cancellation);
        await runner.StartAsync(cancellation);
    }
}
