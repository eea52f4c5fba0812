using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Writes what was counted of keys: one transaction, one round trip, whatever there is to write.</summary>
internal sealed class KeyUsageStatements(IReadOnlyList<string> schemas)
{
    // A network more is forgotten to be new: a key that is used from everywhere says nothing by its place.
    private const int MostNetworks = 1_000;

    private const string Count = """
        insert into access.key_usage (key_id, organization_id, usage_count, last_used_at)
        select u.key_id, min(u.organization_id::text)::uuid, sum(u.times), max(u.last)
        from unnest($1, $2, $3, $4) as u (key_id, organization_id, times, last)
        group by u.key_id
        order by u.key_id
        on conflict (key_id) do update
        set usage_count = key_usage.usage_count + excluded.usage_count,
            last_used_at = greatest(key_usage.last_used_at, excluded.last_used_at)
        """;

    // What a statement inserts it does not see: keys that had no network before are used from their first.
    private static readonly string Places = $"""
        with added as (
            insert into access.key_networks (key_id, network, organization_id, first_seen_at)
            select u.key_id, u.network::cidr, u.organization_id, u.last
            from unnest($1, $2, $3, $4) as u (key_id, organization_id, network, last)
            where u.network <> ''
                and (select count(*) from access.key_networks n where n.key_id = u.key_id) < {MostNetworks}
            order by u.key_id, u.network
            on conflict (key_id, network) do nothing
            returning key_id, network
        )
        select a.key_id, a.network::text
        from added a
        where exists (select from access.key_networks n where n.key_id = a.key_id)
        """;

    private static readonly string[] Published = ["saas", "podcast", "smarthub"];

    /// <summary>Writes what was counted of all keys to rows of a published schema that do not have it.</summary>
    public static string Refill(string schema) =>
        $"{Publish(schema)} and t.last_used_at is distinct from u.last_used_at";

    /// <summary>Writes it, and answers which keys were used from a network that is new to them.</summary>
    public async Task<IReadOnlyList<(Guid Key, string Network)>> Write(
        NpgsqlDataSource writer,
        IReadOnlyList<CountedUse> counted,
        CancellationToken cancellation
    )
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        var (keys, organizations) = (counted.Select(use => use.Key), counted.Select(use => use.Organization));
        var last = counted.Select(use => use.Last).ToList();
        // The log waits for nobody: long before PostgreSQL would break a deadlock with it, this gives way.
        batch.Add("set local lock_timeout = '200ms'");
        batch.Add(Places, keys.Column(), organizations.Column(), Networks(counted), last.Column());
        batch.Add(
            Count,
            keys.Column(),
            organizations.Column(),
            counted.Select(use => use.Times).Column(),
            last.Column()
        );
        foreach (var schema in Published.Where(schemas.Contains))
            batch.Add($"{Publish(schema)} and u.key_id = any ($1)", keys.Column());

        var places = new List<(Guid, string)>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
                places.Add((reader.GetGuid(0), reader.GetString(1)));

            while (await reader.NextResultAsync(cancellation)) { }
        }

        await transaction.CommitAsync(cancellation);
        return places;
    }

    private static NpgsqlParameter Networks(IEnumerable<CountedUse> counted) =>
        counted.Select(use => use.Network.ToString()).Column();

    private static string Publish(string schema) =>
        schema == "saas"
            ? """
                update saas.api_keys t
                set last_used_at = u.last_used_at, usage_count = least(u.usage_count, 2147483647)
                from access.key_usage u
                join access.api_keys k on k.id = u.key_id
                where t.id = k.number
                """
            : $"""
                update {schema}.api_keys t
                set last_used_at = u.last_used_at
                from access.key_usage u
                where t.id = u.key_id
                """;
}
