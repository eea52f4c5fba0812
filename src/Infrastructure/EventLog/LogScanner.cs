using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>Reads the whole log in its order, for followers and rebuilds. Holes in the sequence mean nothing.</summary>
internal sealed class LogScanner(KeyRing keys)
{
    private const string Sql = """
        select e.seq_id, e.stream_id, e.version, e.type, e.timestamp, e.tenant_id, e.data::text, s.number,
            s.subject_key, e.headers::text
        from events.mt_events e
        join events.mt_streams s on s.tenant_id = e.tenant_id and s.id = e.stream_id
        where e.seq_id > $1
        order by e.seq_id
        limit $2
        """;

    /// <summary>The next events after a position; fewer than asked for at the end of the log.</summary>
    public async Task<IReadOnlyList<RecordedEvent>> ReadAfter(
        NpgsqlConnection connection,
        long position,
        int most,
        CancellationToken cancellation
    )
    {
        var stored = new List<StoredRow>(most);
        await using (var command = new NpgsqlCommand(Sql, connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = position });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                stored.Add(StoredRow.Read(reader));
        }

        // Decrypting and parsing is most of the work, and every event can be read for itself.
        var events = new RecordedEvent[stored.Count];
        Parallel.For(0, events.Length, i => events[i] = stored[i].Decode(keys));
        return events;
    }

    private sealed record StoredRow(
        long Sequence,
        Guid Stream,
        long Version,
        string Name,
        DateTimeOffset RecordedAt,
        string Tenant,
        string Data,
        long Number,
        byte[]? WrappedKey,
        string? Headers
    )
    {
        public static StoredRow Read(NpgsqlDataReader reader) =>
            new(
                reader.GetInt64(0),
                reader.GetGuid(1),
                reader.GetInt64(2),
                reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                reader.GetString(5),
                reader.GetString(6),
                reader.GetInt64(7),
                reader.IsDBNull(8) ? null : reader.GetFieldValue<byte[]>(8),
                reader.IsDBNull(9) ? null : reader.GetString(9)
            );

        public RecordedEvent Decode(KeyRing keys)
        {
            var key = WrappedKey is null ? null : SubjectKey.Unwrap(keys, WrappedKey, Tenant, Stream);
            return new RecordedEvent(
                Sequence,
                Tenant,
                Stream,
                Version,
                Number,
                RecordedAt,
                Name,
                EventCodec.Decode(Name, Data, key, Tenant, Stream, Version)
            )
            {
                By = EventHeaders.Read(Headers),
            };
        }
    }
}
