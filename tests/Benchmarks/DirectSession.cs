using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Benchmarks;

/// <summary>
/// The floor of the writer: what Marten does for a batch, done by one statement per table, whatever the batch's size.
/// </summary>
internal sealed class DirectSession(NpgsqlTransaction transaction) : IBatchSession
{
    private readonly NpgsqlBatch _batch = new(transaction.Connection, transaction);

    public void Before(NpgsqlBatchCommand statement) => _batch.BatchCommands.Add(statement);

    public void Append(BatchPlan plan)
    {
        if (plan.Events.Count == 0)
            return;

        _batch.Add(
            "select count(nextval('events.mt_events_sequence')) from generate_series(1, $1)",
            new NpgsqlParameter<int> { TypedValue = plan.Events.Count }
        );
        AddStreams(plan);
        _batch.Add(
            """
            insert into events.mt_events
                (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, headers, mt_dotnet_type)
            select u.seq_id, u.id, u.stream_id, u.version, u.data, u.type, $1, u.tenant_id, u.headers,
                'schemahub:' || u.type
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
            plan.Pending.Select(happened => happened.By is { } by ? $"{{\"id\":\"{by.Id}\"}}" : null).JsonColumn()
        );
    }

    public void After(NpgsqlBatch statements)
    {
        foreach (var statement in statements.BatchCommands.Cast<NpgsqlBatchCommand>().ToList())
        {
            statements.BatchCommands.Remove(statement);
            _batch.BatchCommands.Add(statement);
        }
    }

    public Task Save(CancellationToken cancellation) => _batch.ExecuteNonQueryAsync(cancellation);

    public ValueTask DisposeAsync() => _batch.DisposeAsync();

    private void AddStreams(BatchPlan plan)
    {
        var fresh = plan.Accepted.Where(stream => stream.ExpectedVersion == 0).ToList();
        if (fresh.Count > 0)
        {
            _batch.Add(
                """
                insert into events.mt_streams (tenant_id, id, type, version, timestamp, created)
                select u.tenant_id, u.id, u.type, u.version, $1, $1
                from unnest($2, $3, $4, $5) as u (tenant_id, id, type, version)
                """,
                new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
                fresh.Select(stream => stream.Tenant).Column(),
                fresh.Select(stream => stream.Stream).Column(),
                fresh.Select(stream => stream.Type).Column(),
                fresh.Select(stream => (long)stream.Events.Count).Column()
            );
        }

        var grown = plan.Accepted.Where(stream => stream.ExpectedVersion > 0).ToList();
        if (grown.Count > 0)
        {
            _batch.Add(
                """
                update events.mt_streams s
                set version = u.version, timestamp = $1
                from unnest($2, $3, $4) as u (tenant_id, id, version)
                where s.tenant_id = u.tenant_id and s.id = u.id
                """,
                new NpgsqlParameter<DateTimeOffset> { TypedValue = plan.RecordedAt },
                grown.Select(stream => stream.Tenant).Column(),
                grown.Select(stream => stream.Stream).Column(),
                grown.Select(stream => stream.ExpectedVersion + stream.Events.Count).Column()
            );
        }
    }
}
