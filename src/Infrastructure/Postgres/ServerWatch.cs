using System.Diagnostics;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>
/// Sees that a private server has ended while its programs live, and lets it be started again: a few times in a row,
/// with pauses that grow, since a server that ends again and again has a cause that somebody must remove.
/// </summary>
internal sealed class ServerWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Func<bool> _runs;
    private readonly Func<CancellationToken, Task> _restart;
    private readonly Action<string> _report;
    private readonly RestartLimit _limit;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<long> _restarts = new();
    private readonly Task _loop;

    public ServerWatch(
        Func<bool> runs,
        Func<CancellationToken, Task> restart,
        Action<string> report,
        RestartLimit limit
    )
    {
        (_runs, _restart, _report, _limit) = (runs, restart, report, limit);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Why the server does not run; null while it does.</summary>
    public string? Trouble { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, _stop.Token);
                if (_runs())
                    Trouble = null;
                else
                    await StartAgain();
            }
        }
        catch (OperationCanceledException)
        {
            // The program has ended, or stops using the server.
        }
    }

    private async Task StartAgain()
    {
        while (_restarts.TryPeek(out var oldest) && Stopwatch.GetElapsedTime(oldest) > _limit.Within)
            _restarts.Dequeue();

        if (_restarts.Count >= _limit.Restarts)
        {
            Say(
                FormattableString.Invariant($"The private PostgreSQL ended {_limit.Restarts} times within ")
                    + FormattableString.Invariant($"{_limit.Within.TotalMinutes:0.#} minutes and is not started again ")
                    + "for now. Its server.log may say why."
            );
            return;
        }

        // The first time at once: a single crash is over in a moment.
        if (_restarts.Count > 0)
            await Task.Delay(_limit.FirstPause * Math.Pow(2, _restarts.Count - 1), _stop.Token);

        if (_runs())
            return;

        _restarts.Enqueue(Stopwatch.GetTimestamp());
        Say(
            FormattableString.Invariant(
                $"The private PostgreSQL has ended; starting it again ({_restarts.Count} of {_limit.Restarts})."
            )
        );
        try
        {
            await _restart(_stop.Token);
            Trouble = null;
            _report("The private PostgreSQL runs again.");
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            _report(failed.Message);
        }
    }

    private void Say(string trouble)
    {
        if (Trouble != trouble)
            _report(trouble);

        Trouble = trouble;
    }
}

/// <summary>How often a private server is started again before somebody must look at it.</summary>
/// <param name="Restarts">So many at most.</param>
/// <param name="Within">In so much time.</param>
/// <param name="FirstPause">Before the second start; doubled for each further one.</param>
public sealed record RestartLimit(int Restarts, TimeSpan Within, TimeSpan FirstPause)
{
    /// <summary>Five times in ten minutes.</summary>
    public static RestartLimit Usual { get; } = new(5, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1));
}
