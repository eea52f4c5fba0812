using Microsoft.Extensions.Hosting;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>Jobs in a service that is hosted: what recurs is kept time of, and what is due is run.</summary>
internal sealed class JobService(Recurrences recurrences, JobRunner runner, JobsOptions options) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        options.Check();
        if (!options.Run)
            return;

        await recurrences.Start(cancellationToken);
        await runner.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!options.Run)
            return;

        await recurrences.Standby(cancellationToken);
        await runner.StopAsync(cancellationToken);
    }
}
