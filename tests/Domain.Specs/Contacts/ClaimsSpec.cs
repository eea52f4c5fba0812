using System.Text.Json;
using SchemaHub.Domain.Contacts;
using static SchemaHub.Domain.Specs.Contacts.Given;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>What a file or a program states never weakens what is proven; what it knows better can be taken.</summary>
public sealed class ClaimsSpec
{
    private static readonly Consent Imported = Newsletter with { Method = ConsentMethods.Imported };

    [TestCase(OldWords)]
    [TestCase(NewWords)]
    [TestCase(null)]
    public void A_file_is_a_claim_beside_a_double_opt_in(string? wording)
    {
        var stated = Imported with { Wording = wording };
        var scenario = A_contact(Added(), Requested, Confirmed(Newsletter))
            .When(contact => contact.TakeRow(Added(stated, TheFile), against: null));

        scenario.Then(new ConsentClaimed(stated, Sources.Import, TheFile, Seen));
        scenario.State.Consents[Purposes.Newsletter].Method.ShouldBe(ConsentMethods.DoubleOptIn);
        scenario.State.Consents[Purposes.Newsletter].Wording.ShouldBe(OldWords);
    }

    [TestCase(ConsentMethods.DoubleOptIn, ConsentMethods.Imported, NewWords, true)]
    [TestCase(ConsentMethods.SingleOptIn, ConsentMethods.Imported, NewWords, true)]
    [TestCase(ConsentMethods.SingleOptIn, ConsentMethods.SingleOptIn, null, true)]
    [TestCase(ConsentMethods.Imported, ConsentMethods.Imported, null, true)]
    [TestCase(ConsentMethods.Imported, ConsentMethods.Imported, NewWords, false)]
    [TestCase(ConsentMethods.Imported, ConsentMethods.SingleOptIn, NewWords, false)]
    [TestCase(ConsentMethods.SingleOptIn, ConsentMethods.SingleOptIn, NewWords, false)]
    [TestCase(ConsentMethods.DoubleOptIn, ConsentMethods.SingleOptIn, NewWords, false)]
    public void A_stated_consent_replaces_one_that_proves_no_more(
        string inForce,
        string stated,
        string? wording,
        bool isClaim
    )
    {
        var claim = Newsletter with { Method = stated, Wording = wording };
        var scenario = A_contact(Added(Newsletter with { Method = inForce }))
            .When(contact => contact.GiveConsent(claim, Sources.Import, Seen, TheFile));

        if (isClaim)
            scenario.Then(new ConsentClaimed(claim, Sources.Import, TheFile, Seen));
        else
            scenario.Then(
                new ConsentGiven(
                    claim,
                    Sources.Import,
                    TheFile,
                    Renewed: true,
                    Raised: false,
                    Seen,
                    RequestEvidence: null
                )
            );
    }

    [Test]
    public void A_program_that_states_less_than_is_proven_changes_nothing() =>
        A_contact(Added(Newsletter))
            .When(contact => contact.GiveConsent(Newsletter with { Wording = null }, Sources.Api, Seen))
            .Then();

    [Test]
    public void After_a_withdrawal_a_claim_raises_nothing() =>
        A_contact(Added(Newsletter), Withdrawn())
            .When(contact => contact.TakeRow(Added(Imported, TheFile), against: null))
            .Then();

    [Test]
    public void An_update_takes_the_rows_name_and_attributes_and_keeps_the_others()
    {
        var known = Added() with { Metadata = Json("""{"city":"Graz","age":1}""") };
        var row = Added(null, TheFile) with { Name = "Anna", Metadata = Json("""{"age":2,"vip":false}""") };
        A_contact(known).When(contact => contact.TakeRow(row, against: null)).Then();

        var scenario = A_contact(known).When(contact => contact.TakeRow(row, against: null, update: true));

        scenario.State.Details.Name.ShouldBe("Anna");
        scenario.State.Details.Metadata!.Value.GetRawText().ShouldBe("""{"city":"Graz","age":2,"vip":false}""");
        scenario.State.NewDetails(row).ShouldBeNull();
    }

    [Test]
    public void An_update_takes_attributes_whose_name_is_known_twice()
    {
        var row = Added(null, TheFile) with { Metadata = Json("""{"age":2}""") };
        A_contact(Added() with { Metadata = Json("""{"city":"Graz","city":"Wien"}""") })
            .When(contact => contact.TakeRow(row, against: null, update: true))
            .State.Details.Metadata!.Value.GetRawText()
            .ShouldBe("""{"city":"Wien","age":2}""");
    }

    [TestCase("Ann", null)]
    [TestCase(null, null)]
    [TestCase("Ann", """{ "age": 1, "city": "Graz" }""")]
    [TestCase(null, """{"age":1}""")]
    public void An_update_that_says_nothing_new_adds_no_event(string? name, string? metadata)
    {
        var row = Added(null, TheFile) with { Name = name, Metadata = metadata is null ? null : Json(metadata) };
        A_contact(Added() with { Metadata = Json("""{"city":"Graz","age":1}""") })
            .When(contact => contact.TakeRow(row, against: null, update: true))
            .Then();
    }

    [Test]
    public void An_erased_person_has_no_details() =>
        A_contact(Added(), Erased).State.Details.ShouldBe(ContactDetails.None);

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;
}
