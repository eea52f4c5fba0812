using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>A stream as it stands: its events, and the key to what is personal in them.</summary>
internal sealed record StoredStream(long Version, long Number, SubjectKey? Key, IReadOnlyList<RecordedEvent> Events);

/// <summary>Reads whole streams from the log.</summary>
internal sealed class LogReader : IAsyncDisposable
{
    // Laterals with limit and offset: look-ups by key, also where the tables were small when the plan was made.
    private const string Sql = """
        select u.place, s.version, s.number, s.subject_key, e.seq_id, e.version, e.type, e.timestamp, e.data, e.headers
        from unnest($1::varchar[], $2::uuid[]) with ordinality as u (tenant_id, id, place)
        cross join lateral (
            select h.version, n.number, n.subject_key
            from events.mt_streams h
            join events.streams n on n.tenant_id = h.tenant_id and n.id = h.id
            where h.tenant_id = u.tenant_id and h.id = u.id
            limit 1
        ) s
        cross join lateral (
            select h.seq_id, h.version, h.type, h.timestamp, h.data::text as data,
                h.headers::text as headers
            from events.mt_events h
            where h.tenant_id = u.tenant_id and h.stream_id = u.id
            offset 0
        ) e
        order by u.place, e.version
        """;

    private static readonly StoredStream Nothing = new(0, 0, Key: null, []);

    private readonly NpgsqlDataSource _writer;
    private readonly KeyRing _keys;
    private readonly GatheredReads<Address, Lazy<Task<StoredStream>>> _reads;

    public LogReader(NpgsqlDataSource writer, KeyRing keys)
    {
        _writer = writer;
        _keys = keys;
        _reads = new GatheredReads<Address, Lazy<Task<StoredStream>>>(ReadOnce);
    }

    /// <summary>The stream; version 0 where there is none.</summary>
    public async Task<StoredStream> Read(string tenant, Guid stream, CancellationToken cancellation)
    {
        var address = new Address(tenant, stream);
        return await _reads.Find(address, cancellation) is { } stored ? await stored.Value : Nothing;
    }

    /// <summary>Those of the streams that exist.</summary>
    public async Task<Dictionary<Guid, StoredStream>> ReadMany(
        string tenant,
        IEnumerable<Guid> streams,
        CancellationToken cancellation
    )
    {
        var found = await Read([.. streams.Select(stream => new Address(tenant, stream))], cancellation);
        return found.ToDictionary(pair => pair.Key.Stream, pair => Decode(pair.Key, pair.Value));
    }

    public ValueTask DisposeAsync() => _reads.DisposeAsync();

    // Who asks for the same stream at the same time shares what was read of it, decrypted and parsed once: events never
    // change. By the first of them, not here, so that one stream that cannot be read fails for nobody else.
    private async Task<IReadOnlyDictionary<Address, Lazy<Task<StoredStream>>>> ReadOnce(IReadOnlyList<Address> streams)
    {
        var found = await Read(streams, CancellationToken.None);
        return found.ToDictionary(
            pair => pair.Key,
            pair => new Lazy<Task<StoredStream>>(() => Task.Run(() => Decode(pair.Key, pair.Value)))
        );
    }

    private async Task<Dictionary<Address, List<Row>>> Read(
        IReadOnlyList<Address> streams,
        CancellationToken cancellation
    )
    {
        if (streams.Count == 0)
            return [];

        await using var command = _writer.CreateCommand(Sql);
        command.Parameters.Add(streams.Select(stream => stream.Tenant).Column());
        command.Parameters.Add(streams.Select(stream => stream.Stream).Column());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var all = new Dictionary<Address, List<Row>>(streams.Count);
        while (await reader.ReadAsync(cancellation))
        {
            var stream = streams[(int)reader.GetInt64(0) - 1];
            if (!all.TryGetValue(stream, out var rows))
                all[stream] = rows = [];

            rows.Add(
                new Row(
                    reader.GetInt64(1),
                    reader.GetInt64(2),
                    rows.Count > 0 || reader.IsDBNull(3) ? null : reader.GetFieldValue<byte[]>(3),
                    reader.GetInt64(4),
                    reader.GetInt64(5),
                    reader.GetString(6),
                    reader.GetFieldValue<DateTimeOffset>(7),
                    reader.GetFieldValue<byte[]>(8),
                    reader.IsDBNull(9) ? null : reader.GetString(9)
                )
            );
        }

        return all;
    }

    private StoredStream Decode(Address address, List<Row> rows)
    {
        var (tenant, stream) = address;
        var key = rows[0].WrappedKey is { } wrapped ? SubjectKey.Unwrap(_keys, wrapped, tenant, stream) : null;
        using var opener = key?.OpenerOf(tenant, stream);
        var events = rows.ConvertAll(row => new RecordedEvent(
            row.Sequence,
            tenant,
            stream,
            row.Version,
            row.Number,
            row.RecordedAt,
            row.Name,
            EventCodec.Decode(row.Name, row.Data, opener, stream, row.Version)
        )
        {
            By = EventHeaders.Read(row.Headers),
        });
        return new StoredStream(rows[0].StreamVersion, rows[0].Number, key, events);
    }

    private readonly record struct Address(string Tenant, Guid Stream);

    private sealed record Row(
        long StreamVersion,
        long Number,
        byte[]? WrappedKey,
        long Sequence,
        long Version,
        string Name,
        DateTimeOffset RecordedAt,
        byte[] Data,
        string? Headers
    );
}
