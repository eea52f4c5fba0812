using SchemaHub.Domain.Contacts;
using static SchemaHub.Domain.Specs.Contacts.Given;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>Asked for, then confirmed from the person's own mailbox: what alone raises a no to a yes.</summary>
public sealed class DoubleOptInSpec
{
    [Test]
    public void A_request_changes_nothing_yet()
    {
        var scenario = A_contact(Added()).When(Ask);

        scenario.Then(Requested);
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeFalse();
    }

    [Test]
    public void Confirming_records_every_purpose_with_both_steps() =>
        A_contact(Added(), Requested).When(Confirm()).Then(Confirmed(Newsletter), Confirmed(Tracking));

    [Test]
    public void Confirming_twice_changes_nothing() =>
        A_contact(Added(), Requested, Confirmed(Newsletter), Confirmed(Tracking)).When(Confirm()).Then();

    [Test]
    public void Confirming_what_is_in_force_renews_it() =>
        A_contact(Added(Newsletter), Requested)
            .When(Confirm())
            .Then(Confirmed(Newsletter, renewed: true), Confirmed(Tracking));

    [Test]
    public void Confirming_raises_what_was_withdrawn()
    {
        var scenario = A_contact(Added(Newsletter), Withdrawn(Purposes.Newsletter), Requested).When(Confirm());

        scenario.Then(Confirmed(Newsletter, raised: true), Confirmed(Tracking));
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeTrue();
    }

    [Test]
    public void Confirming_lifts_a_suppression()
    {
        var scenario = A_contact(Added(Newsletter), Suppressed(), Requested).When(Confirm());

        scenario.Then(Confirmed(Newsletter, raised: true), Confirmed(Tracking, raised: true));
        scenario.State.SuppressedFor.ShouldBeNull();
        scenario.State.MayBeWrittenToFor(Purposes.Tracking).ShouldBeTrue();
    }

    [Test]
    public void A_link_expires_at_its_instant()
    {
        A_contact(Added(), Requested)
            .When(Confirm(now: Requested.ExpiresAt.AddTicks(-1)))
            .Then(Confirmed(Newsletter), Confirmed(Tracking));
        A_contact(Added(), Requested).When(Confirm(now: Requested.ExpiresAt)).ThenRefused("opt_in.expired");
    }

    [Test]
    public void Only_the_newest_link_counts()
    {
        A_contact(Added(), Requested, Requested with { TokenHash = "newer" })
            .When(Confirm())
            .ThenRefused("opt_in.unknown");
        A_contact(Added()).When(Confirm()).ThenRefused("opt_in.unknown");
        A_contact(Added(), Requested).When(Confirm("guessed")).ThenRefused("opt_in.unknown");
    }

    [Test]
    public void Each_form_has_a_link_of_its_own()
    {
        var events = Newsletter with { Purpose = "events" };
        var other = Requested with { Consents = [events], TokenHash = "other" };
        var confirmed = Confirmed(events) with { RequestTokenHash = "other" };

        A_contact(Added(), Requested, other).When(Confirm()).Then(Confirmed(Newsletter), Confirmed(Tracking));
        A_contact(Added(), Requested, other).When(Confirm("other")).Then(confirmed);
        A_contact(Added(), Requested, other, confirmed)
            .When(Confirm())
            .Then(Confirmed(Newsletter), Confirmed(Tracking));
        A_contact(Added(), Requested, other, Confirmed(Newsletter), Confirmed(Tracking)).When(Confirm()).Then();
    }

    [Test]
    public void Forms_that_ask_for_one_purpose_in_other_words_have_links_of_their_own()
    {
        var words = Newsletter with { Wording = new string('e', 64) };
        var other = Requested with { Consents = [words], TokenHash = "other" };

        A_contact(Added(), Requested, other).When(Confirm()).Then(Confirmed(Newsletter), Confirmed(Tracking));
        A_contact(Added(), Requested, other)
            .When(Confirm("other"))
            .Then(Confirmed(words) with { RequestTokenHash = "other" });
    }

    [Test]
    public void A_confirmation_from_before_links_were_named_confirms_the_newest()
    {
        var confirmed = Confirmed(Newsletter) with { RequestTokenHash = null };

        A_contact(Added(), Requested, confirmed).When(Confirm()).Then();
    }

    [Test]
    public void An_older_link_does_not_undo_a_later_no()
    {
        A_contact(Added(), Requested, Withdrawn()).When(Confirm()).ThenRefused("opt_in.unknown");
        A_contact(Added(), Requested, Suppressed()).When(Confirm()).ThenRefused("opt_in.unknown");
        A_contact(Added(), Requested, Erased).When(Confirm()).ThenRefused("opt_in.unknown");
        A_contact(Added(), Requested, Withdrawn(Purposes.Tracking)).When(Confirm()).Then(Confirmed(Newsletter));
    }

    [Test]
    public void Who_is_asked_and_says_no_again_has_answered()
    {
        var scenario = A_contact(Added(), Withdrawn(), Requested)
            .When(contact => contact.Withdraw(null, Sources.EmailLink, null, null));

        scenario.Then(Withdrawn());
        scenario.State.Requests.ShouldBeEmpty();
    }

    [Test]
    public void A_mailbox_is_asked_three_times_a_day_and_no_more()
    {
        ContactEvent At(int hour) => Requested with { ExpiresAt = Requested.ExpiresAt.AddHours(hour) };

        A_contact(Added(), At(-23), At(-2), At(-1)).When(Ask).Then();
        A_contact(Added(), At(-24), At(-2), At(-1)).When(Ask).Then(Requested);
        A_contact(Added(), At(-3), At(-2), At(-1), Erased, Added()).When(Ask).Then();
    }

    [Test]
    public void Who_is_not_listed_is_not_asked() => A_contact().When(Ask).ThenRefused("contact.not_found");

    private static IReadOnlyList<ContactEvent> Ask(Contact contact) =>
        contact.RequestConsent(
            Requested.Consents,
            Requested.Source,
            Requested.TokenHash,
            Requested.ExpiresAt,
            Requested.Evidence
        );

    private static Func<Contact, IReadOnlyList<ContactEvent>> Confirm(
        string token = "token",
        DateTimeOffset? now = null
    ) => contact => contact.ConfirmConsent(token, Mailbox, now ?? Noon);
}
