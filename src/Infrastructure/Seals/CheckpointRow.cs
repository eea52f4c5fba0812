using Npgsql;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>A checkpoint as its table holds it.</summary>
internal sealed record CheckpointRow(Checkpoint Checkpoint, byte[] Signature)
{
    /// <summary>The columns <see cref="Read"/> expects, of a table called c.</summary>
    public const string Columns =
        "c.tenant_id, c.size, c.log_root, c.heads_size, c.heads_root, c.last_seq_id, c.sealed_at, c.previous_hash, "
        + "c.signature, c.key_id";

    public SignedCheckpoint Signed => new(Checkpoint.Note(), Signature);

    public static CheckpointRow Read(NpgsqlDataReader row, int first) =>
        new(
            new Checkpoint(
                row.GetString(first),
                row.GetInt64(first + 1),
                row.GetFieldValue<byte[]>(first + 2),
                row.GetInt64(first + 3),
                row.GetFieldValue<byte[]>(first + 4),
                row.GetInt64(first + 5),
                row.GetFieldValue<DateTimeOffset>(first + 6),
                row.IsDBNull(first + 7) ? null : row.GetFieldValue<byte[]>(first + 7),
                row.GetString(first + 9)
            ),
            row.GetFieldValue<byte[]>(first + 8)
        );
}
