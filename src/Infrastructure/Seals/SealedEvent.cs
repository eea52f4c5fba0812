using Npgsql;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>An event as the log holds it, reduced to its leaf.</summary>
internal readonly record struct SealedEvent(long Sequence, string Tenant, Guid Stream, long Version, byte[] Leaf)
{
    // PostgreSQL counts microseconds from the year 2000; reading its own number loses nothing.
    private static readonly long Epoch2000 =
        (new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>What <see cref="From"/> reads, of <c>events.mt_events e</c>.</summary>
    public const string Columns =
        "e.seq_id, e.tenant_id, e.stream_id, e.version, e.type, e.timestamp, e.data::text, e.headers ->> 'id'";

    /// <summary>From the <see cref="Columns"/>.</summary>
    public static SealedEvent From(NpgsqlDataReader row)
    {
        var (tenant, stream, version) = (row.GetString(1), row.GetGuid(2), row.GetInt64(3));
        var data = row.GetFieldValue<byte[]>(6);
        // Who did it is sealed; from where is not, so that it can be forgotten.
        var actor = row.IsDBNull(7) ? null : row.GetString(7);
        var leaf = SealedLeaf.OfEvent(tenant, stream, version, row.GetString(4), Microseconds(row, 5), data, actor);
        return new SealedEvent(row.GetInt64(0), tenant, stream, version, leaf);
    }

    /// <summary>Microseconds since the Unix epoch.</summary>
    public static long Microseconds(NpgsqlDataReader row, int column) => row.GetFieldValue<long>(column) + Epoch2000;
}
