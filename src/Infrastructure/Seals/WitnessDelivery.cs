using Microsoft.Extensions.Logging;
using Npgsql;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>A tenant's checkpoints that a witness does not take.</summary>
public sealed record StuckDelivery(string Witness, string Tenant, int Attempts, string Error);

/// <summary>
/// Brings checkpoints to the witnesses, in the order they were signed, each until it is kept. How far a witness has
/// come is recorded after it has confirmed: a crash repeats a delivery, and loses none.
/// </summary>
public sealed class WitnessDelivery(
    NpgsqlDataSource writer,
    IReadOnlyList<IWitness> witnesses,
    TimeProvider clock,
    ILogger<WitnessDelivery> log
)
{
    private const int AtOnce = 100;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>Delivers until cancelled, looking for new checkpoints after each interval.</summary>
    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                if (await DeliverPending(cancellation) > 0)
                    continue;
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                SealMetrics.Failures.Add(1);
                log.LogError(failure, "Checkpoints could not be delivered; it will be tried again.");
            }

            await Task.Delay(interval, clock, cancellation);
        }
    }

    /// <summary>Offers every witness what it has not got yet and is due.</summary>
    /// <returns>How many checkpoints were delivered; what failed is recorded, and due again later.</returns>
    public async Task<int> DeliverPending(CancellationToken cancellation) =>
        (await Task.WhenAll(witnesses.Select(witness => DeliverTo(witness, cancellation)))).Sum();

    /// <summary>What could not be delivered at the last attempt, for the health page.</summary>
    public async Task<IReadOnlyList<StuckDelivery>> Stuck(CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select witness, tenant_id, attempts, last_error from events.checkpoint_deliveries
            where attempts > 0 order by witness, tenant_id limit 100
            """
        );
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var stuck = new List<StuckDelivery>();
        while (await rows.ReadAsync(cancellation))
            stuck.Add(new(rows.GetString(0), rows.GetString(1), rows.GetInt32(2), rows.GetString(3)));

        return stuck;
    }

    private async Task<int> DeliverTo(IWitness witness, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        var ledger = new DeliveryLedger(connection, witness.Name);
        if (!await ledger.TryLock(cancellation))
            return 0;

        try
        {
            return await DeliverDue(connection, witness, ledger, cancellation);
        }
        finally
        {
            await ledger.Unlock();
        }
    }

    private async Task<int> DeliverDue(
        NpgsqlConnection connection,
        IWitness witness,
        DeliveryLedger ledger,
        CancellationToken cancellation
    )
    {
        var delivered = 0;
        foreach (var due in await ledger.Due(clock.GetUtcNow(), cancellation))
        {
            try
            {
                delivered += await Deliver(connection, witness, ledger, due, cancellation);
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                log.LogError(
                    failure,
                    "Witness {Witness} has not taken checkpoints of {Tenant}.",
                    witness.Name,
                    due.Tenant
                );
                SealMetrics.Failures.Add(1);
                var pause = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(due.Attempts, 10)));
                var dueAt = clock.GetUtcNow() + (pause < LongestPause ? pause : LongestPause);
                await ledger.Failed(due, failure.Message, dueAt, cancellation);
            }
        }

        return delivered;
    }

    private async Task<int> Deliver(
        NpgsqlConnection connection,
        IWitness witness,
        DeliveryLedger ledger,
        DueDelivery due,
        CancellationToken cancellation
    )
    {
        var isNewestOnly = witness.Interval > TimeSpan.Zero;
        var pending = await ledger.Pending(due, isNewestOnly ? 1 : AtOnce, isNewestOnly, cancellation);
        var tiles = new TileSet(connection);
        var offered = await tiles.Compute(() => WithProofs(tiles, pending, due.DeliveredSize), cancellation);
        await witness.Deliver(offered, cancellation);

        var now = clock.GetUtcNow();
        await ledger.Delivered(due, pending[^1].Checkpoint.Size, now, now + witness.Interval, cancellation);
        SealMetrics.Deliveries.Add(offered.Count);
        return offered.Count;
    }

    private static List<WitnessedCheckpoint> WithProofs(TileSet tiles, List<CheckpointRow> pending, long before)
    {
        var offered = new List<WitnessedCheckpoint>();
        foreach (var row in pending)
        {
            var (tenant, size) = (row.Checkpoint.Tenant, row.Checkpoint.Size);
            var proof =
                before == 0
                    ? null
                    : new ConsistencyProof(before, tiles.Tree(tenant, SealTree.Log, size).Consistency(before));
            offered.Add(new WitnessedCheckpoint(row.Signed.Note, row.Signature, proof));
            before = size;
        }

        return offered;
    }
}
