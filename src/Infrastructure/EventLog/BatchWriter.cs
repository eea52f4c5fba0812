using System.Data;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Writes one batch of units in one transaction. First round trip: take the log's lock, learn where log and streams
/// stand. Second: streams and events by Marten, then keys, receipts, the inline projections, and the commit, with the
/// journal on disk before the commit where the batch holds a withdrawal, a suppression or an erasure. A node that
/// writes alone foretells what the first would answer, and needs one round trip.
/// </summary>
/// <param name="begin">Begins the session that writes what belongs to one batch.</param>
/// <param name="committed">Told what was committed, before anybody is answered.</param>
internal sealed class BatchWriter(
    NpgsqlDataSource writer,
    Func<NpgsqlTransaction, IBatchSession> begin,
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

    private const int MostAttempts = 2;

    // From the log's lock to the commit, and the wait for the lock before.
    private static readonly TimeSpan LongestBatch = TimeSpan.FromSeconds(20);

    private readonly Foresight _foresight = new();

    private NpgsqlConnection? _connection;

    private DateTimeOffset _lastRecorded = DateTimeOffset.MinValue;

    private readonly BatchJournal? _journal = journal is null ? null : new BatchJournal(journal);

    /// <summary>
    /// Writes a batch. After a fault it finds out what was stored, and writes again what was not.
    /// </summary>
    /// <exception cref="LogUnavailableException">It is not known whether the batch was stored.</exception>
    /// <exception cref="PostgresException">The database has refused the batch; nothing of it was stored.</exception>
    public async Task<IReadOnlyList<AppendAnswer>> Write(IReadOnlyList<AppendUnit> units)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var bound = new CancellationTokenSource(LongestBatch);
            var progress = new Progress();
            try
            {
                return await Write(units, progress, bound.Token);
            }
            catch (Exception failure) when (!progress.IsConnected)
            {
                await Disconnect();
                throw new LogUnavailableException("The event log cannot be reached.", failure);
            }
            catch (PostgresException shifted)
                when (shifted.SqlState == BatchOpening.OtherPositions && attempt < MostAttempts)
            {
                // Another program drew a position, which only the holder of the log's lock should.
                _foresight.Forget();
                await Rollback();
            }
            catch (PostgresException refused) when (DatabaseOutage.IsRolledBack(refused))
            {
                // What was drawn is lost with the transaction, and how much that was is not known.
                _foresight.Forget();
                await Rollback();
                throw;
            }
            catch (Exception lost)
                when (DatabaseOutage.Is(lost) || lost is JournalMovedException || bound.IsCancellationRequested)
            {
                await Disconnect();
                if (progress.IsCommitting)
                {
                    (_connection, var answers) = await CommittedUnits.FindOut(writer, units, lost);
                    if (answers is not null)
                        return answers;
                }

                // Nothing of it was stored. The connection may have broken long ago, without anybody noticing.
                if (attempt == MostAttempts)
                    throw new LogUnavailableException("The event log was lost while it was written.", lost);
            }
            catch
            {
                // Our own mistake may have left a statement half sent: the connection is not used again.
                await Disconnect();
                throw;
            }
        }
    }

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<IReadOnlyList<AppendAnswer>> Write(
        IReadOnlyList<AppendUnit> units,
        Progress progress,
        CancellationToken bound
    )
    {
        _connection ??= await WriterSession.Open(writer, bound);
        progress.IsConnected = true;
        if (Foretell(units) is { } foretold)
        {
            progress.IsCommitting = true;
            if (await TryCommit(foretold, units, bound))
            {
                committed?.Invoke(foretold.Events);
                return foretold.Answers;
            }

            progress.IsCommitting = false;
        }

        await using var transaction = await _connection.BeginTransactionAsync(bound);
        var plan = await Plan(units, bound);
        await Commit(plan, transaction, progress, bound);
        _foresight.Learn(plan.FirstPosition + plan.Events.Count);
        _lastRecorded = plan.RecordedAt;
        committed?.Invoke(plan.Events);
        return plan.Answers;
    }

    private async Task<BatchPlan> Plan(IReadOnlyList<AppendUnit> units, CancellationToken bound)
    {
        await using var batch = new NpgsqlBatch(_connection);
        BatchOpening.Add(batch, units);
        await using var reader = await batch.ExecuteReaderAsync(bound);
        var opening = await BatchOpening.Read(reader, units);
        return BatchPlan.Decide(
            units,
            opening.NextPosition,
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

        var heads = units
            .SelectMany(unit => unit.Streams)
            .Select(stream => (stream.ExpectedVersion, stream.Number))
            .ToList();
        var plan = BatchPlan.Decide(units, next, heads, given: [], Now(_lastRecorded), journalNumber: 0);
        return _journal is null || _journal.EntriesOf(plan).Count == 0 ? plan : null;
    }

    /// <summary>Whether the batch was written; nothing was where something was not as foretold.</summary>
    private async Task<bool> TryCommit(BatchPlan plan, IReadOnlyList<AppendUnit> units, CancellationToken bound)
    {
        await using var transaction = await _connection!.BeginTransactionAsync(bound);
        await using var session = begin(transaction);
        session.Before(BatchOpening.Foretold(plan, units));
        Add(session, plan, commits: true);
        try
        {
            await session.Save(bound);
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

    private void Add(IBatchSession session, BatchPlan plan, bool commits)
    {
        session.Append(plan);
        using var others = new NpgsqlBatch();
        BatchStatements.AddStreams(others, plan);
        BatchStatements.AddReceipts(others, plan);
        foreach (var projection in projections)
            projection.Write(plan.Events, projection.Schema, others);

        if (commits)
            others.Add("commit");

        session.After(others);
    }

    private async Task Commit(BatchPlan plan, NpgsqlTransaction transaction, Progress progress, CancellationToken bound)
    {
        await using var session = begin(transaction);
        var entries = _journal?.EntriesOf(plan) ?? [];
        if (_journal is null || entries.Count == 0)
        {
            Add(session, plan, commits: true);
            progress.IsCommitting = true;
            await session.Save(bound);
            return;
        }

        Add(session, plan, commits: false);
        await session.Save(bound);
        var number = 0L;
        await JournalNumbers.Write(
            _connection!,
            async takeOver => number = await _journal.Record(plan, entries, takeOver),
            bound
        );
        await using var commit = new NpgsqlBatch(_connection);
        commit.Add(
            "update events.safekeeping set journal_number = $1",
            new NpgsqlParameter<long> { TypedValue = number }
        );
        commit.Add("commit");
        progress.IsCommitting = true;
        await commit.ExecuteNonQueryAsync(bound);
        _journal.Committed();
    }

    private async Task Rollback()
    {
        if (_connection is null)
            return;

        // After some errors, of a full disk for one, the driver has closed it, and the transaction is over.
        if (_connection.State != ConnectionState.Open)
        {
            await Disconnect();
            return;
        }

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

    /// <summary>How far a batch came before it failed.</summary>
    private sealed class Progress
    {
        public bool IsConnected { get; set; }

        /// <summary>The server may have been told to commit.</summary>
        public bool IsCommitting { get; set; }
    }
}
