using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>How much the sealer takes at once, and how long it rests once it has caught up.</summary>
public sealed record SealerOptions
{
    /// <summary>The most events of one round, which is one transaction.</summary>
    public int BatchSize { get; init; } = 10_000;

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Follows the event log and seals it: every event becomes a leaf of its tenant's log, every changed stream a new head,
/// and when the log's end is reached a checkpoint is signed for each tenant that changed. Any number of nodes may run
/// one; a lock of the database lets one at a time work.
/// </summary>
public sealed class Sealer(
    NpgsqlDataSource writer,
    ISealKey key,
    TimeProvider clock,
    ILogger<Sealer> log,
    SealerOptions? options = null
)
{
    private const string Progression = "Seals";

    private readonly SealerOptions _options = options ?? new SealerOptions();
    private readonly CheckpointSigner _signer = new(key, clock);

    /// <summary>Why the last round failed, in words for the health page; null while all is well.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Seals one batch, unless another node is sealing.</summary>
    /// <returns>How many events were sealed.</returns>
    public async Task<int> SealRound(CancellationToken cancellation) =>
        (await Round(isPatient: false, cancellation)).Events;

    /// <summary>Returns when every event committed before the call is sealed and covered by a checkpoint.</summary>
    public async Task SealAll(CancellationToken cancellation)
    {
        while ((await Round(isPatient: true, cancellation)).HasMore) { }
    }

    /// <summary>Seals until cancelled. What fails is rolled back, told, and tried again after the interval.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var hasMore = false;
            try
            {
                hasMore = (await Round(isPatient: false, cancellation)).HasMore;
                Trouble = null;
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                Trouble = failure.Message;
                SealMetrics.Failures.Add(1);
                if (DatabaseOutage.Is(failure))
                    log.LogWarning("Sealing waits for the database ({Why}).", DatabaseOutage.Describe(failure));
                else
                    log.LogError(failure, "Sealing failed; the round is rolled back and will be tried again.");
            }

            if (!hasMore)
                await Task.Delay(_options.Interval, clock, cancellation);
        }
    }

    /// <summary>
    /// Waits for the lease and seals to the log's end inside the caller's transaction: until that ends, the trees stay
    /// as the newest checkpoints say.
    /// </summary>
    internal async Task<long> SealAndHold(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await Lease(connection, isPatient: true, cancellation);
        while ((await SealNext(connection, cancellation)).HasMore) { }
        return await Position(connection, cancellation);
    }

    private async Task<(int Events, bool HasMore)> Round(bool isPatient, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await Lease(connection, isPatient, cancellation))
            return (0, false);

        var round = await SealNext(connection, cancellation);
        await transaction.CommitAsync(cancellation);
        SealMetrics.EventsSealed.Add(round.Events);
        return round;
    }

    private async Task<(int Events, bool HasMore)> SealNext(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var from = await Position(connection, cancellation);
        var batch = await SealBatch.Read(connection, from, _options.BatchSize, cancellation);
        if (batch.Count > 0)
        {
            await batch.Save(connection, cancellation);
            await Move(connection, from, batch.LastSequence, cancellation);
        }

        // A checkpoint per batch would only be overtaken by the next one.
        var hasMore = batch.Count == _options.BatchSize || await _signer.Sign(connection, cancellation);
        return (batch.Count, hasMore);
    }

    private static async Task<bool> Lease(NpgsqlConnection connection, bool isPatient, CancellationToken cancellation)
    {
        // A statement of its own: what the next ones read must be as of after the lock, not before.
        await using var command = new NpgsqlCommand(
            isPatient
                ? "select pg_advisory_xact_lock(hashtextextended('schemahub.seals', 0)) is not null"
                : "select pg_try_advisory_xact_lock(hashtextextended('schemahub.seals', 0))",
            connection
        );
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private static async Task<long> Position(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select position from events.followers where name = $1", connection)
        {
            Parameters = { new() { Value = Progression } },
        };
        return await command.ExecuteScalarAsync(cancellation) as long? ?? 0;
    }

    private async Task Move(NpgsqlConnection connection, long from, long to, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            from == 0
                ? """
                insert into events.followers (name, position, moved_at) values ($1, $3, $4)
                on conflict (name) do update set position = $3, moved_at = $4
                where followers.position = $2
                """
                : """
                update events.followers set position = $3, moved_at = $4
                where name = $1 and position = $2
                """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = Progression },
                new() { Value = from },
                new() { Value = to },
                new() { Value = clock.GetUtcNow() },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellation) != 1)
            throw new InvalidOperationException($"The seals' position is no longer {from}: another sealer moved it.");
    }
}
