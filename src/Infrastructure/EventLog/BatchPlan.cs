using System.Security.Cryptography;
using System.Text.Json;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// What a batch will write, once it is known where the streams stand: who is accepted, at which positions.
/// </summary>
internal sealed class BatchPlan
{
    private readonly Dictionary<StreamAppend, long> _numbers = new(ReferenceEqualityComparer.Instance);

    private BatchPlan(long firstPosition, DateTimeOffset recordedAt, long journalNumber, int units)
    {
        FirstPosition = firstPosition;
        RecordedAt = recordedAt;
        JournalNumber = journalNumber;
        Answers = new AppendAnswer[units];
    }

    /// <summary>The position of the first event; the others follow without a gap.</summary>
    public long FirstPosition { get; }

    public DateTimeOffset RecordedAt { get; }

    public long JournalNumber { get; }

    public AppendAnswer[] Answers { get; }

    public List<StreamAppend> Accepted { get; } = [];

    /// <summary>In log order, one for one with <see cref="Pending"/>.</summary>
    public List<RecordedEvent> Events { get; } = [];

    public List<PendingEvent> Pending { get; } = [];

    public List<(CommandReceipt Receipt, Position Position, byte[]? Kept)> Receipts { get; } = [];

    public long NumberOf(StreamAppend stream) => _numbers[stream];

    public static BatchPlan Decide(
        IReadOnlyList<AppendUnit> units,
        long firstPosition,
        List<(long Version, long Number)> heads,
        Dictionary<ReceiptKey, GivenAnswer> given,
        DateTimeOffset recordedAt,
        long journalNumber
    )
    {
        var plan = new BatchPlan(firstPosition, recordedAt, journalNumber, units.Count);
        var head = 0;
        for (var i = 0; i < units.Count; i++)
        {
            var unit = units[i];
            var unitHeads = heads.GetRange(head, unit.Streams.Count);
            head += unit.Streams.Count;
            if (unit.Receipt is { } receipt && given.TryGetValue(ReceiptKey.Of(receipt), out var first))
            {
                plan.Answers[i] = CryptographicOperations.FixedTimeEquals(first.Hash, receipt.RequestHash)
                    ? new AppendAnswer(AppendOutcome.Repeated, first.Position) { Kept = first.Kept }
                    : AppendAnswer.KeyReused;
                continue;
            }

            var stands = unit.Streams.Zip(unitHeads).All(pair => pair.First.ExpectedVersion == pair.Second.Version);
            if (!stands)
            {
                plan.Answers[i] = AppendAnswer.Conflict;
                continue;
            }

            plan.Answers[i] = plan.Accept(unit, unitHeads);
        }

        return plan;
    }

    /// <summary>What the outside journal must hold before the batch commits.</summary>
    /// <param name="mark">How far the sequences may go without another entry.</param>
    public List<JournalEntry> JournalEntries(long mark)
    {
        var entries = Accepted
            .SelectMany(stream =>
                stream
                    .Events.Where(happened => happened.IsSafeguard)
                    .Select(happened => new JournalEntry(
                        0,
                        JournalEntryKind.Safeguard,
                        stream.Tenant,
                        stream.Stream,
                        stream.Type,
                        happened.Name,
                        JsonSerializer.Deserialize<JsonElement>(EventCodec.OpenJson(happened.Data))
                    ))
            )
            .ToList();
        var last = Events.Count > 0 ? Events[^1].Sequence : 0;
        if (last > mark)
            entries.Add(new JournalEntry(0, JournalEntryKind.Mark, SequenceMark: last + BatchWriter.MarkAhead));

        return [.. entries.Select(entry => entry with { Position = last })];
    }

    private AppendAnswer Accept(AppendUnit unit, List<(long Version, long Number)> heads)
    {
        var numbers = NumbersOf(unit, heads, FirstPosition + Events.Count);
        Position? answer = null;
        for (var i = 0; i < numbers.Length; i++)
        {
            var stream = unit.Streams[i];
            if (stream.Events.Count == 0)
                continue;

            _numbers[stream] = numbers[i];
            Accepted.Add(stream);
            var version = stream.ExpectedVersion;
            foreach (var pending in stream.Events)
            {
                version++;
                var happened = pending.Numbered?.Invoke(NumberIn(unit, numbers)) ?? pending;
                Pending.Add(happened);
                Events.Add(
                    new RecordedEvent(
                        FirstPosition + Events.Count,
                        stream.Tenant,
                        stream.Stream,
                        version,
                        numbers[i],
                        RecordedAt,
                        happened.Name,
                        happened.Data
                    )
                    {
                        By = happened.By,
                    }
                );
            }

            answer = new Position(stream.Stream, version, Events[^1].Sequence, numbers[i]);
        }

        if (unit.Unchanged is { } unchanged)
            answer = unchanged with { Sequence = answer?.Sequence ?? 0 };

        if (unit.Receipt is not null)
            Receipts.Add((unit.Receipt, answer!, unit.Kept));

        return new AppendAnswer(AppendOutcome.Appended, answer);
    }

    /// <summary>The published number of each of a unit's streams; 0 of one that does not exist.</summary>
    private static long[] NumbersOf(AppendUnit unit, List<(long Version, long Number)> heads, long position)
    {
        var numbers = new long[unit.Streams.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var stream = unit.Streams[i];
            numbers[i] = stream.ExpectedVersion == 0 && stream.Events.Count > 0 ? position : heads[i].Number;
            position += stream.Events.Count;
        }

        return numbers;
    }

    private static Func<Guid, long, long> NumberIn(AppendUnit unit, long[] numbers) =>
        (stream, known) =>
        {
            if (known != 0)
                return known;

            for (var i = 0; i < numbers.Length; i++)
            {
                if (unit.Streams[i].Stream == stream && numbers[i] != 0)
                    return numbers[i];
            }

            return known;
        };
}
