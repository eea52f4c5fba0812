using System.Security.Cryptography;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>Looks up first answers before a command runs; the log looks again when it appends.</summary>
internal sealed class Receipts(NpgsqlDataSource writer) : IReceipts
{
    public async Task<Position?> Find(string tenant, string key, byte[] requestHash, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select r.request_hash, r.stream_id, r.version, r.sequence, r.number
            from events.receipts r
            where r.tenant_id = $1 and r.key = $2
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;

        if (!CryptographicOperations.FixedTimeEquals(reader.GetFieldValue<byte[]>(0), requestHash))
            throw new IdempotencyKeyReusedException();

        return new Position(reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
    }
}
