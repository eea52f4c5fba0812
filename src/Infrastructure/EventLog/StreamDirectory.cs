using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The published integer id is the position of a stream's first event: the log's own primary key finds it.
/// </summary>
internal sealed class StreamDirectory(NpgsqlDataSource writer) : IStreamDirectory
{
    public async Task<Guid?> Find(string tenant, long number, string type, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select s.id
            from events.mt_events e
            join events.mt_streams s on s.tenant_id = e.tenant_id and s.id = e.stream_id
            where e.seq_id = $1 and e.version = 1 and e.tenant_id = $2 and s.type = $3
            """
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = type });
        return (Guid?)await command.ExecuteScalarAsync(cancellation);
    }
}
