using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills <c>podcast.user_roles</c> and <c>podcast.api_keys</c>, once the roles are there.</summary>
internal sealed class PodcastMembersProjection : FoldedProjection
{
    public override string Schema => "podcast";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [
        new("user_roles", "user_id", "role_id"),
        new("api_keys", "id") { Unlogged = ["last_used_at"], Refill = KeyUsageStatements.Refill("podcast") },
    ];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case MemberJoined joined:
                Assign(recorded, joined.UserId, joined.Role, tables);
                break;
            case MemberRoleChanged changed:
                Unassign(recorded, changed.UserId, changed.RoleBefore, tables);
                Assign(recorded, changed.UserId, changed.Role, tables);
                break;
            case MemberLeft left:
                Unassign(recorded, left.UserId, left.RoleBefore, tables);
                break;
            case ApiKeyEvent happened:
                ApplyKey(recorded, happened, tables["api_keys"]);
                break;
        }
    }

    private static void Assign(RecordedEvent recorded, Guid user, GivenRole role, FoldedTables tables) =>
        tables["user_roles"]
            .Put(
                Row(
                    ("user_id", Membership.IdOf(recorded.Stream, user)),
                    ("role_id", RoleIdOf(recorded.Stream, role)),
                    ("assigned_at", At(recorded.RecordedAt)),
                    ("tenant_id", recorded.Stream)
                )
            );

    private static void Unassign(RecordedEvent recorded, Guid user, GivenRole role, FoldedTables tables) =>
        tables["user_roles"]
            .Delete(
                Row(("user_id", Membership.IdOf(recorded.Stream, user)), ("role_id", RoleIdOf(recorded.Stream, role)))
            );

    private static Guid RoleIdOf(Guid tenant, GivenRole role) =>
        SystemRoles.All.Any(system => system.Slug == role.Slug) ? SystemRolesOfTenants.IdOf(tenant, role.Id) : role.Id;

    private static void ApplyKey(RecordedEvent recorded, ApiKeyEvent happened, RowChanges keys)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case ApiKeyCreated created:
                keys.Put(
                    Row(
                        ("id", id),
                        ("tenant_id", recorded.Tenant),
                        (
                            "user_id",
                            created.UserId is { } holder ? Membership.IdOf(Guid.Parse(recorded.Tenant), holder) : null
                        ),
                        ("key_hash", created.KeyHash),
                        ("name", created.Name),
                        ("scopes", Texts(created.Scopes ?? [])),
                        ("expires_at", At(created.ExpiresAt)),
                        ("created_at", at),
                        ("updated_at", at.DeepClone())
                    )
                );
                break;
            case ApiKeyDescribed described:
                keys.Change(Row(("id", id), ("name", described.Name), ("updated_at", at)));
                break;
            case ApiKeyRotated rotated:
                keys.Change(Row(("id", id), ("key_hash", rotated.KeyHash), ("updated_at", at)));
                break;
            case ApiKeyRevoked:
                keys.Change(Row(("id", id), ("revoked_at", at), ("updated_at", at.DeepClone())));
                break;
        }
    }
}

/// <summary>The system's roles as every tenant has them.</summary>
internal static class SystemRolesOfTenants
{
    // The same as IdOf.
    private const string Id = "encode(substr(sha256((t.id || '/' || r.id)::bytea), 1, 16), 'hex')::uuid";

    public static Guid IdOf(Guid tenant, Guid role) =>
        new(SHA256.HashData(Encoding.ASCII.GetBytes($"{tenant}/{role}")).AsSpan(0, 16), bigEndian: true);

    /// <summary>
    /// Gives new tenants the system's roles, and all tenants what changed of them: as the service's own tables have
    /// them, which are written before.
    /// </summary>
    public static void AddTo(NpgsqlBatch batch, string schema, IReadOnlyList<RecordedEvent> events)
    {
        var tenants = events.Where(recorded => recorded.Data is OrganizationCreated).Select(e => e.Stream).ToList();
        var changed = events.Any(recorded => recorded.Data is RoleEvent && recorded.Tenant == Tenant.System);
        if (tenants.Count == 0 && !changed)
            return;

        batch.Add(
            $"""
            insert into {schema}.roles (id, tenant_id, name, description, created_at, updated_at)
            select {Id}, t.id, r.slug, r.description, r.created_at, r.updated_at
            from {schema}.tenants t
            cross join access.roles r
            where r.organization_id is null and (t.id = any ($1) or $2)
            on conflict (id) do update set description = excluded.description, updated_at = excluded.updated_at
            """,
            tenants.Column(),
            new NpgsqlParameter<bool> { TypedValue = changed }
        );
        if (changed)
            batch.Add(
                $"""
                delete from {schema}.role_permissions g
                using {schema}.tenants t, access.roles r, access.permissions p
                where r.organization_id is null and g.role_id = {Id} and p.id = g.permission_id
                    and not exists (
                        select from access.role_permissions h where h.role_id = r.id and h.permission = p.name
                    )
                """
            );

        batch.Add(
            $"""
            insert into {schema}.role_permissions (role_id, permission_id, granted_at, tenant_id)
            select {Id}, p.id, h.granted_at, t.id
            from {schema}.tenants t
            cross join access.roles r
            join access.role_permissions h on h.role_id = r.id
            join access.permissions p on p.name = h.permission
            join {schema}.permissions there on there.id = p.id
            where r.organization_id is null and (t.id = any ($1) or $2)
            on conflict (role_id, permission_id) do nothing
            """,
            tenants.Column(),
            new NpgsqlParameter<bool> { TypedValue = changed }
        );
    }
}
