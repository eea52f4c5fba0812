using JasperFx.Events;
using Marten;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The rows of Marten's streams and events, by one statement per table for a batch of any size. Marten's own statement
/// is a function call for each stream, which costs as much again as the rest of a large batch.
/// </summary>
internal static class StreamRows
{
    /// <summary>The statements that write a session's streams to <c>mt_streams</c> and <c>mt_events</c>.</summary>
    /// <param name="streams">Prepared by Marten: with versions and metadata. Their events have positions.</param>
    public static IEnumerable<NpgsqlBatchCommand> Insert(IReadOnlyList<StreamAction> streams, ISerializer serializer)
    {
        var started = streams.Where(stream => stream.ActionType == StreamActionType.Start).ToList();
        if (started.Count > 0)
            yield return Start(started);

        var grown = streams.Where(stream => stream.ActionType == StreamActionType.Append).ToList();
        if (grown.Count > 0)
            yield return Grow(grown);

        if (streams.Count > 0)
            yield return Events([.. streams.SelectMany(stream => stream.Events)], serializer);
    }

    private static NpgsqlBatchCommand Start(List<StreamAction> streams) =>
        BatchExtensions.Statement(
            """
            insert into events.mt_streams (tenant_id, id, type, version, timestamp, created)
            select u.tenant_id, u.id, u.type, u.version, u.timestamp, u.timestamp
            from unnest($1, $2, $3, $4, $5) as u (tenant_id, id, type, version, timestamp)
            """,
            streams.Select(stream => stream.TenantId).Column(),
            streams.Select(stream => stream.Id).Column(),
            streams.Select(stream => stream.AggregateTypeName).Column(),
            streams.Select(stream => stream.Version).Column(),
            streams.Select(stream => stream.Events[^1].Timestamp).Column()
        );

    private static NpgsqlBatchCommand Grow(List<StreamAction> streams) =>
        BatchExtensions.Statement(
            """
            update events.mt_streams s
            set version = u.version, timestamp = u.timestamp
            from unnest($1, $2, $3, $4) as u (tenant_id, id, version, timestamp)
            where s.tenant_id = u.tenant_id and s.id = u.id
            """,
            streams.Select(stream => stream.TenantId).Column(),
            streams.Select(stream => stream.Id).Column(),
            streams.Select(stream => stream.Version).Column(),
            streams.Select(stream => stream.Events[^1].Timestamp).Column()
        );

    private static NpgsqlBatchCommand Events(List<IEvent> events, ISerializer serializer) =>
        // The positions are drawn before the first row, so that the end of the batch can tell whether they were these.
        BatchExtensions.Statement(
            """
            with drawn as materialized (
                select count(nextval('events.mt_events_sequence')) from generate_series(1, cardinality($1))
            )
            insert into events.mt_events
                (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, correlation_id,
                    causation_id, headers, is_archived)
            select u.seq_id, u.id, u.stream_id, u.version, u.data, u.type, u.timestamp, u.tenant_id, u.mt_dotnet_type,
                u.correlation_id, u.causation_id, u.headers, false
            from drawn
            cross join unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                as u (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, correlation_id,
                    causation_id, headers)
            """,
            events.Select(happened => happened.Sequence).Column(),
            events.Select(happened => happened.Id).Column(),
            events.Select(happened => happened.StreamId).Column(),
            events.Select(happened => happened.Version).Column(),
            events.Select(happened => (string?)serializer.ToJson(happened.Data)).JsonColumn(),
            events.Select(happened => happened.EventTypeName).Column(),
            events.Select(happened => happened.Timestamp).Column(),
            events.Select(happened => happened.TenantId).Column(),
            events.Select(happened => happened.DotNetTypeName).Column(),
            events.Select(happened => happened.CorrelationId).Column(),
            events.Select(happened => happened.CausationId).Column(),
            events.Select(happened => happened.Headers is { } headers ? serializer.ToJson(headers) : null).JsonColumn()
        );
}
