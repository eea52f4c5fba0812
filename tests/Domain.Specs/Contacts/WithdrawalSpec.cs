using SchemaHub.Domain.Contacts;
using static SchemaHub.Domain.Specs.Contacts.Given;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>Withdrawing, suppressing and erasing: always possible, and once is enough.</summary>
public sealed class WithdrawalSpec
{
    [TestCase(null)]
    [TestCase(Purposes.Newsletter)]
    public void A_withdrawal_is_recorded_and_nobody_is_written_to(string? purpose)
    {
        var scenario = A_contact(Added(Newsletter)).When(Withdraw(purpose));

        scenario.Then(Withdrawn(purpose, Seen));
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeFalse();
    }

    [TestCase(null)]
    [TestCase(Purposes.Newsletter)]
    public void Withdrawing_twice_changes_nothing(string? purpose) =>
        A_contact(Added(Newsletter), Withdrawn(purpose)).When(Withdraw(purpose)).Then();

    [Test]
    public void Withdrawing_from_all_covers_what_was_not_withdrawn_yet()
    {
        A_contact(Added(Newsletter), Withdrawn(Purposes.Newsletter)).When(Withdraw(null)).Then(Withdrawn(null, Seen));
        A_contact(Added(Newsletter), Withdrawn()).When(Withdraw(Purposes.Newsletter)).Then();
    }

    [Test]
    public void Withdrawing_from_one_purpose_leaves_the_other()
    {
        var scenario = A_contact(
            Added(Newsletter),
            new ConsentGiven(Tracking, Sources.Api, null, Renewed: false, Raised: false, null, null),
            Withdrawn(Purposes.Tracking)
        );

        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeTrue();
        scenario.State.MayBeWrittenToFor(Purposes.Tracking).ShouldBeFalse();
    }

    [Test]
    public void Who_never_agreed_can_say_no() => A_contact(Added()).When(Withdraw(null)).Then(Withdrawn(null, Seen));

    [Test]
    public void Who_agreed_again_can_withdraw_again() =>
        A_contact(Added(Newsletter), Withdrawn(), Requested, Confirmed(Newsletter, raised: true))
            .When(Withdraw(null))
            .Then(Withdrawn(null, Seen));

    [Test]
    public void A_suppression_bars_whatever_was_agreed_to_and_is_recorded_once()
    {
        var scenario = A_contact(Added(Newsletter)).When(Suppress);

        scenario.Then(Suppressed(Seen));
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeFalse();
        A_contact(Added(Newsletter), Suppressed()).When(Suppress).Then();
    }

    [Test]
    public void An_erasure_takes_the_person_off_the_list_once()
    {
        var scenario = A_contact(Added(Newsletter)).When(Erase);

        scenario.Then(Erased);
        scenario.State.IsListed.ShouldBeFalse();
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeFalse();
        A_contact(Added(Newsletter), Erased).When(Erase).Then();
        A_contact().When(Erase).Then();
    }

    [Test]
    public void A_withdrawal_and_a_suppression_outlive_the_erasure()
    {
        A_contact(Added(Newsletter), Withdrawn(), Erased, Added()).When(Withdraw(null)).Then();
        A_contact(Added(Newsletter), Suppressed(), Erased).State.SuppressedFor.ShouldBe(SuppressionReasons.Complaint);
    }

    [Test]
    public void Of_an_erased_person_no_address_and_no_browser_is_recorded_again()
    {
        A_contact(Added(Newsletter), Erased).When(Withdraw(null)).Then(Withdrawn());
        A_contact(Added(Newsletter), Erased).When(Suppress).Then(Suppressed());
    }

    private static Func<Contact, IReadOnlyList<ContactEvent>> Withdraw(string? purpose) =>
        contact => contact.Withdraw(purpose, Sources.EmailLink, reason: null, Seen);

    private static IReadOnlyList<ContactEvent> Suppress(Contact contact) =>
        contact.Suppress(SuppressionReasons.Complaint, Sources.Api, Seen);

    private static IReadOnlyList<ContactEvent> Erase(Contact contact) => contact.Erase(Sources.Admin, "requested");
}
