using FsCheck;
using FsCheck.Fluent;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Domain.Specs.Identity;

/// <summary>What holds of an organization whatever is done to it, in any order.</summary>
public sealed class MembershipSpec
{
    private const int People = 7;

    private static readonly GivenRole Owner = new(Guid.CreateVersion7(), 1, "owner");
    private static readonly GivenRole Admin = new(Guid.CreateVersion7(), 2, "admin");
    private static readonly GivenRole Member = new(Guid.CreateVersion7(), 3, "member");

    private static readonly Person[] Persons =
    [
        .. Enumerable.Range(0, People).Select(number => new Person(Guid.CreateVersion7(), number)),
    ];

    /// <summary>Something that somebody wants: what, whom it is about, and a number of seats.</summary>
    private sealed record Wish(int What, int Whom, int Seats);

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property There_is_exactly_one_owner_and_never_more_members_than_seats()
    {
        var wish =
            from what in Gen.Choose(0, 8)
            from whom in Gen.Choose(0, People - 1)
            from seats in Gen.Choose(1, 5)
            select new Wish(what, whom, seats);
        return Prop.ForAll(
            wish.ListOf().ToArbitrary(),
            wishes =>
            {
                var organization = Founded();
                foreach (var one in wishes)
                {
                    organization = After(organization, one);
                    if (!Holds(organization))
                        return false;
                }

                return true;
            }
        );
    }

    [Test]
    public void Only_the_owner_does_what_only_the_owner_does()
    {
        var organization = Founded();

        Should.NotThrow(() => organization.RequireOwner(Persons[0].Id));
        Should.NotThrow(() => organization.RequireOwner(person: null));
        Should
            .Throw<RuleBrokenException>(() => organization.RequireOwner(Persons[1].Id))
            .Code.ShouldBe("organization.not_owner");
    }

    [Test]
    public void The_owner_does_not_leave_and_a_stranger_cannot()
    {
        var organization = Founded();

        Should.Throw<RuleBrokenException>(() => organization.Leave(Persons[0].Id)).Code.ShouldBe("member.is_owner");
        Should.Throw<RuleBrokenException>(() => organization.Leave(Persons[1].Id)).Code.ShouldBe("member.not_found");
    }

    [Test]
    public void A_suspension_ends_with_the_membership_and_the_owner_has_none()
    {
        var organization = Founded();
        organization = organization.Join(Persons[1], Member).Aggregate(organization, (state, one) => state.Apply(one));
        var suspended = organization.Suspend(Persons[1].Id).Aggregate(organization, (state, one) => state.Apply(one));

        suspended.Members[Persons[1].Id].IsSuspended.ShouldBeTrue();
        suspended.Suspend(Persons[1].Id).ShouldBeEmpty();
        Should
            .Throw<RuleBrokenException>(() => suspended.TransferTo(Persons[1].Id, Owner, Admin))
            .Code.ShouldBe("member.suspended");
        Should.Throw<RuleBrokenException>(() => suspended.Suspend(Persons[0].Id)).Code.ShouldBe("member.is_owner");
        var gone = suspended.Leave(Persons[1].Id).Aggregate(suspended, (state, one) => state.Apply(one));
        var back = gone.Join(Persons[1], Member).Aggregate(gone, (state, one) => state.Apply(one));
        back.Members[Persons[1].Id].IsSuspended.ShouldBeFalse();
    }

    [Test]
    public void The_owner_of_what_was_closed_may_go_and_stays_named()
    {
        var closed = Founded().Apply(new OrganizationClosed());

        closed.Leave(Persons[0].Id).ShouldBeEmpty();
        closed.Owner.ShouldBe(Persons[0]);
    }

    private static bool Holds(Organization organization) =>
        organization.Members.Values.Count(member => member.Role.Slug == "owner") == 1
        && organization.Members[organization.Owner!.Id] is { IsSuspended: false } owner
        && owner.Role == Owner
        && organization.Members.Count <= organization.Seats;

    private static Organization Founded() =>
        Organization
            .Initial.Create("Acme", "acme", Persons[0], Owner, Plans.Pro)
            .Aggregate(Organization.Initial, (state, happened) => state.Apply(happened));

    // A refusal changes nothing, and is what the rules are for.
    private static Organization After(Organization organization, Wish wish)
    {
        var person = Persons[wish.Whom];
        try
        {
            var happened = wish.What switch
            {
                0 or 1 => organization.Join(person, Member),
                2 => organization.Leave(person.Id),
                3 => organization.ChangeRole(person.Id, Admin),
                4 => organization.TransferTo(person.Id, Owner, Admin),
                5 => organization.SetPlan(Plans.All[wish.Seats % Plans.All.Count], seats: null),
                6 => organization.SetPlan(Plans.Free, wish.Seats),
                7 => organization.Suspend(person.Id),
                _ => organization.Reinstate(person.Id),
            };
            return happened.Aggregate(organization, (state, one) => state.Apply(one));
        }
        catch (RuleBrokenException)
        {
            return organization;
        }
    }
}
