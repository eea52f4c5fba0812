using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills what <c>snorq</c> publishes of accounts, organizations and members, under cuids.</summary>
internal sealed class SnorqProjection : FoldedProjection
{
    public override string Schema => "snorq";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [new("users", "id"), new("organizations", "id"), new("organization_members", "organization_id", "user_id")];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case UserEvent happened:
                ApplyUser(recorded, happened, tables["users"]);
                break;
            case OrganizationEvent happened:
                ApplyOrganization(recorded, happened, tables);
                break;
        }
    }

    private static void ApplyUser(RecordedEvent recorded, UserEvent happened, RowChanges users)
    {
        var (id, at) = (Cuid.Of(recorded.Stream), At(recorded.RecordedAt));
        switch (happened)
        {
            case UserRegistered registered:
                users.Put(
                    Row(
                        ("id", id),
                        ("email", registered.Email ?? ErasedAddress.Of(recorded.Number)),
                        ("name", registered.Name),
                        ("created_at", at),
                        ("updated_at", at.DeepClone())
                    )
                );
                break;
            case UserChanged changed:
                users.Change(
                    Row(("id", id), ("name", changed.Name), ("avatar_url", changed.AvatarUrl), ("updated_at", at))
                );
                break;
            case GoogleLinked linked:
                users.Change(Row(("id", id), ("google_id", linked.GoogleId)));
                break;
            case UserRemoved:
                users.Change(
                    Row(
                        ("id", id),
                        ("email", ErasedAddress.Of(recorded.Number)),
                        ("name", null),
                        ("avatar_url", null),
                        ("google_id", null),
                        ("updated_at", at)
                    )
                );
                break;
        }
    }

    private static void ApplyOrganization(RecordedEvent recorded, OrganizationEvent happened, FoldedTables tables)
    {
        var (id, at) = (Cuid.Of(recorded.Stream), At(recorded.RecordedAt));
        switch (happened)
        {
            case OrganizationCreated created:
                tables["organizations"]
                    .Put(
                        Row(
                            ("id", id),
                            ("name", created.Name),
                            ("slug", created.Slug),
                            ("plan", "FREE"),
                            ("owner_id", Cuid.Of(created.OwnerId)),
                            ("created_at", at),
                            ("updated_at", at.DeepClone())
                        )
                    );
                break;
            case OrganizationRenamed renamed:
                tables["organizations"].Change(Row(("id", id), ("name", renamed.Name), ("updated_at", at)));
                break;
            case PlanSet set:
                tables["organizations"]
                    .Change(Row(("id", id), ("plan", set.Plan.ToUpperInvariant()), ("updated_at", at)));
                break;
            case OwnershipTransferred transferred:
                tables["organizations"]
                    .Change(Row(("id", id), ("owner_id", Cuid.Of(transferred.ToUserId)), ("updated_at", at)));
                break;
            case MemberJoined joined:
                tables["organization_members"]
                    .Put(
                        Row(
                            ("id", Cuid.Of(Membership.IdOf(recorded.Stream, joined.UserId))),
                            ("organization_id", id),
                            ("user_id", Cuid.Of(joined.UserId)),
                            ("role", RoleOf(joined.Role)),
                            ("joined_at", at)
                        )
                    );
                break;
            case MemberRoleChanged changed:
                tables["organization_members"]
                    .Change(
                        Row(
                            ("organization_id", id),
                            ("user_id", Cuid.Of(changed.UserId)),
                            ("role", RoleOf(changed.Role))
                        )
                    );
                break;
            case MemberLeft left:
                tables["organization_members"].Delete(Row(("organization_id", id), ("user_id", Cuid.Of(left.UserId))));
                break;
        }
    }

    // The document knows three roles; an organization's own ones are members here.
    private static string RoleOf(GivenRole role) =>
        role.Slug switch
        {
            SystemRoles.Owner => "OWNER",
            SystemRoles.Admin => "ADMIN",
            _ => "MEMBER",
        };
}

/// <summary>What a membership is called where it has a row of its own.</summary>
internal static class Membership
{
    public static Guid IdOf(Guid organization, Guid user) =>
        ContentIds.Of("membership", organization.ToString(), user.ToString());
}
