using Microsoft.Extensions.Caching.Memory;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The published integer id is the position of a stream's first event: the log's own primary key finds it. What it
/// found holds for ever, and is kept in memory.
/// </summary>
internal sealed class StreamDirectory : IStreamDirectory, IAsyncDisposable
{
    private static readonly MemoryCacheEntryOptions OneStream = new() { Size = 1 };

    private readonly MemoryCache _found = new(new MemoryCacheOptions { SizeLimit = 200_000 });
    private readonly NpgsqlDataSource _writer;
    private readonly GatheredReads<Asked, Guid> _reads;

    public StreamDirectory(NpgsqlDataSource writer)
    {
        _writer = writer;
        _reads = new GatheredReads<Asked, Guid>(Read);
    }

    public async Task<Guid?> Find(string tenant, long number, string type, CancellationToken cancellation)
    {
        var asked = new Asked(tenant, number, type);
        if (_found.TryGetValue(asked, out Guid known))
            return known;

        var stream = await _reads.Find(asked, cancellation);
        if (stream == default)
            return null;

        _found.Set(asked, stream, OneStream);
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        await _reads.DisposeAsync();
        _found.Dispose();
    }

    private async Task<IReadOnlyDictionary<Asked, Guid>> Read(IReadOnlyList<Asked> asked)
    {
        await using var command = _writer.CreateCommand(
            """
            select u.place, s.id
            from unnest($1::varchar[], $2::bigint[], $3::varchar[]) with ordinality
                as u (tenant_id, number, type, place)
            cross join lateral (
                select h.id
                from events.mt_events e
                join events.mt_streams h on h.tenant_id = e.tenant_id and h.id = e.stream_id
                where e.seq_id = u.number and e.version = 1 and e.tenant_id = u.tenant_id and h.type = u.type
                limit 1
            ) s
            """
        );
        command.Parameters.Add(asked.Select(one => one.Tenant).Column());
        command.Parameters.Add(asked.Select(one => one.Number).Column());
        command.Parameters.Add(asked.Select(one => one.Type).Column());
        var found = new Dictionary<Asked, Guid>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            found[asked[(int)reader.GetInt64(0) - 1]] = reader.GetGuid(1);

        return found;
    }

    private readonly record struct Asked(string Tenant, long Number, string Type);
}
