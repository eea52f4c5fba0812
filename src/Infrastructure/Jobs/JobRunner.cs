using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// One node's share of the work: claims due jobs in batches, runs some at once, settles in batches. Any number of
/// nodes do so beside each other.
/// </summary>
[AfterRestore(AfterRestore.Waits, "JobService starts it once jobs are released.")]
internal sealed partial class JobRunner(
    Installation installation,
    JobQueue queue,
    JobLedger ledger,
    JobRun run,
    JobsOptions options,
    ILogger<JobRunner> logger
) : BackgroundService
{
    private const int MostSettledAtOnce = 500;

    // Where runs are this short, more are claimed than can run at once; else others may want them sooner.
    private const int ClaimedAhead = 250;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> _running = new();
    private int _inHand;
    private volatile bool _areShort;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Live(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception outage)
                when (outage is OperationCanceledException or InvalidOperationException or IOException
                    || DatabaseOutage.IsOrRefusal(outage)
                )
            {
                Interrupted(DatabaseOutage.Describe(outage));
                await Task.WhenAny(Task.Delay(AfterFailure, stoppingToken));
            }
        }
    }

    /// <summary>As one node, until the service stops or the node's lock is lost.</summary>
    private async Task Live(CancellationToken stop)
    {
        _inHand = 0;
        await using var node = await JobNode.Join(installation, stop);
        using var life = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var claimed = Channel.CreateUnbounded<ClaimedJob>();
        var ended = Channel.CreateUnbounded<RunOutcome>();
        var workers = Enumerable
            .Range(0, options.AtOnce)
            .Select(_ => Work(claimed.Reader, ended.Writer, life.Token))
            .ToArray();
        var settling = Settle(node.Number, ended.Reader, life);
        var first = await Task.WhenAny(Claim(node, claimed.Writer, life.Token), LookAfter(node, life.Token), settling);
        await life.CancelAsync();

        // What was not started goes back at once; what runs is told to stop, and goes back as it does.
        claimed.Writer.TryComplete();
        var unstarted = new List<ClaimedJob>();
        await Task.WhenAll(workers);
        while (claimed.Reader.TryRead(out var job))
            unstarted.Add(job);

        ended.Writer.Complete();
        await settling;
        await ledger.GiveBack(node.Number, unstarted);
        await first;
    }

    private async Task Claim(JobNode node, ChannelWriter<ClaimedJob> claimed, CancellationToken life)
    {
        // Continues where the caller does not wait.
        await Task.Yield();
        while (true)
        {
            var wanted = options.AtOnce + (_areShort ? ClaimedAhead : 0) - Volatile.Read(ref _inHand);
            if (wanted <= (_areShort ? ClaimedAhead / 2 : 0))
            {
                await queue.News(TimeSpan.FromMilliseconds(options.LookMilliseconds), life);
                continue;
            }

            var jobs = await ledger.Claim(node.Number, wanted, life);
            Interlocked.Add(ref _inHand, jobs.Count);
            foreach (var job in jobs)
                await claimed.WriteAsync(job, life);

            if (jobs.Count < wanted)
                await queue.News(TimeSpan.FromMilliseconds(options.LookMilliseconds), life);
        }
    }

    private async Task Work(ChannelReader<ClaimedJob> claimed, ChannelWriter<RunOutcome> ended, CancellationToken life)
    {
        await Task.Yield();
        try
        {
            await foreach (var job in claimed.ReadAllAsync(life))
            {
                using var cancel = CancellationTokenSource.CreateLinkedTokenSource(life);
                _running[job.Id] = cancel;
                var outcome = await run.Do(job, cancel.Token);
                _running.TryRemove(job.Id, out _);
                _areShort = outcome.Duration < Short;
                ended.TryWrite(outcome with { IsCancelled = outcome.IsGivenBack && !life.IsCancellationRequested });
            }
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            // What it has not started is given back.
        }
    }

    private async Task Settle(int node, ChannelReader<RunOutcome> ended, CancellationTokenSource life)
    {
        var outcomes = new List<RunOutcome>();
        while (await ended.WaitToReadAsync(CancellationToken.None))
        {
            while (outcomes.Count < MostSettledAtOnce && ended.TryRead(out var outcome))
                outcomes.Add(outcome);

            await ledger.Settle(node, outcomes);
            Interlocked.Add(ref _inHand, -outcomes.Count);
            outcomes.Clear();
            if (!life.IsCancellationRequested)
                queue.Wake();
        }
    }

    private async Task LookAfter(JobNode node, CancellationToken life)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.CheckMilliseconds));
        do
        {
            await node.ShouldLive(life);
            if (await ledger.TakeOver(node.Number, life) is var orphans and > 0)
            {
                TookOver(orphans);
                queue.Wake();
            }

            foreach (var job in await ledger.Cancelled(node.Number, life))
            {
                if (_running.TryGetValue(job, out var cancel))
                    await cancel.CancelAsync();
            }
        } while (await timer.WaitForNextTickAsync(life));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Running jobs was interrupted, and goes on in a moment: {Why}")]
    private partial void Interrupted(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Took over {Count} jobs of nodes that died.")]
    private partial void TookOver(int count);
}
