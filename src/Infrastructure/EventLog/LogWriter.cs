using System.Diagnostics;
using System.Threading.Channels;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Group commit: appends that wait together are written together, in one transaction of two round trips, and each is
/// answered for itself once the transaction is durable. A version conflict refuses its own unit only; a batch that
/// fails for anything else is halved until the culprit alone is refused.
/// </summary>
internal sealed class LogWriter : IAsyncDisposable
{
    private const int MostUnits = 512;
    private const int MostEvents = 4_096;

    private static readonly TimeSpan MostGathering = TimeSpan.FromMilliseconds(0.33);

    private readonly Channel<AppendUnit> _waiting = Channel.CreateBounded<AppendUnit>(
        new BoundedChannelOptions(8_192) { SingleReader = true }
    );

    private readonly BatchWriter _batches;
    private readonly Task _loop;

    // Of the last two batches: with steady callers, about as many as there are of them.
    private int _expected;
    private int _last = 1;

    public LogWriter(BatchWriter batches)
    {
        _batches = batches;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>How the writing of batches goes, for readiness.</summary>
    public LogHealth Health { get; } = new();

    /// <summary>Answers once the unit is durable, or refused.</summary>
    /// <exception cref="LogUnavailableException">
    /// The log cannot be written now, or not before the caller's time was up.
    /// </exception>
    public async Task<AppendAnswer> Append(AppendUnit unit, CancellationToken cancellation)
    {
        try
        {
            await _waiting.Writer.WriteAsync(unit, cancellation);
            return await unit.Answer.WaitAsync(cancellation);
        }
        catch (OperationCanceledException leaving) when (cancellation.IsCancellationRequested)
        {
            // In a batch it may still be written, so the caller must not be told that nothing happened.
            throw unit.TryGiveUp()
                ? new LogUnavailableException("The event log has not taken it in time.", leaving)
                : new LogUnavailableException(
                    "The event log has not answered in time; whether it was stored is not known.",
                    leaving,
                    isOutcomeKnown: false
                );
        }
    }

    /// <summary>Takes the log's lock and gives it back, as every batch does.</summary>
    public Task Probe(CancellationToken cancellation) => Append(new AppendUnit([], receipt: null), cancellation);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
        await _batches.DisposeAsync();
    }

    private async Task RunAsync()
    {
        var reader = _waiting.Reader;
        var held = new List<AppendUnit>();
        while (held.Count > 0 || await reader.WaitToReadAsync())
        {
            await Gather(reader);
            var batch = new BatchInMaking();
            var heldBefore = held;
            held = [];
            foreach (var unit in heldBefore)
            {
                if (!batch.TryAdd(unit))
                    held.Add(unit);
            }

            while (batch.Count < MostUnits && batch.EventCount < MostEvents && reader.TryRead(out var unit))
            {
                if (!batch.TryAdd(unit))
                    held.Add(unit);
            }

            // Those whose callers gave up meanwhile are left out.
            batch.Units.RemoveAll(unit => !unit.TryTake());
            if (batch.Count > 0)
                await WriteAll(batch.Units);

            _expected = batch.Count + _last - 1;
            _last = batch.Count;
        }
    }

    /// <summary>
    /// Those answered a moment ago are about to ask again: one full batch costs less than two halves in turn. A third
    /// of a millisecond at most, and nothing for a lone caller.
    /// </summary>
    private async Task Gather(ChannelReader<AppendUnit> reader)
    {
        var start = Stopwatch.GetTimestamp();
        while (reader.Count < _expected && Stopwatch.GetElapsedTime(start) < MostGathering)
            await Task.Yield();
    }

    private async Task WriteAll(IReadOnlyList<AppendUnit> units)
    {
        Health.Begin();
        await Write(units);
        Health.End();
    }

    private async Task Write(IReadOnlyList<AppendUnit> units)
    {
        try
        {
            var answers = await _batches.Write(units);
            Health.Succeeded();
            LogMetrics.UnitsPerBatch.Record(units.Count);
            LogMetrics.Events.Add(
                units.Where((_, i) => answers[i].Outcome == AppendOutcome.Appended).Sum(u => u.EventCount)
            );
            LogMetrics.Conflicts.Add(answers.Count(answer => answer.Outcome == AppendOutcome.Conflict));
            for (var i = 0; i < units.Count; i++)
                units[i].Complete(answers[i]);
        }
        catch (Exception refused) when (units.Count > 1 && MayBeOfOne(refused))
        {
            var half = units.Count / 2;
            await Write([.. units.Take(half)]);
            await Write([.. units.Skip(half)]);
        }
        catch (Exception why)
        {
            var failure = AsUnavailable(why);
            if (failure is LogUnavailableException)
                Health.Failed(why);

            foreach (var unit in units)
                unit.Fail(failure);
        }
    }

    private static bool MayBeOfOne(Exception refused) =>
        !DatabaseOutage.Is(refused) || DatabaseOutage.MayBeOfOne(refused);

    private static Exception AsUnavailable(Exception why) =>
        why is not LogUnavailableException && (DatabaseOutage.Is(why) || why is JournalException)
            ? new LogUnavailableException("The event log cannot be written.", why)
            : why;

    /// <summary>
    /// Units that can be written together: no stream and no idempotency key twice. Streams of two tenants with the same
    /// id go one after the other, because Marten's session would take them for one.
    /// </summary>
    private sealed class BatchInMaking
    {
        private readonly HashSet<Guid> _streams = [];
        private readonly HashSet<ReceiptKey> _keys = [];

        public List<AppendUnit> Units { get; } = [];

        public int Count => Units.Count;

        public int EventCount { get; private set; }

        public bool TryAdd(AppendUnit unit)
        {
            var receipt = unit.Receipt;
            if (receipt is not null && _keys.Contains(ReceiptKey.Of(receipt)))
                return false;

            foreach (var stream in unit.Streams)
            {
                if (_streams.Contains(stream.Stream))
                    return false;
            }

            if (receipt is not null)
                _keys.Add(ReceiptKey.Of(receipt));

            foreach (var stream in unit.Streams)
                _streams.Add(stream.Stream);

            Units.Add(unit);
            EventCount += unit.EventCount;
            return true;
        }
    }
}
