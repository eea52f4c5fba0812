using System.Collections.Immutable;
using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>The tenant: whoever runs mailing lists, an inbox or podcasts with SchemaHub.</summary>
/// <param name="Members">Who belongs to it now, the owner among them.</param>
/// <param name="Former">Who belonged to it once.</param>
/// <param name="Plan">What it has of the service: one of <see cref="Plans"/>.</param>
/// <param name="OwnSeats">
/// How many members an operator allows it instead of the plan's number; null: the plan's.
/// </param>
public sealed record Organization(
    bool IsCreated,
    bool IsClosed,
    string Name,
    string Slug,
    Person? Owner,
    ImmutableDictionary<Guid, Member> Members,
    ImmutableHashSet<Guid> Former,
    string Plan = Plans.Free,
    int? OwnSeats = null
) : IAggregate<Organization, OrganizationEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "organization";

    /// <inheritdoc/>
    public static Organization Initial { get; } =
        new(
            IsCreated: false,
            IsClosed: false,
            Name: "",
            Slug: "",
            Owner: null,
            ImmutableDictionary<Guid, Member>.Empty,
            ImmutableHashSet<Guid>.Empty
        );

    /// <summary>How many members it may have, the owner among them.</summary>
    public int Seats => OwnSeats ?? Plans.SeatsOf(Plan);

    /// <summary>Founds the organization; its owner is its first member.</summary>
    /// <param name="plan">One of <see cref="Plans"/>.</param>
    /// <param name="seats">As of <see cref="SetPlan"/>.</param>
    public IReadOnlyList<OrganizationEvent> Create(
        string name,
        string slug,
        Person owner,
        GivenRole ownerRole,
        string plan = Plans.Free,
        int? seats = null
    )
    {
        if (IsCreated)
            return [];

        List<OrganizationEvent> founded =
        [
            new OrganizationCreated(name, slug, owner.Id, owner.Number),
            new MemberJoined(owner.Id, owner.Number, ownerRole, Rejoined: false),
        ];
        if (plan != Plans.Free || seats is not null)
            founded.Add(new PlanSet(plan, seats, Plans.Free, SeatsBefore: null));

        return founded;
    }

    /// <summary>Gives it another plan. Whoever is in stays in: a plan with too few seats for them is refused.</summary>
    /// <param name="plan">One of <see cref="Plans"/>.</param>
    /// <param name="seats">Members it may have instead of the plan's number; null: the plan's.</param>
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>organization.too_many_members</c>.
    /// </exception>
    public IReadOnlyList<OrganizationEvent> SetPlan(string plan, int? seats)
    {
        RequireOpen();
        var allowed = seats ?? Plans.SeatsOf(plan);
        if (Members.Count > allowed)
            throw new RuleBrokenException(
                "organization.too_many_members",
                $"It has {Members.Count} members, and there would be seats for {allowed}: let some go first."
            );

        return plan == Plan && seats == OwnSeats ? [] : [new PlanSet(plan, seats, Plan, OwnSeats)];
    }

    /// <summary>Whether somebody who is not in yet could come in now.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>organization.seats_taken</c>.
    /// </exception>
    public void RequireSeat()
    {
        RequireOpen();
        if (Members.Count >= Seats)
            throw new RuleBrokenException(
                "organization.seats_taken",
                $"All seats are taken: the plan {Plan} has {Seats}. Let somebody go, or have the plan changed."
            );
    }

    /// <summary>Renames it. The slug is its identity and stays.</summary>
    /// <exception cref="RuleBrokenException"><c>organization.closed</c>.</exception>
    public IReadOnlyList<OrganizationEvent> Rename(string name)
    {
        RequireOpen();
        return name == Name ? [] : [new OrganizationRenamed(name, Name)];
    }

    /// <summary>Adds a person who accepted an invitation. An existing member keeps the role they have.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>organization.seats_taken</c>, <c>member.owner_role</c>.
    /// </exception>
    public IReadOnlyList<OrganizationEvent> Join(Person person, GivenRole role)
    {
        RequireOpen();
        RequireOrdinary(role);
        if (Members.ContainsKey(person.Id))
            return [];

        RequireSeat();
        return [new MemberJoined(person.Id, person.Number, role, Former.Contains(person.Id))];
    }

    /// <summary>Gives a member another role.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>member.not_found</c>, <c>member.owner_role</c>, <c>member.is_owner</c>.
    /// </exception>
    public IReadOnlyList<OrganizationEvent> ChangeRole(Guid user, GivenRole role)
    {
        RequireOpen();
        RequireOrdinary(role);
        var member = RequireMember(user);
        RequireNotOwner(user);
        return member.Role == role ? [] : [new MemberRoleChanged(user, member.Person.Number, role, member.Role)];
    }

    /// <summary>Ends a member's access to the organization for a while. The membership and its role stay.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>member.not_found</c>, <c>member.is_owner</c>.
    /// </exception>
    public IReadOnlyList<OrganizationEvent> Suspend(Guid user)
    {
        RequireOpen();
        var member = RequireMember(user);
        RequireNotOwner(user);
        return member.IsSuspended ? [] : [new MemberSuspended(user, member.Person.Number)];
    }

    /// <summary>Gives a suspended member access again.</summary>
    /// <exception cref="RuleBrokenException"><c>organization.closed</c>, <c>member.not_found</c>.</exception>
    public IReadOnlyList<OrganizationEvent> Reinstate(Guid user)
    {
        RequireOpen();
        var member = RequireMember(user);
        return member.IsSuspended ? [new MemberReinstated(user, member.Person.Number)] : [];
    }

    /// <summary>Lets a member go; who went before stays gone.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>member.not_found</c>, <c>member.is_owner</c>: ownership moves first.
    /// </exception>
    public IReadOnlyList<OrganizationEvent> Leave(Guid user)
    {
        if (Former.Contains(user) && !Members.ContainsKey(user))
            return [];

        // Nobody takes over what is closed: its owner stays named, and may go for all that.
        if (IsClosed && user == Owner?.Id)
            return [];

        var member = RequireMember(user);
        RequireNotOwner(user);
        return [new MemberLeft(user, member.Person.Number, member.Role)];
    }

    /// <summary>What only the owner does, a role that somebody holds notwithstanding.</summary>
    /// <param name="person">Who wants it; null where it is no person.</param>
    /// <exception cref="RuleBrokenException"><c>organization.not_owner</c>.</exception>
    public void RequireOwner(Guid? person)
    {
        if (person is not null && person != Owner?.Id)
            throw new RuleBrokenException("organization.not_owner", "Only the owner of the organization does this.");
    }

    /// <summary>Makes another member the owner; the owner before stays, as an administrator.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>member.not_found</c>, <c>member.suspended</c>.
    /// </exception>
    public IReadOnlyList<OrganizationEvent> TransferTo(Guid user, GivenRole ownerRole, GivenRole administratorRole)
    {
        RequireOpen();
        var next = RequireMember(user);
        if (next.IsSuspended)
            throw new RuleBrokenException("member.suspended", "A suspended member cannot become the owner.");

        var before = Members[Owner!.Id];
        return user == Owner.Id
            ? []
            :
            [
                new OwnershipTransferred(Owner.Id, Owner.Number, user, next.Person.Number),
                new MemberRoleChanged(Owner.Id, Owner.Number, administratorRole, before.Role),
                new MemberRoleChanged(user, next.Person.Number, ownerRole, next.Role),
            ];
    }

    /// <summary>Ends it: nobody works in it any more. What it did and whom it wrote to stays on record.</summary>
    public IReadOnlyList<OrganizationEvent> Close() => IsCreated && !IsClosed ? [new OrganizationClosed()] : [];

    /// <inheritdoc/>
    public Organization Apply(OrganizationEvent happened) =>
        happened switch
        {
            OrganizationCreated created => this with
            {
                IsCreated = true,
                Name = created.Name,
                Slug = created.Slug,
                Owner = new Person(created.OwnerId, created.OwnerNumber),
            },
            OrganizationRenamed renamed => this with { Name = renamed.Name },
            MemberJoined joined => this with
            {
                Members = Members.SetItem(
                    joined.UserId,
                    new Member(new Person(joined.UserId, joined.UserNumber), joined.Role)
                ),
            },
            MemberRoleChanged changed => With(changed.UserId, member => member with { Role = changed.Role }),
            MemberSuspended suspended => With(suspended.UserId, member => member with { IsSuspended = true }),
            MemberReinstated reinstated => With(reinstated.UserId, member => member with { IsSuspended = false }),
            MemberLeft left => this with { Members = Members.Remove(left.UserId), Former = Former.Add(left.UserId) },
            OwnershipTransferred transferred => this with
            {
                Owner = new Person(transferred.ToUserId, transferred.ToUserNumber),
            },
            PlanSet set => this with { Plan = set.Plan, OwnSeats = set.Seats },
            OrganizationClosed => this with { IsClosed = true },
            _ => throw new UnreachableException($"Organization cannot apply {happened.GetType().Name}."),
        };

    private Organization With(Guid user, Func<Member, Member> change) =>
        Members.TryGetValue(user, out var member)
            ? this with
            {
                Members = Members.SetItem(user, change(member)),
            }
            : this;

    private void RequireOpen()
    {
        if (IsClosed)
            throw new RuleBrokenException("organization.closed", "This organization was closed.");
    }

    private Member RequireMember(Guid user) =>
        Members.TryGetValue(user, out var member)
            ? member
            : throw new RuleBrokenException("member.not_found", "There is no such member of this organization.");

    private void RequireNotOwner(Guid user)
    {
        if (user == Owner?.Id)
            throw new RuleBrokenException(
                "member.is_owner",
                "An organization has exactly one owner: make another member the owner first."
            );
    }

    /// <summary>Neither the owner's role nor the operator's is given like another.</summary>
    /// <exception cref="RuleBrokenException"><c>member.owner_role</c>.</exception>
    public static void RequireOrdinary(GivenRole role)
    {
        if (role.Slug == SystemRoles.Owner || role.Slug == SystemRoles.Superadmin)
            throw new RuleBrokenException(
                "member.owner_role",
                $"The role {role.Slug} is not given this way: an owner comes by transfer."
            );
    }
}
