using static SchemaHub.Faults.Specs.SoundRound;

namespace SchemaHub.Faults.Specs;

/// <summary>
/// The comparison of the fault driver finds each kind of damage: a sound round is changed in one place at a time.
/// </summary>
public sealed class ComparisonSpec
{
    [Test]
    public void A_sound_round_has_no_finding() => Comparison.Run(Acknowledged(), Sound()).ShouldBeEmpty();

    [Test]
    public void A_lost_contact_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Log = [.. observed.Log.Where(logged => logged.Stream != AnnsStream)],
                Contacts = [.. observed.Contacts.Where(row => row.Email != Ann)],
            },
            "contact ann@example.org: acknowledged were contact_added; in the log are none.",
            "contact ann@example.org is not on the published list."
        );
    }

    [Test]
    public void A_lost_event_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Log = [.. observed.Log.Where(logged => logged.Type != "consent_withdrawn")],
            },
            "contact ben@example.org: acknowledged were contact_added, consent_withdrawn; in the log are contact_added."
        );
    }

    [Test]
    public void A_change_that_was_made_twice_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Log = [.. observed.Log, new LogEntry(90, PartnersStream, 8, 2, "record_saved")],
            },
            "record Acme: acknowledged were record_saved; in the log are record_saved, record_saved."
        );
    }

    [Test]
    public void What_nobody_was_told_of_is_found()
    {
        var observed = Sound();
        var stranger = new LogEntry(91, Guid.Empty, 91, 1, "contact_added");
        Finds(
            observed with
            {
                Log = [.. observed.Log, stranger],
            },
            "Stream 00000000-0000-0000-0000-000000000000 (contact_added, position 91) was never acknowledged."
        );
    }

    [Test]
    public void What_was_there_before_the_load_is_none()
    {
        var observed = Sound();
        var first = new LogEntry(0, Guid.Empty, 0, 1, "api_key_created");
        Comparison.Run(Acknowledged(), observed with { Log = [first, .. observed.Log] }).ShouldBeEmpty();
    }

    [Test]
    public void An_event_at_another_position_than_acknowledged_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Log = [.. observed.Log.Select(logged => logged.Position == 7 ? logged with { Position = 9 } : logged)],
            },
            "contact ben@example.org: consent_withdrawn was acknowledged at 7 and is at 9.",
            "Position 8 is in the log twice, or out of order."
        );
    }

    [Test]
    public void A_withdrawn_contact_that_is_published_as_subscribed_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Contacts = [.. observed.Contacts.Select(row => row with { IsSubscribed = true })],
            },
            "contact ben@example.org is published as subscribed."
        );
    }

    [Test]
    public void A_record_with_an_old_value_is_found() =>
        Finds(
            Sound() with
            {
                Records = [(PartnersStream, "Old")],
            },
            "record Acme is published as 'Old'; acknowledged was 'Acme'."
        );

    [Test]
    public void A_revoked_key_that_opens_is_found()
    {
        var promises = Acknowledged();
        promises.Keys.Add(new PromisedKey("old") { Secret = "s1", IsRevoked = true });
        promises.Keys.Add(new PromisedKey("new") { Secret = "s2" });
        Comparison
            .Run(promises, Sound() with { Opening = new HashSet<string> { "s1" } })
            .ShouldBe(["key new does not open.", "key old was revoked and opens."], ignoreOrder: true);
    }

    [Test]
    public void An_end_of_consent_that_the_journal_lacks_is_found() =>
        Finds(Sound() with { Journal = [] }, $"The journal lacks consent_withdrawn of stream {BensStream}.");

    [Test]
    public void A_journal_that_is_out_of_step_is_found() =>
        Finds(Sound() with { JournalNumbers = (5, 4) }, "The journal ends at 5; the database knows 4.");
}
