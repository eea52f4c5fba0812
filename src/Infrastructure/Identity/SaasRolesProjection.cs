using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills what <c>saas</c> publishes of accounts and roles; integer ids are log positions.</summary>
internal sealed class SaasRolesProjection : FoldedProjection
{
    public override string Schema => "saas";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [
        new("users", "id"),
        new("permissions", "id"),
        new("roles", "id"),
        new("role_permissions", "role_id", "permission_id"),
        new("user_roles", "user_id", "role_id"),
    ];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case UserEvent happened:
                ApplyUser(recorded, happened, tables["users"]);
                ApplyRoleOfUser(recorded, happened, tables["user_roles"]);
                break;
            case RoleEvent happened:
                ApplyRole(recorded, happened, tables);
                break;
            case PermissionDefined defined:
                tables["permissions"]
                    .Put(
                        Row(
                            ("id", recorded.Number),
                            ("resource", defined.Resource),
                            ("action", defined.Action),
                            ("name", $"{defined.Resource}:{defined.Action}"),
                            ("description", defined.Description),
                            ("created_at", At(recorded.RecordedAt))
                        )
                    );
                break;
        }
    }

    private static void ApplyUser(RecordedEvent recorded, UserEvent happened, RowChanges users)
    {
        var (id, at) = (recorded.Number, At(recorded.RecordedAt));
        switch (happened)
        {
            case UserRegistered registered:
                users.Put(
                    Row(
                        ("id", id),
                        ("email", registered.Email ?? ErasedAddress.Of(recorded.Number)),
                        ("hashed_password", "!"),
                        ("is_active", true),
                        ("created_at", at),
                        ("updated_at", at.DeepClone())
                    )
                );
                break;
            case UserChanged changed:
                users.Change(
                    Row(
                        ("id", id),
                        ("first_name", changed.FirstName),
                        ("last_name", changed.LastName),
                        ("updated_at", at)
                    )
                );
                break;
            // When a password was set is nobody else's to know.
            case PasswordSet set:
                users.Change(Row(("id", id), ("hashed_password", set.Hash ?? "!")));
                break;
            case UserDeactivated or UserReactivated:
                users.Change(Row(("id", id), ("is_active", happened is UserReactivated), ("updated_at", at)));
                break;
            case UserRemoved:
                users.Change(
                    Row(
                        ("id", id),
                        ("email", ErasedAddress.Of(recorded.Number)),
                        ("hashed_password", "!"),
                        ("first_name", null),
                        ("last_name", null),
                        ("is_active", false),
                        ("updated_at", at)
                    )
                );
                break;
        }
    }

    private static void ApplyRoleOfUser(RecordedEvent recorded, UserEvent happened, RowChanges userRoles)
    {
        var user = recorded.Number;
        switch (happened)
        {
            case UserRoleAssigned assigned:
                userRoles.Put(
                    Row(
                        ("id", recorded.Sequence),
                        ("user_id", user),
                        ("role_id", assigned.Role.Number),
                        ("created_at", At(recorded.RecordedAt))
                    )
                );
                break;
            case UserRoleUnassigned unassigned:
                userRoles.Delete(Row(("user_id", user), ("role_id", unassigned.Role.Number)));
                break;
            case UserRemoved:
                userRoles.DeleteWhere("user_id", user);
                break;
        }
    }

    private static void ApplyRole(RecordedEvent recorded, RoleEvent happened, FoldedTables tables)
    {
        var (id, at) = (recorded.Number, At(recorded.RecordedAt));
        switch (happened)
        {
            case RoleCreated created:
                tables["roles"]
                    .Put(
                        Row(
                            ("id", id),
                            // Names are unique over all tenants: an organization's own are published like its slug.
                            ("name", created.Slug),
                            ("slug", created.Slug),
                            ("description", created.Description),
                            ("is_system", created.IsSystem),
                            ("is_active", true),
                            ("created_at", at),
                            ("updated_at", at.DeepClone()),
                            ("organization_id", OrganizationOf(recorded))
                        )
                    );
                break;
            case RoleDescribed described:
                tables["roles"].Change(Row(("id", id), ("description", described.Description), ("updated_at", at)));
                break;
            case PermissionGranted granted:
                tables["role_permissions"]
                    .Put(
                        Row(
                            ("id", recorded.Sequence),
                            ("role_id", id),
                            ("permission_id", granted.Permission.Number),
                            ("created_at", at),
                            ("organization_id", OrganizationOf(recorded))
                        )
                    );
                break;
            case PermissionRevoked revoked:
                tables["role_permissions"].Delete(Row(("role_id", id), ("permission_id", revoked.Permission.Number)));
                break;
            case RoleRemoved:
                tables["role_permissions"].DeleteWhere("role_id", id);
                tables["roles"].Delete(Row(("id", id)));
                break;
        }
    }
}
