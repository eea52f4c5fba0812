using System.Security.Cryptography;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>Looks up first answers before a command runs; the log looks again when it appends.</summary>
internal sealed class Receipts(NpgsqlDataSource writer) : IReceipts
{
    public async Task<Position?> Find(CommandReceipt receipt, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select r.request_hash, r.stream_id, r.version, r.sequence, r.number
            from events.receipts r
            where r.tenant_id = $1 and r.actor = $2 and r.key = $3
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = receipt.Tenant });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = receipt.Actor });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = receipt.Key });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;

        if (!CryptographicOperations.FixedTimeEquals(reader.GetFieldValue<byte[]>(0), receipt.RequestHash))
            throw new IdempotencyKeyReusedException();

        return new Position(reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
    }
}

/// <summary>What names a receipt: keys are a caller's own.</summary>
internal readonly record struct ReceiptKey(string Tenant, string Actor, string Key)
{
    public static ReceiptKey Of(CommandReceipt receipt) => new(receipt.Tenant, receipt.Actor, receipt.Key);
}
