using SchemaHub.Domain.Contacts;
using static SchemaHub.Domain.Specs.Contacts.Given;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>Data that is kept and not used.</summary>
public sealed class RestrictionSpec
{
    [Test]
    public void A_restricted_contact_may_not_be_written_to_though_the_consent_stands()
    {
        var contact = A_contact(Added(Newsletter), Restricted).State;

        contact.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeFalse();
        contact.Consents[Purposes.Newsletter].InForce.ShouldBeTrue();
    }

    [Test]
    public void Restricting_twice_is_one_fact() =>
        A_contact(Added(Newsletter), Restricted)
            .When(contact => contact.Restrict(RestrictionGrounds.Unlawful, Sources.Api))
            .Then();

    [Test]
    public void Once_lifted_what_was_agreed_to_counts_again()
    {
        var lifting = A_contact(Added(Newsletter), Restricted).When(contact => contact.LiftRestriction(Sources.Admin));

        lifting.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeTrue();
        lifting.State.IsRestricted.ShouldBeFalse();
    }

    [Test]
    public void What_was_withdrawn_meanwhile_does_not_count_again() =>
        A_contact(Added(Newsletter), Restricted, Withdrawn())
            .When(contact => Purposes_of(contact.LiftRestriction(Sources.Admin)))
            .State.MayBeWrittenToFor(Purposes.Newsletter)
            .ShouldBeFalse();

    [Test]
    public void Lifting_what_is_not_restricted_is_no_fact() =>
        A_contact(Added(Newsletter)).When(contact => contact.LiftRestriction(Sources.Admin)).Then();

    [Test]
    public void A_program_records_no_consent_of_a_restricted_contact() =>
        A_contact(Added(), Restricted)
            .When(contact => contact.GiveConsent(Newsletter, Sources.Api, Seen))
            .ThenRefused("contact.restricted");

    [Test]
    public void A_file_records_no_consent_of_a_restricted_contact() =>
        A_contact(Added(), Restricted)
            .When(contact => contact.TakeRow(Added(Newsletter, TheFile), against: null))
            .Then();

    [Test]
    public void The_persons_own_confirmed_opt_in_lifts_it() =>
        A_contact(Added(), Requested, Restricted)
            .When(contact => contact.ConfirmConsent("token", Mailbox, Noon))
            .State.MayBeWrittenToFor(Purposes.Newsletter)
            .ShouldBeTrue();

    [Test]
    public void Evidence_of_a_restricted_contact_is_not_purged() =>
        A_contact(Added(), Restricted)
            .When(contact => contact.PurgeEvidence(Noon, Noon.AddYears(Contact.EvidenceYears + 1)))
            .Then();

    [Test]
    public void An_erased_person_is_not_restricted_any_more() =>
        A_contact(Added(Newsletter), Restricted, Erased).State.IsRestricted.ShouldBeFalse();

    [Test]
    public void Nobody_is_restricted_who_is_not_on_the_list() =>
        A_contact()
            .When(contact => contact.Restrict(RestrictionGrounds.Unlawful, Sources.Api))
            .ThenRefused("contact.not_found");

    private static IReadOnlyList<ContactEvent> Purposes_of(IReadOnlyList<ContactEvent> lifted)
    {
        ((RestrictionLifted)lifted.Single()).Purposes.ShouldBeEmpty();
        return lifted;
    }
}
