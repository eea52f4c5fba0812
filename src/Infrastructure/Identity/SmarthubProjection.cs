using System.Text.Json.Nodes;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills what <c>smarthub</c> publishes of accounts, roles and keys.</summary>
internal sealed class SmarthubProjection : FoldedProjection
{
    private const int MostUsernameCharacters = 100;
    private const int UsernameHashCharacters = 32;

    public override string Schema => "smarthub";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [
        new("users", "id"),
        new("roles", "id"),
        new("user_roles", "id"),
        new("api_keys", "id") { Unlogged = ["last_used_at"], Refill = KeyUsageStatements.Refill("smarthub") },
    ];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case UserEvent happened:
                ApplyUser(recorded, happened, tables["users"]);
                ApplyRoleOfUser(recorded, happened, tables["user_roles"]);
                break;
            case SessionStarted started:
                tables["users"].Change(Row(("id", started.UserId), ("last_login_at", At(recorded.RecordedAt))));
                break;
            case OrganizationEvent happened:
                ApplyMember(recorded, happened, tables["user_roles"]);
                break;
            case RoleEvent happened:
                ApplyRole(recorded, happened, tables["roles"]);
                break;
            case ApiKeyEvent happened:
                ApplyKey(recorded, happened, tables["api_keys"]);
                break;
        }
    }

    private static void ApplyUser(RecordedEvent recorded, UserEvent happened, RowChanges users)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case UserRegistered registered:
                var email = registered.Email ?? ErasedAddress.Of(recorded.Number);
                users.Put(
                    Row(
                        ("id", id),
                        ("email", email),
                        ("username", UsernameOf(email)),
                        ("password_hash", "!"),
                        ("is_active", true),
                        ("email_verified", false),
                        ("created_at", at),
                        ("updated_at", at.DeepClone()),
                        ("deleted_at", null)
                    )
                );
                break;
            case UserChanged changed:
                users.Change(
                    Row(
                        ("id", id),
                        ("first_name", changed.FirstName),
                        ("last_name", changed.LastName),
                        ("avatar_url", changed.AvatarUrl),
                        ("updated_at", at)
                    )
                );
                break;
            // When a password was set is nobody else's to know.
            case PasswordSet set:
                users.Change(Row(("id", id), ("password_hash", set.Hash ?? "!")));
                break;
            case EmailVerified:
                users.Change(
                    Row(("id", id), ("email_verified", true), ("email_verified_at", at), ("updated_at", at.DeepClone()))
                );
                break;
            case UserDeactivated or UserReactivated:
                users.Change(Row(("id", id), ("is_active", happened is UserReactivated), ("updated_at", at)));
                break;
            case UserRemoved:
                users.Change(Removed(recorded));
                break;
        }
    }

    // Address and name are rewritten, so that they are free again.
    private static JsonObject Removed(RecordedEvent recorded) =>
        Row(
            ("id", recorded.Stream),
            ("email", ErasedAddress.Of(recorded.Number)),
            ("username", ErasedAddress.Of(recorded.Number)),
            ("password_hash", "!"),
            ("first_name", null),
            ("last_name", null),
            ("avatar_url", null),
            ("is_active", false),
            ("email_verified", false),
            ("email_verified_at", null),
            ("last_login_at", null),
            ("updated_at", At(recorded.RecordedAt)),
            ("deleted_at", At(recorded.RecordedAt))
        );

    private static void ApplyRoleOfUser(RecordedEvent recorded, UserEvent happened, RowChanges userRoles)
    {
        var user = recorded.Stream;
        switch (happened)
        {
            case UserRoleAssigned assigned:
                userRoles.Put(
                    Row(
                        ("id", Membership.IdOf(assigned.Role.Id, user)),
                        ("user_id", user),
                        ("role_id", assigned.Role.Id),
                        ("assigned_at", At(recorded.RecordedAt))
                    )
                );
                break;
            case UserRoleUnassigned unassigned:
                userRoles.Delete(Row(("id", Membership.IdOf(unassigned.Role.Id, user))));
                break;
            case UserRemoved:
                userRoles.DeleteWhere("user_id", user);
                break;
        }
    }

    // Unique like the address, and shorter than the longest ones.
    private static string UsernameOf(string email) =>
        email.Length <= MostUsernameCharacters
            ? email
            : $"{email[..(MostUsernameCharacters - UsernameHashCharacters - 1)]}~"
                + ContentIds.Sha256(email)[..UsernameHashCharacters];

    private static void ApplyMember(RecordedEvent recorded, OrganizationEvent happened, RowChanges userRoles)
    {
        switch (happened)
        {
            case MemberJoined joined:
                userRoles.Put(
                    Row(
                        ("id", Membership.IdOf(recorded.Stream, joined.UserId)),
                        ("user_id", joined.UserId),
                        ("role_id", joined.Role.Id),
                        ("assigned_at", At(recorded.RecordedAt)),
                        ("organization_id", recorded.Stream)
                    )
                );
                break;
            case MemberRoleChanged changed:
                userRoles.Change(
                    Row(
                        ("id", Membership.IdOf(recorded.Stream, changed.UserId)),
                        ("role_id", changed.Role.Id),
                        ("assigned_at", At(recorded.RecordedAt))
                    )
                );
                break;
            case MemberLeft left:
                userRoles.Delete(Row(("id", Membership.IdOf(recorded.Stream, left.UserId))));
                break;
        }
    }

    private static void ApplyRole(RecordedEvent recorded, RoleEvent happened, RowChanges roles)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case RoleCreated created:
                roles.Put(
                    Row(
                        ("id", id),
                        ("name", created.Slug),
                        ("description", created.Description),
                        ("is_system", created.IsSystem),
                        ("created_at", at),
                        ("updated_at", at.DeepClone()),
                        ("organization_id", OrganizationOf(recorded))
                    )
                );
                break;
            case RoleDescribed described:
                roles.Change(Row(("id", id), ("description", described.Description), ("updated_at", at)));
                break;
            case RoleRemoved:
                roles.Delete(Row(("id", id)));
                break;
        }
    }

    private static void ApplyKey(RecordedEvent recorded, ApiKeyEvent happened, RowChanges keys)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case ApiKeyCreated { UserId: { } user } created:
                keys.Put(
                    Row(
                        ("id", id),
                        ("user_id", user),
                        ("key_hash", created.KeyHash),
                        ("name", created.Name),
                        ("description", created.Description),
                        ("expires_at", At(created.ExpiresAt)),
                        ("is_active", true),
                        ("created_at", at),
                        ("updated_at", at.DeepClone()),
                        ("organization_id", OrganizationOf(recorded))
                    )
                );
                break;
            case ApiKeyDescribed described:
                keys.Change(
                    Row(
                        ("id", id),
                        ("name", described.Name),
                        ("description", described.Description),
                        ("updated_at", at)
                    )
                );
                break;
            case ApiKeyRotated rotated:
                keys.Change(Row(("id", id), ("key_hash", rotated.KeyHash), ("updated_at", at)));
                break;
            case ApiKeyRevoked:
                keys.Change(Row(("id", id), ("is_active", false), ("updated_at", at)));
                break;
        }
    }
}
