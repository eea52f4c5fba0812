using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Looks sessions up over all organizations, which no tenant's query may.</summary>
internal sealed class Sessions(NpgsqlDataSource writer, TimeProvider clock) : ISessions
{
    public async Task<IReadOnlyList<Guid>> LivingOf(Guid user, CancellationToken cancellation) =>
        await writer.Rows(
            """
            select s.id from access.sessions s
            where s.user_id = $1 and s.ended_at is null and s.expires_at > $2
            order by s.created_at, s.id
            """,
            row => row.GetGuid(0),
            cancellation,
            Of(user),
            Now()
        );

    public async Task<IReadOnlyList<LivingSession>> List(
        Guid user,
        int limit,
        Guid? before,
        CancellationToken cancellation
    ) =>
        await writer.Rows(
            """
            select s.id, s.kind, s.organization_id, host(s.ip), s.user_agent, s.created_at, s.expires_at
            from access.sessions s
            where s.user_id = $1 and s.ended_at is null and s.expires_at > $2
                and ($3::uuid is null or (s.created_at, s.id) < (
                    select b.created_at, b.id from access.sessions b where b.id = $3 and b.user_id = $1
                ))
            order by s.created_at desc, s.id desc
            limit $4
            """,
            row => new LivingSession(
                row.GetGuid(0),
                row.GetString(1),
                row.IsDBNull(2) ? null : row.GetGuid(2),
                row.IsDBNull(3) ? null : row.GetString(3),
                row.IsDBNull(4) ? null : row.GetString(4),
                row.GetFieldValue<DateTimeOffset>(5),
                row.GetFieldValue<DateTimeOffset>(6)
            ),
            cancellation,
            Of(user),
            Now(),
            new NpgsqlParameter<Guid?> { TypedValue = before, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },
            new NpgsqlParameter<int> { TypedValue = limit }
        );

    public async Task<bool> IsOpen(Guid organization, CancellationToken cancellation) =>
        (
            await writer.Rows(
                "select o.id from access.organizations o where o.id = $1 and o.closed_at is null",
                row => row.GetGuid(0),
                cancellation,
                Of(organization)
            )
        ).Count > 0;

    public async Task<Guid?> OfGoogle(string googleId, CancellationToken cancellation)
    {
        var found = await writer.Rows(
            "select u.id from access.users u where u.google_id = $1",
            row => row.GetGuid(0),
            cancellation,
            new NpgsqlParameter<string> { TypedValue = googleId }
        );
        return found.Count == 0 ? null : found[0];
    }

    private static NpgsqlParameter<Guid> Of(Guid id) => new() { TypedValue = id };

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = clock.GetUtcNow() };
}
