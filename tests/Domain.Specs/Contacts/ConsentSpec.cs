using SchemaHub.Domain.Contacts;
using static SchemaHub.Domain.Specs.Contacts.Given;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>Who may raise a consent, and what is recorded of it.</summary>
public sealed class ConsentSpec
{
    private static readonly ContactEvent[][] SaidNo =
    [
        [Added(Newsletter), Withdrawn()],
        [Added(), Withdrawn()],
        [Added(Newsletter), Withdrawn(Purposes.Newsletter)],
        [Added(Newsletter), Withdrawn(), Erased],
        [Withdrawn()],
    ];

    [Test]
    public void An_address_comes_onto_the_list_once() =>
        A_contact(Added()).When(contact => contact.Add(Added(Newsletter))).ThenRefused("contact.exists");

    [Test]
    public void An_address_comes_with_the_consent_it_brought()
    {
        var scenario = A_contact().When(contact => contact.Add(Added(Newsletter)));

        scenario.Then(Added(Newsletter));
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeTrue();
        scenario.State.MayBeWrittenToFor(Purposes.Tracking).ShouldBeFalse();
    }

    [Test]
    public void A_consent_that_a_program_states_is_recorded() =>
        A_contact(Added()).When(Give(Newsletter)).Then(Stated(Newsletter, renewed: false));

    [Test]
    public void The_same_wording_again_is_dropped() => A_contact(Added(Newsletter)).When(Give(Newsletter)).Then();

    [Test]
    public void A_new_wording_is_recorded_as_a_renewal() =>
        A_contact(Added(Newsletter))
            .When(Give(Newsletter with { Wording = NewWords }))
            .Then(Stated(Newsletter with { Wording = NewWords }, renewed: true));

    [Test]
    public void Another_purpose_is_a_consent_of_its_own() =>
        A_contact(Added(Newsletter)).When(Give(Tracking)).Then(Stated(Tracking, renewed: false));

    [TestCaseSource(nameof(SaidNo))]
    public void Nobody_else_raises_what_the_person_withdrew(params ContactEvent[] happened)
    {
        var scenario = A_contact(happened);
        if (scenario.State.IsListed)
            scenario.When(Give(Newsletter)).ThenRefused("contact.withdrawn");
        else
            scenario.When(contact => contact.Add(Added(Newsletter))).ThenRefused("contact.withdrawn");
    }

    [Test]
    public void Nobody_else_raises_a_purpose_that_was_never_named_before_the_person_withdrew_from_all()
    {
        A_contact(Added(Newsletter), Withdrawn()).When(Give(Tracking)).ThenRefused("contact.withdrawn");
        A_contact(Added(Newsletter), Withdrawn(Purposes.Newsletter))
            .When(Give(Tracking))
            .Then(Stated(Tracking, renewed: false));
    }

    [Test]
    public void A_suppressed_address_takes_no_consent_from_anybody_else()
    {
        A_contact(Added(), Suppressed()).When(Give(Newsletter)).ThenRefused("contact.suppressed");
        A_contact(Added(), Suppressed(), Erased)
            .When(contact => contact.Add(Added(Newsletter)))
            .ThenRefused("contact.suppressed");
    }

    [Test]
    public void After_a_lifted_suppression_only_the_person_raises_what_they_did_not_confirm()
    {
        var lifted = new ContactEvent[]
        {
            Added(),
            Suppressed(),
            Requested with
            {
                Consents = [Tracking],
            },
            Confirmed(Tracking, raised: true),
        };

        A_contact(lifted).State.SuppressedFor.ShouldBeNull();
        A_contact(lifted).When(Give(Newsletter)).ThenRefused("contact.withdrawn");
    }

    [Test]
    public void Who_is_not_listed_is_given_no_consent() =>
        A_contact(Added(), Erased).When(Give(Newsletter)).ThenRefused("contact.not_found");

    [Test]
    public void Details_are_replaced_and_consent_is_left_alone()
    {
        var scenario = A_contact(Added(Newsletter)).When(contact => contact.Change("Anna", null, Sources.Api));

        scenario.Then(new ContactChanged(Sources.Api, "Anna", null));
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeTrue();
        A_contact().When(contact => contact.Change("Anna", null, Sources.Api)).ThenRefused("contact.not_found");
    }

    private static Func<Contact, IReadOnlyList<ContactEvent>> Give(Consent consent) =>
        contact => contact.GiveConsent(consent, Sources.Api, Seen);

    private static ConsentGiven Stated(Consent consent, bool renewed) =>
        new(consent, Sources.Api, ImportId: null, renewed, Raised: false, Seen, RequestEvidence: null);
}
