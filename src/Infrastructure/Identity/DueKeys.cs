using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Identity;

/// <inheritdoc cref="IDueKeys"/>
internal sealed class DueKeys(NpgsqlDataSource writer) : IDueKeys
{
    public async Task<IReadOnlyList<DueKey>> Find(
        DateTimeOffset now,
        long after,
        int limit,
        CancellationToken cancellation
    ) =>
        await writer.Rows(
            """
            select k.organization_id, k.id, k.number
            from access.api_keys k
            where k.next_rotation_at <= $1 and k.rotation_noticed_at is null and k.revoked_at is null
                and (k.expires_at is null or k.expires_at > $1) and k.number > $2
            order by k.number
            limit $3
            """,
            row => new DueKey(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2)),
            cancellation,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = now },
            new NpgsqlParameter<long> { TypedValue = after },
            new NpgsqlParameter<int> { TypedValue = limit }
        );
}
