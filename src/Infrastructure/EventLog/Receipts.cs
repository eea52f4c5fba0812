using System.Security.Cryptography;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>Looks up first answers before a command runs; the log looks again when it appends.</summary>
internal sealed class Receipts(NpgsqlDataSource source, LogWriter writer, AnswerCipher cipher) : IReceipts
{
    public async Task<KeptAnswer?> Find(CommandReceipt receipt, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(
            """
            select r.request_hash, r.stream_id, r.version, r.sequence, r.number, r.answer
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

        var given = GivenAnswer.Read(reader, 0);
        if (!CryptographicOperations.FixedTimeEquals(given.Hash, receipt.RequestHash))
            throw new IdempotencyKeyReusedException();

        return new KeptAnswer(given.Position, cipher.Open(receipt, given.Kept));
    }

    public async Task<KeptAnswer> Keep(CommandReceipt receipt, KeptAnswer answer, CancellationToken cancellation)
    {
        var unit = new AppendUnit([], receipt, answer.Position)
        {
            Kept = answer.Json is { } json ? cipher.Seal(receipt, json) : null,
        };
        var kept = await writer.Append(unit, cancellation);
        return kept.Outcome switch
        {
            AppendOutcome.KeyReused => throw new IdempotencyKeyReusedException(),
            AppendOutcome.Repeated => new KeptAnswer(kept.Position!, cipher.Open(receipt, kept.Kept)),
            // It was lost sight of during its commit: there it is, or it is written now.
            AppendOutcome.Conflict => await Keep(receipt, answer, cancellation),
            _ => answer,
        };
    }
}

/// <summary>What names a receipt: keys are a caller's own.</summary>
internal readonly record struct ReceiptKey(string Tenant, string Actor, string Key)
{
    public static ReceiptKey Of(CommandReceipt receipt) => new(receipt.Tenant, receipt.Actor, receipt.Key);
}

/// <summary>A receipt's row.</summary>
internal sealed record GivenAnswer(byte[] Hash, Position Position, byte[]? Kept)
{
    /// <summary>Reads the hash and what follows it.</summary>
    public static GivenAnswer Read(NpgsqlDataReader reader, int hash) =>
        new(
            reader.GetFieldValue<byte[]>(hash),
            new Position(
                reader.GetGuid(hash + 1),
                reader.GetInt64(hash + 2),
                reader.GetInt64(hash + 3),
                reader.GetInt64(hash + 4)
            ),
            reader.IsDBNull(hash + 5) ? null : reader.GetFieldValue<byte[]>(hash + 5)
        );
}
