using SchemaHub.Domain.Contacts;

namespace SchemaHub.Domain.Specs.Contacts;

public sealed class SignUpFormSpec
{
    private static readonly SignUpFormPublished Form = new(
        "Letters",
        Purposes.Newsletter,
        Given.OldWords,
        "en",
        TrackingWording: null,
        "letters@example.org"
    );

    [Test]
    public void A_form_is_published_anew_when_something_of_it_changed()
    {
        Scenario().When(form => form.Publish(Form)).Then(Form);
        Scenario(Form).When(form => form.Publish(Form with { })).Then();
        Scenario(Form)
            .When(form => form.Publish(Form with { Wording = Given.NewWords }))
            .Then(Form with { Wording = Given.NewWords });
    }

    [Test]
    public void A_wording_is_kept_once()
    {
        var published = new WordingPublished(Given.OldWords, "en", "Yes.");

        Wording.Initial.Publish(Given.OldWords, "en", "Yes.").ShouldBe([published]);
        Wording.Initial.Apply(published).Publish(Given.OldWords, "en", "Yes.").ShouldBeEmpty();
    }

    private static Scenario<SignUpForm, SignUpFormEvent> Scenario(params SignUpFormEvent[] happened) =>
        new(happened.Aggregate(SignUpForm.Initial, (form, one) => form.Apply(one)));
}
