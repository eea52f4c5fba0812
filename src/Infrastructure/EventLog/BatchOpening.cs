using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>What the log answers when a batch begins: under its lock, so that it stays so until the commit.</summary>
/// <param name="NextPosition">The position of the next event.</param>
/// <param name="Heads">Of the batch's streams, in their order: version 0 where there is none.</param>
internal sealed record BatchOpening(
    long NextPosition,
    DateTimeOffset LastRecorded,
    long JournalNumber,
    List<(long Version, long Number)> Heads,
    Dictionary<ReceiptKey, GivenAnswer> Receipts
)
{
    /// <summary>The state with which the database stops a batch that was foretold wrongly.</summary>
    public const string NotAsForetold = "SH001";

    /// <summary>The state with which the database stops a batch whose events got other positions.</summary>
    public const string OtherPositions = "SH002";

    /// <summary>Takes the lock and asks.</summary>
    public static void Add(NpgsqlBatch batch, IReadOnlyList<AppendUnit> units)
    {
        // New streams are looked up too: an address may have come onto the list a moment ago.
        batch.Add(
            """
            select b.next_position, b.last_recorded, b.journal_number, b.versions, b.numbers
            from events.begin_batch($1, $2, $3) b
            """,
            new NpgsqlParameter<long> { TypedValue = BatchWriter.LockKey },
            Streams(units).Select(stream => stream.Tenant).Column(),
            Streams(units).Select(stream => stream.Stream).Column()
        );
        if (GivenReceipts(units).Any())
            AddReceiptLookUp(batch, [.. GivenReceipts(units)]);
    }

    /// <summary>Takes the lock and stops the transaction unless everything is as the plan has it.</summary>
    public static NpgsqlBatchCommand Foretold(BatchPlan plan, IReadOnlyList<AppendUnit> units) =>
        BatchExtensions.Statement(
            "call events.begin_foretold_batch($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            new NpgsqlParameter<long> { TypedValue = BatchWriter.LockKey },
            new NpgsqlParameter<long> { TypedValue = plan.FirstPosition },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
            Streams(units).Select(stream => stream.Tenant).Column(),
            Streams(units).Select(stream => stream.Stream).Column(),
            Streams(units).Select(stream => stream.ExpectedVersion).Column(),
            GivenReceipts(units).Select(receipt => receipt.Tenant).Column(),
            GivenReceipts(units).Select(receipt => receipt.Actor).Column(),
            GivenReceipts(units).Select(receipt => receipt.Key).Column()
        );

    /// <summary>Reads the answers to <see cref="Add"/>.</summary>
    public static async Task<BatchOpening> Read(NpgsqlDataReader reader, IReadOnlyList<AppendUnit> units)
    {
        await reader.ReadAsync();
        var next = reader.GetInt64(0);
        var last = reader.IsDBNull(1) ? DateTimeOffset.MinValue : reader.GetFieldValue<DateTimeOffset>(1);
        var journalNumber = reader.GetInt64(2);
        var heads = Streams(units).Any()
            ? reader.GetFieldValue<long[]>(3).Zip(reader.GetFieldValue<long[]>(4)).ToList()
            : [];
        var given = GivenReceipts(units).Any() ? await ReadReceipts(reader) : [];
        return new BatchOpening(next, last, journalNumber, heads, given);
    }

    private static IEnumerable<StreamAppend> Streams(IReadOnlyList<AppendUnit> units) =>
        units.SelectMany(unit => unit.Streams);

    private static IEnumerable<CommandReceipt> GivenReceipts(IReadOnlyList<AppendUnit> units) =>
        units.Where(unit => unit.Receipt is not null).Select(unit => unit.Receipt!);

    private static void AddReceiptLookUp(NpgsqlBatch batch, List<CommandReceipt> receipts) =>
        batch.Add(
            """
            select r.tenant_id, r.actor, r.key, r.request_hash, r.stream_id, r.version, r.sequence, r.number, r.answer
            from unnest($1, $2, $3) as u (tenant_id, actor, key)
            cross join lateral (
                select g.tenant_id, g.actor, g.key, g.request_hash, g.stream_id, g.version, g.sequence, g.number,
                    g.answer
                from events.receipts g
                where g.tenant_id = u.tenant_id and g.actor = u.actor and g.key = u.key
                limit 1
            ) r
            """,
            receipts.Select(receipt => receipt.Tenant).Column(),
            receipts.Select(receipt => receipt.Actor).Column(),
            receipts.Select(receipt => receipt.Key).Column()
        );

    private static async Task<Dictionary<ReceiptKey, GivenAnswer>> ReadReceipts(NpgsqlDataReader reader)
    {
        await reader.NextResultAsync();
        var given = new Dictionary<ReceiptKey, GivenAnswer>();
        while (await reader.ReadAsync())
        {
            given[new ReceiptKey(reader.GetString(0), reader.GetString(1), reader.GetString(2))] = GivenAnswer.Read(
                reader,
                3
            );
        }

        return given;
    }
}

/// <summary>
/// The positions the next batch will draw, as long as no other node draws in between. Where others write too, it is
/// soon given up for a while: a batch foretold wrongly costs a round trip more.
/// </summary>
internal sealed class Foresight
{
    private const int LongestPause = 64;

    private long _next;
    private int _pause;
    private int _pauseAfterFailure = 1;

    public long? Next => _next > 0 && _pause == 0 ? _next : null;

    /// <summary>Where the log stands after a batch that was written without foresight.</summary>
    public void Learn(long next)
    {
        _next = next;
        _pause = Math.Max(0, _pause - 1);
    }

    public void CameTrue(int positions)
    {
        _next += positions;
        _pauseAfterFailure = 1;
    }

    public void Forget() => _next = 0;

    public void Failed()
    {
        _pause = _pauseAfterFailure;
        _pauseAfterFailure = Math.Min(LongestPause, 2 * _pauseAfterFailure);
    }
}
