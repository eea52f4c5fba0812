using Npgsql;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Looks memberships up over all organizations, which no tenant's query may.</summary>
internal sealed class Memberships(NpgsqlDataSource writer) : IMemberships
{
    public async Task<IReadOnlyList<Guid>> Of(Guid user, CancellationToken cancellation) =>
        await Ids("select m.organization_id from access.memberships m where m.user_id = $1", user, cancellation);

    public async Task<Guid?> HomeOf(Guid user, CancellationToken cancellation)
    {
        var homes = await Ids(
            "select u.home_organization_id from access.users u where u.id = $1 and u.home_organization_id is not null",
            user,
            cancellation
        );
        return homes.Count == 0 ? null : homes[0];
    }

    public async Task<bool> IsHeld(Guid role, CancellationToken cancellation) =>
        (await Ids("select m.user_id from access.memberships m where m.role_id = $1 limit 1", role, cancellation)).Count
        > 0;

    private async Task<List<Guid>> Ids(string sql, Guid id, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellation))
            ids.Add(reader.GetGuid(0));

        return ids;
    }
}
