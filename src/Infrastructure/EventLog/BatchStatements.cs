using Npgsql;
using NpgsqlTypes;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The statements that write a batch to the log's own tables: one per table, whatever the batch's size.
/// </summary>
internal static class BatchStatements
{
    public static void AddStreams(NpgsqlBatch batch, BatchPlan plan)
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
        BytesColumn(streams.Select(stream => stream.DestroysKey ? null : stream.Key));

    private static NpgsqlParameter BytesColumn(IEnumerable<byte[]?> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea, Value = values.ToArray() };

    public static void AddEvents(NpgsqlBatch batch, BatchPlan plan)
    {
        if (plan.Events.Count == 0)
            return;

        batch.Add(
            """
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, headers)
            select u.seq_id, u.id, u.stream_id, u.version, u.data, u.type, $1, u.tenant_id, u.headers
            from unnest($2, $3, $4, $5, $6, $7, $8, $9)
                as u (seq_id, id, stream_id, version, data, type, tenant_id, headers)
            """,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
            plan.Events.Select(happened => happened.Sequence).Column(),
            plan.Pending.Select(happened => happened.Id).Column(),
            plan.Events.Select(happened => happened.Stream).Column(),
            plan.Events.Select(happened => happened.Version).Column(),
            plan.Pending.Select(happened => happened.Json).JsonColumn(),
            plan.Pending.Select(happened => happened.Name).Column(),
            plan.Events.Select(happened => happened.Tenant).Column(),
            plan.Pending.Select(happened => EventHeaders.Of(happened.By)).JsonColumn()
        );
    }

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
