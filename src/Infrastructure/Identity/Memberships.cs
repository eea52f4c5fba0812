using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Looks memberships up over all organizations, which no tenant's query may.</summary>
internal sealed class Memberships(NpgsqlDataSource writer) : IMemberships
{
    public async Task<IReadOnlyList<Guid>> Of(Guid user, CancellationToken cancellation) =>
        await Ids("select m.organization_id from access.memberships m where m.user_id = $1", user, cancellation);

    public async Task<Guid?> LastChosen(Guid user, CancellationToken cancellation)
    {
        var chosen = await Ids(
            """
            select s.organization_id from access.sessions s
            where s.user_id = $1 and s.organization_chosen_at is not null
            order by s.organization_chosen_at desc
            limit 1
            """,
            user,
            cancellation
        );
        return chosen.Count == 0 ? null : chosen[0];
    }

    public async Task<bool> IsHeld(Guid role, CancellationToken cancellation) =>
        (
            await Ids(
                """
                select m.user_id from access.memberships m where m.role_id = $1
                union all
                select i.id from access.invitations i where i.role_id = $1 and i.status = 'pending'
                limit 1
                """,
                role,
                cancellation
            )
        ).Count > 0;

    public Task<List<MyOrganization>> List(Guid user, int most, long after, CancellationToken cancellation) =>
        writer.Rows(
            """
            select o.id, s.number, o.name, o.slug, o.plan, m.role_slug, m.joined_at
            from access.memberships m
            join access.organizations o on o.id = m.organization_id
            join events.streams s on s.id = o.id and s.tenant_id = o.id::text
            where m.user_id = $1 and m.suspended_at is null and o.closed_at is null and s.number > $2
            order by s.number
            limit $3
            """,
            row => new MyOrganization(
                row.GetGuid(0),
                row.GetInt64(1),
                row.GetString(2),
                row.GetString(3),
                row.GetString(4),
                row.GetString(5),
                new DateTimeOffset(row.GetDateTime(6))
            ),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = user },
            new NpgsqlParameter<long> { TypedValue = after },
            new NpgsqlParameter<int> { TypedValue = most }
        );

    public async Task<int?> QuotaOf(Guid organization, CancellationToken cancellation) =>
        await One("select q.max_users from podcast.tenant_quotas q where q.tenant_id = $1", organization, cancellation)
        as int?;

    public async Task<string?> NameOf(Guid user, CancellationToken cancellation) =>
        await One("select coalesce(u.name, u.email) from access.users u where u.id = $1", user, cancellation) as string;

    private async Task<object?> One(string sql, Guid id, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        return await command.ExecuteScalarAsync(cancellation);
    }

    private Task<List<Guid>> Ids(string sql, Guid id, CancellationToken cancellation) =>
        writer.Rows(sql, row => row.GetGuid(0), cancellation, new NpgsqlParameter<Guid> { TypedValue = id });
}
