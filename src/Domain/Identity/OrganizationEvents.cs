namespace SchemaHub.Domain.Identity;

/// <summary>A fact about an organization: the tenant.</summary>
public abstract record OrganizationEvent : IAudited;

/// <summary>An organization was founded, with its one owner.</summary>
/// <param name="OwnerNumber">The owner's published integer id (backstage.users.id).</param>
[StoredAs("organization_created")]
public sealed record OrganizationCreated(string Name, string Slug, Guid OwnerId, long OwnerNumber)
    : OrganizationEvent,
        INamesNumbers
{
    object INamesNumbers.Name(Func<Guid, long, long> number) =>
        this with
        {
            OwnerNumber = number(OwnerId, OwnerNumber),
        };
}

/// <summary>It has another name.</summary>
[StoredAs("organization_renamed")]
public sealed record OrganizationRenamed(string Name, string NameBefore) : OrganizationEvent;

/// <summary>Somebody belongs to it from now on.</summary>
/// <param name="Rejoined">They did before.</param>
[StoredAs("member_joined")]
public sealed record MemberJoined(Guid UserId, long UserNumber, GivenRole Role, bool Rejoined)
    : OrganizationEvent,
        INamesNumbers
{
    object INamesNumbers.Name(Func<Guid, long, long> number) => this with { UserNumber = number(UserId, UserNumber) };
}

/// <summary>A member has another role.</summary>
[StoredAs("member_role_changed")]
public sealed record MemberRoleChanged(Guid UserId, long UserNumber, GivenRole Role, GivenRole RoleBefore)
    : OrganizationEvent;

/// <summary>A member has no access to it for the time being.</summary>
[StoredAs("member_suspended")]
public sealed record MemberSuspended(Guid UserId, long UserNumber) : OrganizationEvent;

/// <summary>A suspended member has access again.</summary>
[StoredAs("member_reinstated")]
public sealed record MemberReinstated(Guid UserId, long UserNumber) : OrganizationEvent;

/// <summary>Somebody does not belong to it any more.</summary>
[StoredAs("member_left")]
public sealed record MemberLeft(Guid UserId, long UserNumber, GivenRole RoleBefore) : OrganizationEvent;

/// <summary>Another member owns it; rows written before keep the owner of their time.</summary>
[StoredAs("ownership_transferred")]
public sealed record OwnershipTransferred(Guid FromUserId, long FromUserNumber, Guid ToUserId, long ToUserNumber)
    : OrganizationEvent;

/// <summary>It has another plan, or another number of seats.</summary>
/// <param name="Plan"><c>free</c>, <c>pro</c>, <c>business</c>.</param>
/// <param name="Seats">Members it may have instead of the plan's number; null: the plan's.</param>
[StoredAs("plan_set")]
public sealed record PlanSet(string Plan, int? Seats, string PlanBefore, int? SeatsBefore) : OrganizationEvent;

/// <summary>Nobody works in it any more.</summary>
[StoredAs("organization_closed")]
public sealed record OrganizationClosed() : OrganizationEvent;
