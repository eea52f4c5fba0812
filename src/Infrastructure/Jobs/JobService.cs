using Hangfire;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>Hangfire's server in a hosted service: it keeps time of what recurs, and runs what is due.</summary>
[AfterRestore(AfterRestore.Waits, "Recurring and queued jobs start once they are released.")]
internal sealed partial class JobService(
    HangfireStore store,
    RecurringSchedule recurring,
    StoredJob job,
    JobsOptions options,
    RestoreGate gate,
    ILoggerFactory loggers,
    ILogger<JobService> logger
) : BackgroundService
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    // How soon a running job learns that it was taken back.
    private static readonly TimeSpan BetweenCancellationChecks = TimeSpan.FromSeconds(1);

    /// <summary>Runs until the service stops.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        options.Check();
        if (!options.Run)
            return;

        await Task.Yield();
        await gate.WaitUntilReleased(HeldWork.Jobs, stoppingToken);
        await Declare(stoppingToken);
        Hangfire.Logging.LogProvider.SetCurrentLogProvider(new HangfireLog(loggers));
        using var server = new BackgroundJobServer(
            new BackgroundJobServerOptions
            {
                ServerName = options.Node ?? Environment.MachineName,
                WorkerCount = options.AtOnce,
                SchedulePollingInterval = TimeSpan.FromMilliseconds(options.LookMilliseconds),
                CancellationCheckInterval = BetweenCancellationChecks,
                FilterProvider = store.Filters,
                Activator = new OneJob(job),
            },
            store.Storage
        );
        await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        server.SendStop();
        await server.WaitForShutdownAsync(CancellationToken.None);
    }

    private async Task Declare(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await recurring.Declare(stopping);
                return;
            }
            catch (Exception outage) when (!stopping.IsCancellationRequested)
            {
                NotDeclared(DatabaseOutage.Describe(outage));
                await Task.Delay(AfterFailure, stopping);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recurring jobs are declared again in a moment: {Why}")]
    private partial void NotDeclared(string why);

    private sealed class OneJob(StoredJob job) : JobActivator
    {
        public override object ActivateJob(Type jobType) =>
            jobType == typeof(StoredJob)
                ? job
                : throw new InvalidOperationException($"{jobType} is no job of this program.");
    }
}
