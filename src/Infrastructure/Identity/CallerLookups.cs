using System.Collections.Concurrent;
using Npgsql;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Asks the database whom a credential stands for: one statement each.</summary>
internal sealed class CallerLookups(NpgsqlDataSource writer)
{
    /// <summary>
    /// By the hash of an API key, or of the secret before it while both are good. A key has what is in its scopes, what
    /// its holder may do in the organization, and what the person who was shown the secret may do there. Both must have
    /// been members without a break since then. A role held throughout the installation is a person's only.
    /// </summary>
    public const string Key = """
        select k.user_id, null::uuid, k.id, o.id, o.plan, m.role_id,
            array(
                select p.permission from access.role_permissions p
                where p.role_id = m.role_id and (k.scopes is null or p.permission = any (k.scopes))
                    and (maker.id is null or exists (
                        select from access.role_permissions q
                        where q.role_id = made.role_id and q.permission = p.permission
                    ))
            ),
            least(k.expires_at, case when k.key_hash = $1 then null else k.previous_until end), false,
            maker.id, made.role_id, k.made_by_key, false
        from access.api_keys k
        join access.organizations o on o.id = k.organization_id and o.closed_at is null
        join access.users u on u.id = k.user_id and u.is_active and u.removed_at is null
        join access.memberships m on m.organization_id = k.organization_id and m.user_id = k.user_id
            and m.suspended_at is null and m.joined_at <= k.created_at
        cross join lateral (
            select case when k.key_hash = $1 then k.made_by else k.previous_made_by end as id,
                case when k.key_hash = $1 then k.last_rotated_at else k.previous_shown_at end as shown_at
        ) maker
        left join access.users w on w.id = maker.id and w.is_active and w.removed_at is null
        left join access.memberships made on made.organization_id = k.organization_id and made.user_id = w.id
            and made.suspended_at is null and made.joined_at <= coalesce(maker.shown_at, k.created_at)
        where (maker.id is null or made.user_id is not null)
            and not exists (select from access.api_keys by where by.id = k.made_by_key and by.revoked_at is not null)
            and (k.key_hash = $1 or (k.previous_key_hash = $1 and k.previous_until > $2))
            and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)
        """;

    /// <summary>By the hash of a cookie.</summary>
    public const string Browser = Person + "where s.token_hash = $1 and s.kind = 'browser' " + Living;

    /// <summary>By the id of a program's session.</summary>
    public const string Program = Person + "where s.id = $1 and s.kind = 'program' " + Living;

    // Where the person does not belong to the session's organization any more, none is chosen.
    private const string Person = """
        select s.user_id, s.id, null::uuid, o.id, o.plan, m.role_id,
            array(select p.permission from access.role_permissions p where p.role_id = m.role_id), s.expires_at,
            a.user_id is not null, s.organization_id, null::uuid, null::uuid,
            exists (select from access.user_roles v where v.user_id = s.user_id and v.role_slug = 'viewer')
        from access.sessions s
        join access.users u on u.id = s.user_id and u.is_active and u.removed_at is null
        left join access.user_roles a on a.user_id = s.user_id and a.role_slug = 'superadmin'
        left join access.memberships m on m.organization_id = s.organization_id and m.user_id = s.user_id
            and m.suspended_at is null
        left join access.organizations o on o.id = s.organization_id and o.closed_at is null
            and (m.user_id is not null or a.user_id is not null)

        """;

    private const string Living = "and s.ended_at is null and s.expires_at > $2";

    private static readonly Application.Access.Access All = Application.Access.Access.Of(SystemRoles.PermissionNames);

    /// <summary>Null where nothing that lives is found.</summary>
    /// <param name="shown">A hash or an id, as the statement wants it.</param>
    public async Task<KnownCaller?> Find<T>(string sql, T shown, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = shown });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }

    private static KnownCaller Read(NpgsqlDataReader row)
    {
        var (user, session, key) = (row.GetGuid(0), IdOrNull(row, 1), IdOrNull(row, 2));
        var organization = IdOrNull(row, 3);
        var isSuperadmin = row.GetBoolean(8);
        Guid?[] sources =
        [
            user,
            session,
            key,
            organization,
            IdOrNull(row, 5),
            IdOrNull(row, 9),
            IdOrNull(row, 10),
            IdOrNull(row, 11),
        ];
        return new KnownCaller(
            user,
            session,
            key,
            organization,
            row.IsDBNull(4) ? null : row.GetString(4),
                // What is permitted is permitted in an organization: where there is none, there is nothing to permit.
                organization is null
                    ? Application.Access.Access.Nothing
                : isSuperadmin ? All
                : AccessSets.Of(row.GetFieldValue<string[]>(6)),
            row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7)
        )
        {
            Operator =
                isSuperadmin ? OperatorRights.Act
                : row.GetBoolean(12) ? OperatorRights.Look
                : OperatorRights.None,
            Sources = [.. sources.OfType<Guid>()],
        };
    }

    private static Guid? IdOrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetGuid(column);
}

/// <summary>Sets of permissions that many have are kept once: most are those of a few roles.</summary>
internal static class AccessSets
{
    private const int MostKept = 1_000;

    private static readonly ConcurrentDictionary<string, Application.Access.Access> Kept = new(StringComparer.Ordinal);

    /// <summary>What these permissions open.</summary>
    public static Application.Access.Access Of(string[] permissions)
    {
        Array.Sort(permissions, StringComparer.Ordinal);
        if (Kept.Count > MostKept)
            Kept.Clear();

        return Kept.GetOrAdd(string.Join(',', permissions), _ => Application.Access.Access.Of(permissions));
    }
}
