using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Who owned an organization when, for rows that are written many at a time.</summary>
internal sealed class OrganizationOwners
{
    private readonly ILookup<Guid, (long Since, int User)> _owners;

    private OrganizationOwners(ILookup<Guid, (long Since, int User)> owners) => _owners = owners;

    public static async Task<OrganizationOwners> Read(
        NpgsqlConnection connection,
        IEnumerable<Guid> organizations,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select o.organization_id, o.since_sequence, o.user_id
            from access.organization_owners o
            where o.organization_id = any ($1)
            order by o.since_sequence desc
            """,
            connection
        );
        command.Parameters.Add(organizations.Distinct().Column());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var owners = new List<(Guid Organization, long Since, int User)>();
        while (await reader.ReadAsync(cancellation))
            owners.Add((reader.GetGuid(0), reader.GetInt64(1), reader.GetInt32(2)));

        return new OrganizationOwners(owners.ToLookup(owner => owner.Organization, owner => (owner.Since, owner.User)));
    }

    /// <summary>The same in SQL, as a value of two columns: the organization's and the event's log position.</summary>
    public static string At(string organization, string sequence) =>
        $"""
            (select o.user_id from access.organization_owners o
                where o.organization_id = {organization} and o.since_sequence <= {sequence}
                order by o.since_sequence desc limit 1)
            """;

    /// <summary>The owner when an event was recorded: a later transfer does not rewrite history.</summary>
    public int? At(Guid organization, long sequence)
    {
        foreach (var (since, user) in _owners[organization])
        {
            if (since <= sequence)
                return user;
        }

        return null;
    }
}
