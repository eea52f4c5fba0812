using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Writes one batch of units in one transaction. First round trip: take the log's lock, learn where the streams
/// stand, draw positions. Second: streams, events, receipts, the inline projections, and the commit, with the journal
/// on disk before the commit where the batch holds a withdrawal, a suppression or an erasure.
/// </summary>
internal sealed class BatchWriter(
    NpgsqlDataSource writer,
    IReadOnlyList<IProjection> projections,
    Journal? journal,
    TimeProvider clock
) : IAsyncDisposable
{
    /// <summary>Sequence order is commit order because every batch holds this lock from its first row to its commit.</summary>
    public const long LockKey = 0x5348_4C4F_47; // "SHLOG"

    // One fsync of the journal per this many positions.
    private const long MarkAhead = 50_000;

    private NpgsqlConnection? _connection;

    /// <summary>Whether an error is about the server or the way to it, not about what was written.</summary>
    public static bool IsOutage(Exception why) =>
        why switch
        {
            PostgresException { SqlState: var state } => state.StartsWith("57P", StringComparison.Ordinal)
                || state.StartsWith("53", StringComparison.Ordinal),
            NpgsqlException or IOException or TimeoutException => true,
            LogUnavailableException => true,
            _ => false,
        };

    public async Task<IReadOnlyList<AppendAnswer>> Write(IReadOnlyList<AppendUnit> units)
    {
        var committing = false;
        try
        {
            _connection ??= await writer.OpenConnectionAsync();
            var plan = await Plan(units);
            committing = true;
            await Commit(plan);
            return plan.Answers;
        }
        catch (PostgresException refused) when (!IsOutage(refused))
        {
            await Rollback();
            throw;
        }
        catch (Exception lost) when (IsOutage(lost))
        {
            await Disconnect();
            if (!committing)
                throw;

            return await FindOut(units, lost);
        }
        catch
        {
            await Rollback();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<BatchPlan> Plan(IReadOnlyList<AppendUnit> units)
    {
        var streams = units.SelectMany(unit => unit.Streams).ToList();
        var receipts = units.Where(unit => unit.Receipt is not null).Select(unit => unit.Receipt!).ToList();
        await using var batch = new NpgsqlBatch(_connection);
        batch.Add("begin");
        batch.Add("select pg_advisory_xact_lock($1)", new NpgsqlParameter<long> { TypedValue = LockKey });
        batch.Add(
            """
            select array(select nextval('events.mt_events_sequence') from generate_series(1, $1)),
                (select e.timestamp from events.mt_events e order by e.seq_id desc limit 1),
                (select s.journal_number from events.safekeeping s)
            """,
            new NpgsqlParameter<int> { TypedValue = units.Sum(unit => unit.EventCount) }
        );
        // New streams are looked up too: an address may have come onto the list a moment ago.
        batch.Add(
            """
            select s.version, s.number
            from unnest($1, $2) with ordinality as u (tenant_id, id, place)
            left join events.mt_streams s on s.tenant_id = u.tenant_id and s.id = u.id
            order by u.place
            """,
            streams.Select(stream => stream.Tenant).Column(),
            streams.Select(stream => stream.Stream).Column()
        );
        if (receipts.Count > 0)
            AddReceiptLookUp(batch, receipts);

        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        var positions = await reader.GetFieldValueAsync<long[]>(0);
        var last = await reader.IsDBNullAsync(1)
            ? DateTimeOffset.MinValue
            : await reader.GetFieldValueAsync<DateTimeOffset>(1);
        var journalNumber = reader.GetInt64(2);
        await reader.NextResultAsync();
        var heads = new List<(long Version, long Number)>(streams.Count);
        while (await reader.ReadAsync())
            heads.Add(reader.IsDBNull(0) ? (0, 0) : (reader.GetInt64(0), reader.GetInt64(1)));

        var given = receipts.Count > 0 ? await ReadReceipts(reader) : [];
        return BatchPlan.Decide(units, positions, heads, given, Now(last), journalNumber);
    }

    private static void AddReceiptLookUp(NpgsqlBatch batch, List<Receipt> receipts) =>
        batch.Add(
            """
            select r.tenant_id, r.key, r.request_hash, r.stream_id, r.version, r.sequence, r.number
            from unnest($1, $2) as u (tenant_id, key)
            join events.receipts r on r.tenant_id = u.tenant_id and r.key = u.key
            """,
            receipts.Select(receipt => receipt.Tenant).Column(),
            receipts.Select(receipt => receipt.Key).Column()
        );

    private static async Task<Dictionary<(string, string), (byte[] Hash, Position Position)>> ReadReceipts(
        NpgsqlDataReader reader
    )
    {
        await reader.NextResultAsync();
        var given = new Dictionary<(string, string), (byte[], Position)>();
        while (await reader.ReadAsync())
        {
            given[(reader.GetString(0), reader.GetString(1))] = (
                reader.GetFieldValue<byte[]>(2),
                new Position(reader.GetGuid(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6))
            );
        }

        return given;
    }

    // PostgreSQL keeps microseconds; an instant never goes back, so that time and order of the log agree.
    private DateTimeOffset Now(DateTimeOffset last)
    {
        var now = clock.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        return now > last ? now : last;
    }

    private async Task Commit(BatchPlan plan)
    {
        await using var batch = new NpgsqlBatch(_connection);
        AddStreams(batch, plan);
        AddEvents(batch, plan);
        AddReceipts(batch, plan);
        foreach (var projection in projections)
            projection.Write(plan.Events, projection.Schema, batch);

        var entries = journal is null ? [] : JournalEntries(plan, journal.SequenceMark);
        if (journal is null || entries.Count == 0)
        {
            batch.Add("commit");
            await batch.ExecuteNonQueryAsync();
            return;
        }

        journal.CatchUp();
        var number = Math.Max(plan.JournalNumber, journal.LastUsedNumber) + 1;
        batch.Add(
            "update events.safekeeping set journal_number = $1",
            new NpgsqlParameter<long> { TypedValue = number }
        );
        await batch.ExecuteNonQueryAsync();
        journal.Append(number, entries);
        try
        {
            await using var commit = new NpgsqlCommand("commit", _connection);
            await commit.ExecuteNonQueryAsync();
        }
        catch (PostgresException)
        {
            journal.Void(number);
            throw;
        }
    }

    private static List<JournalEntry> JournalEntries(BatchPlan plan, long mark)
    {
        var entries = plan
            .Accepted.SelectMany(stream =>
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
        var last = plan.Events.Count > 0 ? plan.Events[^1].Sequence : 0;
        if (last > mark)
            entries.Add(new JournalEntry(0, JournalEntryKind.Mark, SequenceMark: last + MarkAhead));

        return entries;
    }

    private static void AddStreams(NpgsqlBatch batch, BatchPlan plan)
    {
        var fresh = plan.Accepted.Where(stream => stream.ExpectedVersion == 0).ToList();
        if (fresh.Count > 0)
        {
            batch.Add(
                """
                insert into events.mt_streams (tenant_id, id, type, version, timestamp, created, number, subject_key)
                select u.tenant_id, u.id, u.type, u.version, $1, $1, u.number, u.subject_key
                from unnest($2, $3, $4, $5, $6, $7) as u (tenant_id, id, type, version, number, subject_key)
                """,
                new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
                fresh.Select(stream => stream.Tenant).Column(),
                fresh.Select(stream => stream.Stream).Column(),
                fresh.Select(stream => stream.Type).Column(),
                fresh.Select(stream => (long)stream.Events.Count).Column(),
                fresh.Select(plan.NumberOf).Column(),
                KeyColumn(fresh)
            );
        }

        var grown = plan.Accepted.Where(stream => stream.ExpectedVersion > 0).ToList();
        if (grown.Count > 0)
        {
            batch.Add(
                """
                update events.mt_streams s
                set version = u.version, timestamp = $1,
                    subject_key = case when u.destroys then null else coalesce(u.subject_key, s.subject_key) end
                from unnest($2, $3, $4, $5, $6) as u (tenant_id, id, version, destroys, subject_key)
                where s.tenant_id = u.tenant_id and s.id = u.id
                """,
                new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
                grown.Select(stream => stream.Tenant).Column(),
                grown.Select(stream => stream.Stream).Column(),
                grown.Select(stream => stream.ExpectedVersion + stream.Events.Count).Column(),
                grown.Select(stream => stream.DestroysKey).Column(),
                KeyColumn(grown)
            );
        }
    }

    private static NpgsqlParameter KeyColumn(List<StreamAppend> streams) =>
        new()
        {
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
            Value = streams.Select(stream => stream.DestroysKey ? null : stream.Key).ToArray(),
        };

    private static void AddEvents(NpgsqlBatch batch, BatchPlan plan)
    {
        if (plan.Events.Count == 0)
            return;

        batch.Add(
            """
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id)
            select u.seq_id, u.id, u.stream_id, u.version, u.data, u.type, $1, u.tenant_id
            from unnest($2, $3, $4, $5, $6, $7, $8) as u (seq_id, id, stream_id, version, data, type, tenant_id)
            """,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
            plan.Events.Select(happened => happened.Sequence).Column(),
            plan.Pending.Select(happened => happened.Id).Column(),
            plan.Events.Select(happened => happened.Stream).Column(),
            plan.Events.Select(happened => happened.Version).Column(),
            plan.Pending.Select(happened => happened.Json).JsonColumn(),
            plan.Pending.Select(happened => happened.Name).Column(),
            plan.Events.Select(happened => happened.Tenant).Column()
        );
    }

    private static void AddReceipts(NpgsqlBatch batch, BatchPlan plan)
    {
        if (plan.Receipts.Count == 0)
            return;

        batch.Add(
            """
            insert into events.receipts
                (tenant_id, key, request_hash, stream_id, version, sequence, number, recorded_at)
            select u.tenant_id, u.key, u.request_hash, u.stream_id, u.version, u.sequence, u.number, $1
            from unnest($2, $3, $4, $5, $6, $7, $8)
                as u (tenant_id, key, request_hash, stream_id, version, sequence, number)
            """,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
            plan.Receipts.Select(given => given.Receipt.Tenant).Column(),
            plan.Receipts.Select(given => given.Receipt.Key).Column(),
            plan.Receipts.Select(given => given.Receipt.RequestHash).Column(),
            plan.Receipts.Select(given => given.Position.Stream).Column(),
            plan.Receipts.Select(given => given.Position.Version).Column(),
            plan.Receipts.Select(given => given.Position.Sequence).Column(),
            plan.Receipts.Select(given => given.Position.Number).Column()
        );
    }

    private async Task Rollback()
    {
        if (_connection is null)
            return;

        try
        {
            await using var rollback = new NpgsqlCommand("rollback", _connection);
            await rollback.ExecuteNonQueryAsync();
        }
        catch (NpgsqlException)
        {
            // The connection is gone, and the transaction with it.
            await Disconnect();
        }
    }

    private async Task Disconnect()
    {
        if (_connection is null)
            return;

        await _connection.DisposeAsync();
        _connection = null;
    }

    /// <summary>
    /// The connection broke while the commit was under way. The lock tells when the old transaction is over; then its
    /// events are there or not.
    /// </summary>
    private async Task<IReadOnlyList<AppendAnswer>> FindOut(IReadOnlyList<AppendUnit> units, Exception lost)
    {
        try
        {
            _connection = await writer.OpenConnectionAsync();
            var answers = await CommittedUnits.Find(_connection, units);
            return answers ?? await Write(units);
        }
        catch (Exception again) when (IsOutage(again))
        {
            await Disconnect();
            throw new LogUnavailableException(
                "The event log was lost during a commit; whether it was stored is not known.",
                lost
            );
        }
    }
}
