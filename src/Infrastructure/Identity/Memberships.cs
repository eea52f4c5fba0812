using Npgsql;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Looks memberships up over all organizations, which no tenant's query may.</summary>
internal sealed class Memberships(NpgsqlDataSource writer) : IMemberships
{
    public async Task<IReadOnlyList<Guid>> Of(Guid user, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            "select m.organization_id from access.memberships m where m.user_id = $1"
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = user });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var organizations = new List<Guid>();
        while (await reader.ReadAsync(cancellation))
            organizations.Add(reader.GetGuid(0));

        return organizations;
    }
}
