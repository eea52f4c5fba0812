using Npgsql;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Identity;

/// <inheritdoc cref="IDueKeys"/>
internal sealed class DueKeys(NpgsqlDataSource writer) : IDueKeys
{
    public async Task<IReadOnlyList<DueKey>> Find(
        DateTimeOffset now,
        long after,
        int limit,
        CancellationToken cancellation
    )
    {
        await using var command = writer.CreateCommand(
            """
            select k.organization_id, k.id, k.number
            from access.api_keys k
            where k.next_rotation_at <= $1 and k.rotation_noticed_at is null and k.revoked_at is null
                and (k.expires_at is null or k.expires_at > $1) and k.number > $2
            order by k.number
            limit $3
            """
        );
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = new List<DueKey>();
        while (await reader.ReadAsync(cancellation))
            keys.Add(new DueKey(reader.GetGuid(0), reader.GetGuid(1), reader.GetInt32(2)));

        return keys;
    }
}
