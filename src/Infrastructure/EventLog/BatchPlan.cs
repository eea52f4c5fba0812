using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// What a batch will write, once it is known where the streams stand: who is accepted, at which positions.
/// </summary>
internal sealed class BatchPlan
{
    private readonly Dictionary<StreamAppend, long> _numbers = new(ReferenceEqualityComparer.Instance);

    private BatchPlan(DateTimeOffset recordedAt, long journalNumber, int units)
    {
        RecordedAt = recordedAt;
        JournalNumber = journalNumber;
        Answers = new AppendAnswer[units];
    }

    public DateTimeOffset RecordedAt { get; }

    public long JournalNumber { get; }

    public AppendAnswer[] Answers { get; }

    public List<StreamAppend> Accepted { get; } = [];

    /// <summary>In log order, one for one with <see cref="Pending"/>.</summary>
    public List<RecordedEvent> Events { get; } = [];

    public List<PendingEvent> Pending { get; } = [];

    public List<(CommandReceipt Receipt, Position Position)> Receipts { get; } = [];

    public long NumberOf(StreamAppend stream) => _numbers[stream];

    public static BatchPlan Decide(
        IReadOnlyList<AppendUnit> units,
        long[] positions,
        List<(long Version, long Number)> heads,
        Dictionary<ReceiptKey, (byte[] Hash, Position Position)> given,
        DateTimeOffset recordedAt,
        long journalNumber
    )
    {
        var plan = new BatchPlan(recordedAt, journalNumber, units.Count);
        var head = 0;
        var position = 0;
        for (var i = 0; i < units.Count; i++)
        {
            var unit = units[i];
            var unitHeads = heads.GetRange(head, unit.Streams.Count);
            head += unit.Streams.Count;
            if (unit.Receipt is { } receipt && given.TryGetValue(ReceiptKey.Of(receipt), out var first))
            {
                plan.Answers[i] = CryptographicOperations.FixedTimeEquals(first.Hash, receipt.RequestHash)
                    ? new AppendAnswer(AppendOutcome.Repeated, first.Position, [])
                    : AppendAnswer.KeyReused;
                continue;
            }

            var stands = unit.Streams.Zip(unitHeads).All(pair => pair.First.ExpectedVersion == pair.Second.Version);
            if (!stands)
            {
                plan.Answers[i] = AppendAnswer.Conflict;
                continue;
            }

            plan.Answers[i] = plan.Accept(unit, unitHeads, positions, ref position);
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

    private AppendAnswer Accept(
        AppendUnit unit,
        List<(long Version, long Number)> heads,
        long[] positions,
        ref int position
    )
    {
        var numbers = NumbersOf(unit, heads, positions, position);
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
                        positions[position++],
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
            Receipts.Add((unit.Receipt, answer!));

        return new AppendAnswer(AppendOutcome.Appended, answer, numbers);
    }

    /// <summary>The published number of each of a unit's streams; 0 of one that does not exist.</summary>
    private static long[] NumbersOf(
        AppendUnit unit,
        List<(long Version, long Number)> heads,
        long[] positions,
        int position
    )
    {
        var numbers = new long[unit.Streams.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var stream = unit.Streams[i];
            numbers[i] = stream.ExpectedVersion == 0 && stream.Events.Count > 0 ? positions[position] : heads[i].Number;
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

/// <summary>What became of units whose commit was lost sight of.</summary>
internal static class CommittedUnits
{
    /// <summary>
    /// The answers of a batch that was committed, or null where it was not: a batch commits as a whole.
    /// </summary>
    public static async Task<IReadOnlyList<AppendAnswer>?> Find(
        NpgsqlConnection connection,
        IReadOnlyList<AppendUnit> units
    )
    {
        var ids = units
            .SelectMany(unit => unit.Changed)
            .Select(stream =>
                (
                    stream.Tenant,
                    stream.Stream,
                    stream.Events[^1].Id,
                    Version: stream.ExpectedVersion + stream.Events.Count
                )
            )
            .ToList();
        await using var batch = new NpgsqlBatch(connection);
        batch.Add("begin");
        batch.Add("select pg_advisory_xact_lock($1)", new NpgsqlParameter<long> { TypedValue = BatchWriter.LockKey });
        batch.Add(
            """
            select e.id, e.seq_id, s.number
            from unnest($1, $2, $3, $4) as u (tenant_id, stream_id, id, version)
            join events.mt_events e on e.tenant_id = u.tenant_id and e.stream_id = u.stream_id and e.version = u.version
                and e.id = u.id
            join events.mt_streams s on s.tenant_id = u.tenant_id and s.id = u.stream_id
            """,
            ids.Select(id => id.Tenant).Column(),
            ids.Select(id => id.Stream).Column(),
            ids.Select(id => id.Id).Column(),
            ids.Select(id => id.Version).Column()
        );
        batch.Add("commit");
        var found = new Dictionary<Guid, (long Sequence, long Number)>();
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            await reader.NextResultAsync();
            while (await reader.ReadAsync())
                found[reader.GetGuid(0)] = (reader.GetInt64(1), reader.GetInt64(2));
        }

        return found.Count == 0 ? null : [.. units.Select(unit => AnswerOf(unit, found))];
    }

    private static AppendAnswer AnswerOf(AppendUnit unit, Dictionary<Guid, (long Sequence, long Number)> found)
    {
        // A unit that is not there was refused, or appended nothing: decided anew, it meets its receipt, if it has one.
        if (unit.Changed.LastOrDefault() is not { } last || !found.TryGetValue(last.Events[^1].Id, out var there))
            return AppendAnswer.Conflict;

        var version = last.ExpectedVersion + last.Events.Count;
        return new AppendAnswer(
            AppendOutcome.Appended,
            unit.Unchanged is { } unchanged
                ? unchanged with
                {
                    Sequence = there.Sequence,
                }
                : new Position(last.Stream, version, there.Sequence, there.Number),
            [
                .. unit.Streams.Select(stream =>
                    stream.Events.Count == 0 ? stream.Number : found[stream.Events[^1].Id].Number
                ),
            ]
        );
    }
}
