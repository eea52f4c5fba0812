using Npgsql;
using NpgsqlTypes;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The statements that write a batch to our tables beside Marten's: one per table for a batch of any size.
/// </summary>
internal static class BatchStatements
{
    /// <summary>
    /// New streams, in one statement with the check that the events got the planned positions; then keys that changed.
    /// </summary>
    public static void AddStreams(NpgsqlBatch batch, BatchPlan plan)
    {
        if (plan.Events.Count == 0)
            return;

        var fresh = plan.Accepted.Where(stream => stream.ExpectedVersion == 0).ToList();
        batch.Add(
            "call events.end_batch($1, $2, $3, $4, $5)",
            new NpgsqlParameter<long> { TypedValue = plan.Events[^1].Sequence },
            fresh.Select(stream => stream.Tenant).Column(),
            fresh.Select(stream => stream.Stream).Column(),
            fresh.Select(plan.NumberOf).Column(),
            BytesColumn(fresh.Select(stream => stream.DestroysKey ? null : stream.Key))
        );
        var changed = plan.Accepted.Where(stream => stream is { ExpectedVersion: > 0, ChangesKey: true }).ToList();
        if (changed.Count > 0)
        {
            batch.Add(
                """
                update events.streams s
                set subject_key = u.subject_key
                from unnest($1, $2, $3) as u (tenant_id, id, subject_key)
                where s.tenant_id = u.tenant_id and s.id = u.id
                """,
                changed.Select(stream => stream.Tenant).Column(),
                changed.Select(stream => stream.Stream).Column(),
                BytesColumn(changed.Select(stream => stream.DestroysKey ? null : stream.Key))
            );
        }
    }

    private static NpgsqlParameter BytesColumn(IEnumerable<byte[]?> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea, Value = values.ToArray() };

    public static void AddReceipts(NpgsqlBatch batch, BatchPlan plan)
    {
        if (plan.Receipts.Count == 0)
            return;

        batch.Add(
            """
            insert into events.receipts
                (tenant_id, actor, key, request_hash, stream_id, version, sequence, number, answer, recorded_at)
            select u.tenant_id, u.actor, u.key, u.request_hash, u.stream_id, u.version, u.sequence, u.number,
                u.answer, $1
            from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10)
                as u (tenant_id, actor, key, request_hash, stream_id, version, sequence, number, answer)
            """,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
            plan.Receipts.Select(given => given.Receipt.Tenant).Column(),
            plan.Receipts.Select(given => given.Receipt.Actor).Column(),
            plan.Receipts.Select(given => given.Receipt.Key).Column(),
            plan.Receipts.Select(given => given.Receipt.RequestHash).Column(),
            plan.Receipts.Select(given => given.Position.Stream).Column(),
            plan.Receipts.Select(given => given.Position.Version).Column(),
            plan.Receipts.Select(given => given.Position.Sequence).Column(),
            plan.Receipts.Select(given => given.Position.Number).Column(),
            BytesColumn(plan.Receipts.Select(given => given.Kept))
        );
    }
}
