using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills the service's own tables of accounts, organizations, members, roles and keys.</summary>
/// <param name="notices">Tells other nodes what changed; null where nobody listens.</param>
internal sealed partial class AccessProjection(AccessNotices? notices = null) : FoldedProjection
{
    public override string Schema => "access";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [
        new("users", "id"),
        new("organizations", "id"),
        new("organization_owners", "organization_id", "since_sequence"),
        new("permissions", "id"),
        new("roles", "id"),
        new("role_permissions", "role_id", "permission"),
        new("memberships", "organization_id", "user_id"),
        new("joined_organizations", "organization_id", "user_id"),
        new("user_roles", "user_id", "role_id"),
        new("api_keys", "id"),
    ];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case UserEvent happened:
                ApplyUser(recorded, happened, tables["users"]);
                ApplyRoleOfUser(recorded, happened, tables["user_roles"]);
                if (happened is UserRemoved)
                    tables["joined_organizations"].DeleteWhere("user_id", recorded.Stream);

                break;
            case OrganizationEvent happened:
                ApplyOrganization(recorded, happened, tables);
                break;
            case RoleEvent happened:
                ApplyRole(recorded, happened, tables);
                break;
            case PermissionDefined defined:
                tables["permissions"]
                    .Put(
                        Row(
                            ("id", recorded.Stream),
                            ("number", recorded.Number),
                            ("name", $"{defined.Resource}:{defined.Action}"),
                            ("description", defined.Description),
                            ("created_at", At(recorded.RecordedAt))
                        )
                    );
                break;
            case ApiKeyEvent happened:
                ApplyKey(recorded, happened, tables["api_keys"]);
                break;
        }
    }

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        // A rebuild tells its nodes once, at its end.
        if (schema == Schema)
            notices?.AddTo(batch, events);
    }

    private static void ApplyUser(RecordedEvent recorded, UserEvent happened, RowChanges users)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case UserRegistered registered:
                users.Put(
                    Row(
                        ("id", id),
                        ("number", recorded.Number),
                        ("email", registered.Email ?? ErasedAddress.Of(recorded.Number)),
                        ("name", registered.Name),
                        ("is_active", true),
                        ("is_verified", false),
                        ("created_at", at),
                        ("updated_at", at.DeepClone()),
                        ("removed_at", null)
                    )
                );
                break;
            case UserChanged changed:
                users.Change(
                    Row(
                        ("id", id),
                        ("name", changed.Name),
                        ("first_name", changed.FirstName),
                        ("last_name", changed.LastName),
                        ("avatar_url", changed.AvatarUrl),
                        ("updated_at", at)
                    )
                );
                break;
            case GoogleLinked linked:
                users.Change(Row(("id", id), ("google_id", linked.GoogleId), ("updated_at", at)));
                break;
            case EmailVerified:
                users.Change(Row(("id", id), ("is_verified", true)));
                break;
            case UserDeactivated or UserReactivated:
                users.Change(Row(("id", id), ("is_active", happened is UserReactivated), ("updated_at", at)));
                break;
            case UserRemoved:
                users.Change(
                    Row(
                        ("id", id),
                        ("email", ErasedAddress.Of(recorded.Number)),
                        ("name", null),
                        ("first_name", null),
                        ("last_name", null),
                        ("avatar_url", null),
                        ("google_id", null),
                        ("is_active", false),
                        ("is_verified", false),
                        ("updated_at", at),
                        ("removed_at", at.DeepClone())
                    )
                );
                break;
        }
    }

    private static void ApplyRoleOfUser(RecordedEvent recorded, UserEvent happened, RowChanges userRoles)
    {
        switch (happened)
        {
            case UserRoleAssigned assigned:
                userRoles.Put(
                    Row(("user_id", recorded.Stream), ("role_id", assigned.Role.Id), ("role_slug", assigned.Role.Slug))
                );
                break;
            case UserRoleUnassigned unassigned:
                userRoles.Delete(Row(("user_id", recorded.Stream), ("role_id", unassigned.Role.Id)));
                break;
            case UserRemoved:
                userRoles.DeleteWhere("user_id", recorded.Stream);
                break;
        }
    }

    private static void ApplyOrganization(RecordedEvent recorded, OrganizationEvent happened, FoldedTables tables)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case OrganizationCreated created:
                tables["organizations"]
                    .Put(
                        Row(
                            ("id", id),
                            ("name", created.Name),
                            ("slug", created.Slug),
                            ("plan", Plans.Free),
                            ("seats", null),
                            ("created_at", at)
                        )
                    );
                SetOwner(recorded, created.OwnerNumber, tables);
                break;
            case OrganizationRenamed renamed:
                tables["organizations"].Change(Row(("id", id), ("name", renamed.Name), ("updated_at", at)));
                break;
            case PlanSet set:
                tables["organizations"]
                    .Change(Row(("id", id), ("plan", set.Plan), ("seats", set.Seats), ("updated_at", at)));
                break;
            case OrganizationClosed:
                tables["organizations"].Change(Row(("id", id), ("updated_at", at), ("closed_at", at.DeepClone())));
                break;
            case OwnershipTransferred transferred:
                SetOwner(recorded, transferred.ToUserNumber, tables);
                break;
            default:
                ApplyMembership(recorded, happened, tables);
                break;
        }
    }

    private static void ApplyMembership(RecordedEvent recorded, OrganizationEvent happened, FoldedTables tables)
    {
        var (id, memberships) = (recorded.Stream, tables["memberships"]);
        switch (happened)
        {
            case MemberJoined joined:
                memberships.Put(
                    Row(
                        ("organization_id", id),
                        ("user_id", joined.UserId),
                        ("user_number", joined.UserNumber),
                        ("id", Membership.IdOf(id, joined.UserId)),
                        ("role_id", joined.Role.Id),
                        ("role_slug", joined.Role.Slug),
                        ("joined_at", At(recorded.RecordedAt)),
                        ("suspended_at", null)
                    )
                );
                tables["joined_organizations"].Put(Row(("organization_id", id), ("user_id", joined.UserId)));
                break;
            case MemberSuspended suspended:
                memberships.Change(
                    Row(
                        ("organization_id", id),
                        ("user_id", suspended.UserId),
                        ("suspended_at", At(recorded.RecordedAt))
                    )
                );
                break;
            case MemberReinstated reinstated:
                memberships.Change(
                    Row(("organization_id", id), ("user_id", reinstated.UserId), ("suspended_at", null))
                );
                break;
            case MemberRoleChanged changed:
                memberships.Change(
                    Row(
                        ("organization_id", id),
                        ("user_id", changed.UserId),
                        ("role_id", changed.Role.Id),
                        ("role_slug", changed.Role.Slug)
                    )
                );
                break;
            case MemberLeft left:
                memberships.Delete(Row(("organization_id", id), ("user_id", left.UserId)));
                break;
        }
    }

    private static void SetOwner(RecordedEvent recorded, long owner, FoldedTables tables) =>
        tables["organization_owners"]
            .Put(Row(("organization_id", recorded.Stream), ("since_sequence", recorded.Sequence), ("user_id", owner)));

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
                            ("number", recorded.Number),
                            ("organization_id", OrganizationOf(recorded)),
                            ("name", created.Name),
                            ("slug", created.Slug),
                            ("description", created.Description),
                            ("created_at", at),
                            ("updated_at", at.DeepClone())
                        )
                    );
                break;
            case RoleDescribed described:
                tables["roles"]
                    .Change(
                        Row(
                            ("id", id),
                            ("name", described.Name),
                            ("description", described.Description),
                            ("updated_at", at)
                        )
                    );
                break;
            case PermissionGranted granted:
                tables["role_permissions"]
                    .Put(
                        Row(
                            ("role_id", id),
                            ("permission", granted.Permission.Name),
                            ("granted_at", at),
                            ("organization_id", OrganizationOf(recorded))
                        )
                    );
                break;
            case PermissionRevoked revoked:
                tables["role_permissions"].Delete(Row(("role_id", id), ("permission", revoked.Permission.Name)));
                break;
            case RoleRemoved:
                tables["role_permissions"].DeleteWhere("role_id", id);
                tables["roles"].Delete(Row(("id", id)));
                break;
        }
    }
}
