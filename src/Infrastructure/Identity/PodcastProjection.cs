using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Fills what <c>podcast</c> publishes of tenants, members and roles. Every tenant has rows of its own for the
/// system's roles, under ids that follow from tenant and role.
/// </summary>
internal sealed class PodcastProjection : FoldedProjection
{
    public override string Schema => "podcast";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [
        new("tenants", "id"),
        new("users", "id") { Unlogged = ["stripe_customer_id", "stripe_subscription_id"] },
        new("permissions", "id"),
        new("roles", "id"),
        new("role_permissions", "role_id", "permission_id"),
    ];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case OrganizationEvent happened:
                ApplyOrganization(recorded, happened, tables["tenants"]);
                break;
            case RoleEvent happened when recorded.Tenant != Tenant.System:
                ApplyRole(recorded, happened, tables);
                break;
            case PermissionDefined defined:
                tables["permissions"]
                    .Put(
                        Row(
                            ("id", recorded.Stream),
                            ("name", $"{defined.Resource}:{defined.Action}"),
                            ("description", defined.Description),
                            ("resource_type", defined.Resource),
                            ("action", defined.Action),
                            ("created_at", At(recorded.RecordedAt)),
                            ("updated_at", At(recorded.RecordedAt))
                        )
                    );
                break;
        }
    }

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        PodcastUsers.AddTo(batch, schema, events);
        SystemRolesOfTenants.AddTo(batch, schema, events);
    }

    private static void ApplyOrganization(RecordedEvent recorded, OrganizationEvent happened, RowChanges tenants)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case OrganizationCreated created:
                tenants.Put(
                    Row(
                        ("id", id),
                        ("name", created.Name),
                        ("slug", created.Slug),
                        ("created_at", at),
                        ("updated_at", at.DeepClone())
                    )
                );
                break;
            case OrganizationRenamed renamed:
                tenants.Change(Row(("id", id), ("name", renamed.Name), ("updated_at", at)));
                break;
        }
    }

    private static void ApplyRole(RecordedEvent recorded, RoleEvent happened, FoldedTables tables)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case RoleCreated created:
                tables["roles"]
                    .Put(
                        Row(
                            ("id", id),
                            ("tenant_id", recorded.Tenant),
                            ("name", created.Slug),
                            ("description", created.Description),
                            ("created_at", at),
                            ("updated_at", at.DeepClone())
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
                            ("role_id", id),
                            ("permission_id", granted.Permission.Id),
                            ("granted_at", at),
                            ("tenant_id", recorded.Tenant)
                        )
                    );
                break;
            case PermissionRevoked revoked:
                tables["role_permissions"].Delete(Row(("role_id", id), ("permission_id", revoked.Permission.Id)));
                break;
            case RoleRemoved:
                tables["role_permissions"].DeleteWhere("role_id", id);
                tables["roles"].Delete(Row(("id", id)));
                break;
        }
    }
}
