using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Writes one batch of units in one transaction. First round trip: take the log's lock, learn where the streams
/// stand, draw positions. Second: streams, events, receipts, the inline projections, and the commit, with the journal
/// on disk before the commit where the batch holds a withdrawal, a suppression or an erasure. A node that writes alone
/// foretells what the first would answer, and needs one round trip.
/// </summary>
/// <param name="committed">Told what was committed, before anybody is answered.</param>
internal sealed class BatchWriter(
    NpgsqlDataSource writer,
    IReadOnlyList<IProjection> projections,
    Journal? journal,
    TimeProvider clock,
    Action<IReadOnlyList<RecordedEvent>>? committed = null
) : IAsyncDisposable
{
    /// <summary>
    /// Sequence order is commit order because every batch holds this lock from its first row to its commit.
    /// </summary>
    public const long LockKey = 0x5348_4C4F_47; // "SHLOG"

    // One fsync of the journal per this many positions.
    public const long MarkAhead = 50_000;

    private readonly Foresight _foresight = new();

    private NpgsqlConnection? _connection;

    private DateTimeOffset _lastRecorded = DateTimeOffset.MinValue;

    private readonly BatchJournal? _journal = journal is null ? null : new BatchJournal(journal);

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
            _connection ??= await Connect();
            if (Foretell(units) is { } foretold)
            {
                committing = true;
                if (await TryCommit(foretold, units))
                {
                    committed?.Invoke(foretold.Events);
                    return foretold.Answers;
                }

                committing = false;
            }

            var plan = await Plan(units);
            committing = true;
            await Commit(plan);
            _lastRecorded = plan.RecordedAt;
            committed?.Invoke(plan.Events);
            return plan.Answers;
        }
        catch (PostgresException refused) when (!IsOutage(refused))
        {
            // What was drawn is lost with the transaction, and how much that was is not known.
            _foresight.Forget();
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
            // Our own mistake may have left a statement half sent: the connection is not used again.
            await Disconnect();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>
    /// Everything a batch does, the checks of foreign keys included, is a look-up by key. Plans made while the tables
    /// were small would scan them until the next analyze, and most statements would be planned anew in every batch.
    /// </summary>
    private async Task<NpgsqlConnection> Connect()
    {
        var connection = await writer.OpenConnectionAsync();
        await using var settings = new NpgsqlCommand(
            "set enable_seqscan = off; set plan_cache_mode = force_generic_plan",
            connection
        );
        await settings.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task<BatchPlan> Plan(IReadOnlyList<AppendUnit> units)
    {
        await using var batch = new NpgsqlBatch(_connection);
        BatchOpening.Add(batch, units);
        await using var reader = await batch.ExecuteReaderAsync();
        var opening = await BatchOpening.Read(reader, units);
        _foresight.Learn(opening.Positions);
        return BatchPlan.Decide(
            units,
            opening.Positions,
            opening.Heads,
            opening.Receipts,
            Now(opening.LastRecorded),
            opening.JournalNumber
        );
    }

    /// <summary>
    /// The batch as it will be if nobody wrote in between: written in one round trip, which begins by making sure of
    /// it. Null where that cannot be, since the journal needs the batch before its commit.
    /// </summary>
    private BatchPlan? Foretell(IReadOnlyList<AppendUnit> units)
    {
        if (_foresight.Next is not { } next)
            return null;

        var positions = new long[units.Sum(unit => unit.EventCount)];
        for (var i = 0; i < positions.Length; i++)
            positions[i] = next + i;

        var heads = units
            .SelectMany(unit => unit.Streams)
            .Select(stream => (stream.ExpectedVersion, stream.Number))
            .ToList();
        var plan = BatchPlan.Decide(units, positions, heads, given: [], Now(_lastRecorded), journalNumber: 0);
        return _journal is null || _journal.EntriesOf(plan).Count == 0 ? plan : null;
    }

    /// <summary>Whether the batch was written; nothing was where something was not as foretold.</summary>
    private async Task<bool> TryCommit(BatchPlan plan, IReadOnlyList<AppendUnit> units)
    {
        await using var batch = new NpgsqlBatch(_connection);
        BatchOpening.AddForetold(batch, plan, units);
        AddRows(batch, plan);
        batch.Add("commit");
        try
        {
            await batch.ExecuteNonQueryAsync();
            _foresight.CameTrue(plan.Events.Count);
            _lastRecorded = plan.RecordedAt;
            return true;
        }
        catch (PostgresException otherwise) when (otherwise.SqlState == BatchOpening.NotAsForetold)
        {
            _foresight.Failed();
            await Rollback();
            return false;
        }
    }

    // PostgreSQL keeps microseconds; an instant never goes back, so that time and order of the log agree.
    private DateTimeOffset Now(DateTimeOffset last)
    {
        var now = clock.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        return now > last ? now : last;
    }

    private void AddRows(NpgsqlBatch batch, BatchPlan plan)
    {
        BatchStatements.AddStreams(batch, plan);
        BatchStatements.AddEvents(batch, plan);
        BatchStatements.AddReceipts(batch, plan);
        foreach (var projection in projections)
            projection.Write(plan.Events, projection.Schema, batch);
    }

    private async Task Commit(BatchPlan plan)
    {
        await using var batch = new NpgsqlBatch(_connection);
        AddRows(batch, plan);
        var entries = _journal?.EntriesOf(plan) ?? [];
        if (_journal is null || entries.Count == 0)
        {
            batch.Add("commit");
            await batch.ExecuteNonQueryAsync();
            return;
        }

        await batch.ExecuteNonQueryAsync();
        var number = await Record(plan, entries, _journal);
        await using var commit = new NpgsqlBatch(_connection);
        commit.Add(
            "update events.safekeeping set journal_number = $1",
            new NpgsqlParameter<long> { TypedValue = number }
        );
        commit.Add("commit");
        await commit.ExecuteNonQueryAsync();
        _journal.Committed();
    }

    private async Task<long> Record(BatchPlan plan, List<JournalEntry> entries, BatchJournal journal)
    {
        try
        {
            return journal.Record(plan, entries, takeOver: false);
        }
        catch (JournalBusyException)
        {
            // Another node was stopped while it wrote. The transaction still answers, so the log's lock is ours.
            await using var ask = new NpgsqlCommand("select", _connection);
            await ask.ExecuteNonQueryAsync();
            return journal.Record(plan, entries, takeOver: true);
        }
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
        _foresight.Forget();
    }

    /// <summary>
    /// The connection broke while the commit was under way. The lock tells when the old transaction is over; then its
    /// events are there or not.
    /// </summary>
    private async Task<IReadOnlyList<AppendAnswer>> FindOut(IReadOnlyList<AppendUnit> units, Exception lost)
    {
        try
        {
            _connection = await Connect();
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
