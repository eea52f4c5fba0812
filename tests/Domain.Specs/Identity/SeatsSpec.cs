using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Identity;

/// <summary>How many people an organization may have.</summary>
public sealed class SeatsSpec
{
    private static readonly GivenRole Owner = new(Guid.CreateVersion7(), 1, "owner");
    private static readonly GivenRole Member = new(Guid.CreateVersion7(), 2, "member");
    private static readonly Person Ann = new(Guid.CreateVersion7(), 10);
    private static readonly Person Bob = new(Guid.CreateVersion7(), 11);

    [TestCase("free", 1)]
    [TestCase("pro", 3)]
    [TestCase("business", 4)]
    public void A_plan_has_its_seats(string plan, int seats)
    {
        var organization = With(new PlanSet(plan, null, "free", null));

        organization.State.Seats.ShouldBe(seats);
    }

    [Test]
    public void An_organization_begins_on_the_free_plan_which_its_owner_fills()
    {
        With().State.Plan.ShouldBe("free");
        With().When(organization => organization.Join(Bob, Member)).ThenRefused("organization.seats_taken");
    }

    [Test]
    public void An_organization_can_be_founded_on_another_plan() =>
        new Scenario<Organization, OrganizationEvent>(Organization.Initial)
            .When(organization => organization.Create("Acme", "acme", Ann, Owner, "pro", 7))
            .Then(
                new OrganizationCreated("Acme", "acme", Ann.Id, Ann.Number),
                new MemberJoined(Ann.Id, Ann.Number, Owner, Rejoined: false),
                new PlanSet("pro", 7, "free", null)
            );

    [Test]
    public void An_operator_may_give_more_seats_than_the_plan_has() =>
        With(new PlanSet("free", 2, "free", null))
            .When(organization => organization.Join(Bob, Member))
            .Then(new MemberJoined(Bob.Id, Bob.Number, Member, Rejoined: false));

    [Test]
    public void A_member_keeps_their_role_when_an_invitation_offers_another_one()
    {
        var admin = new GivenRole(Guid.CreateVersion7(), 3, "admin");

        With(new PlanSet("free", 2, "free", null), new MemberJoined(Bob.Id, Bob.Number, Member, Rejoined: false))
            .When(organization => organization.Join(Bob, admin))
            .Then();
    }

    [Test]
    public void A_plan_with_too_few_seats_for_the_members_is_refused() =>
        With(new PlanSet("pro", null, "free", null), new MemberJoined(Bob.Id, Bob.Number, Member, Rejoined: false))
            .When(organization => organization.SetPlan("free", null))
            .ThenRefused("organization.too_many_members");

    [Test]
    public void The_same_plan_again_changes_nothing() =>
        With(new PlanSet("pro", 5, "free", null)).When(organization => organization.SetPlan("pro", 5)).Then();

    private static Scenario<Organization, OrganizationEvent> With(params OrganizationEvent[] happened)
    {
        OrganizationEvent[] founded =
        [
            new OrganizationCreated("Acme", "acme", Ann.Id, Ann.Number),
            new MemberJoined(Ann.Id, Ann.Number, Owner, Rejoined: false),
            .. happened,
        ];
        return new(founded.Aggregate(Organization.Initial, (state, one) => state.Apply(one)));
    }
}
