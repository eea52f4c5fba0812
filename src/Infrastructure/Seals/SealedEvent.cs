using Npgsql;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>An event as the log holds it, reduced to its leaf.</summary>
internal readonly record struct SealedEvent(long Sequence, string Tenant, Guid Stream, long Version, byte[] Leaf)
{
    // PostgreSQL counts microseconds from the year 2000; reading its own number loses nothing.
    private static readonly long Epoch2000 =
        (new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>From the columns seq_id, tenant_id, stream_id, version, type, timestamp, data::text.</summary>
    public static SealedEvent From(NpgsqlDataReader row)
    {
        var (tenant, stream, version) = (row.GetString(1), row.GetGuid(2), row.GetInt64(3));
        var data = row.GetFieldValue<byte[]>(6);
        var leaf = SealedLeaf.OfEvent(tenant, stream, version, row.GetString(4), Microseconds(row, 5), data);
        return new SealedEvent(row.GetInt64(0), tenant, stream, version, leaf);
    }

    /// <summary>Microseconds since the Unix epoch.</summary>
    public static long Microseconds(NpgsqlDataReader row, int column) => row.GetFieldValue<long>(column) + Epoch2000;
}
