using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>A stream as it stands: its events, and the key to what is personal in them.</summary>
internal sealed record StoredStream(long Version, long Number, SubjectKey? Key, IReadOnlyList<RecordedEvent> Events);

/// <summary>Reads whole streams from the log.</summary>
internal sealed class LogReader(NpgsqlDataSource writer, KeyRing keys)
{
    private const string Sql = """
        select s.version, s.number, s.subject_key, e.seq_id, e.version, e.type, e.timestamp, e.data::text, s.id
        from events.mt_streams s
        join events.mt_events e on e.tenant_id = s.tenant_id and e.stream_id = s.id
        where s.tenant_id = $1 and s.id = $2
        order by e.version
        """;

    private const string ManySql = """
        select s.version, s.number, s.subject_key, e.seq_id, e.version, e.type, e.timestamp, e.data::text, s.id
        from events.mt_streams s
        join events.mt_events e on e.tenant_id = s.tenant_id and e.stream_id = s.id
        where s.tenant_id = $1 and s.id = any ($2)
        order by s.id, e.version
        """;

    private static readonly StoredStream Nothing = new(0, 0, Key: null, []);

    /// <summary>The stream; version 0 where there is none.</summary>
    public async Task<StoredStream> Read(string tenant, Guid stream, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await foreach (var found in Streams(reader, tenant))
            return found.Stream;

        return Nothing;
    }

    /// <summary>Those of the streams that exist.</summary>
    public async Task<Dictionary<Guid, StoredStream>> ReadMany(
        string tenant,
        Guid[] streams,
        CancellationToken cancellation
    )
    {
        await using var command = writer.CreateCommand(ManySql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = streams });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var all = new Dictionary<Guid, StoredStream>();
        await foreach (var (id, stream) in Streams(reader, tenant))
            all[id] = stream;

        return all;
    }

    private async IAsyncEnumerable<(Guid Id, StoredStream Stream)> Streams(NpgsqlDataReader reader, string tenant)
    {
        (Guid Id, StoredStream Stream)? current = null;
        var events = new List<RecordedEvent>();
        while (await reader.ReadAsync())
        {
            var id = reader.GetGuid(8);
            if (current is not null && current.Value.Id != id)
            {
                yield return current.Value;
                current = null;
            }

            if (current is null)
            {
                events = [];
                var key = await reader.IsDBNullAsync(2)
                    ? null
                    : SubjectKey.Unwrap(keys, reader.GetFieldValue<byte[]>(2), tenant, id);
                current = (id, new StoredStream(reader.GetInt64(0), reader.GetInt64(1), key, events));
            }

            events.Add(Event(reader, tenant, id, current.Value.Stream));
        }

        if (current is not null)
            yield return current.Value;
    }

    private static RecordedEvent Event(NpgsqlDataReader reader, string tenant, Guid stream, StoredStream stored)
    {
        var name = reader.GetString(5);
        return new RecordedEvent(
            reader.GetInt64(3),
            tenant,
            stream,
            reader.GetInt64(4),
            stored.Number,
            reader.GetFieldValue<DateTimeOffset>(6),
            name,
            EventCodec.Decode(name, reader.GetString(7), stored.Key, tenant, stream, reader.GetInt64(4))
        );
    }
}
