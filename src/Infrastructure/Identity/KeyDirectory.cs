using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Identity;

/// <inheritdoc cref="IKeyDirectory"/>
internal sealed class KeyDirectory(NpgsqlDataSource writer) : IKeyDirectory
{
    public Task<IReadOnlyList<Guid>> LivingOf(Guid organization, Guid user, CancellationToken cancellation) =>
        Find("k.user_id = $2 or k.made_by = $2", organization, user, cancellation);

    public Task<IReadOnlyList<Guid>> LivingMadeBy(Guid organization, Guid key, CancellationToken cancellation) =>
        Find("k.made_by_key = $2", organization, key, cancellation);

    // "union" ends a circle, which no log makes.
    private async Task<IReadOnlyList<Guid>> Find(
        string condition,
        Guid organization,
        Guid id,
        CancellationToken cancellation
    ) =>
        await writer.Rows(
            $"""
            with recursive found as (
                select k.id from access.api_keys k where k.organization_id = $1 and ({condition})
                union
                select k.id from found f
                join access.api_keys k on k.made_by_key = f.id and k.organization_id = $1
            )
            select k.id from found f
            join access.api_keys k on k.id = f.id
            where k.revoked_at is null
            order by k.number
            """,
            row => row.GetGuid(0),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = organization },
            new NpgsqlParameter<Guid> { TypedValue = id }
        );
}
