namespace SchemaHub.Faults.Specs;

/// <summary>
/// The comparison of the fault driver finds each kind of damage: a sound round is changed in one place at a time.
/// </summary>
public sealed class ComparisonSpec
{
    private const string Ann = "ann@example.org";
    private const string Ben = "ben@example.org";

    private static readonly Guid s_annsStream = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid s_bensStream = new("00000000-0000-0000-0000-000000000002");
    private static readonly Guid s_campaignsStream = new("00000000-0000-0000-0000-000000000003");
    private static readonly Guid s_partnersStream = new("00000000-0000-0000-0000-000000000004");

    [Test]
    public void A_sound_round_has_no_finding() => Comparison.Run(Acknowledged(), Sound()).ShouldBeEmpty();

    [Test]
    public void A_lost_contact_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Log = [.. observed.Log.Where(logged => logged.Stream != s_annsStream)],
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
                Log = [.. observed.Log, new LoggedEvent(90, s_partnersStream, 8, 2, "record_saved")],
            },
            "record Acme: acknowledged were record_saved; in the log are record_saved, record_saved."
        );
    }

    [Test]
    public void What_nobody_was_told_of_is_found()
    {
        var observed = Sound();
        var stranger = new LoggedEvent(91, Guid.Empty, 91, 1, "contact_added");
        Finds(
            observed with
            {
                Log = [.. observed.Log, stranger],
            },
            "Stream 00000000-0000-0000-0000-000000000000 (contact_added, position 91) was never acknowledged."
        );
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
                Records = [(s_partnersStream, "Old")],
            },
            "record Acme is published as 'Old'; acknowledged was 'Acme'."
        );

    [Test]
    public void A_doubled_mail_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Mails = [.. observed.Mails, new TakenMail(3, Ann, "1@x", "News")],
            },
            "Mail 1 of campaign 3 to contact ann@example.org is marked as sent, was taken 2 times, and is not in doubt."
        );
    }

    [Test]
    public void A_doubled_mail_in_doubt_is_none()
    {
        var observed = Sound();
        var doubted = observed with
        {
            Ledger = [.. observed.Ledger.Select(row => row with { IsInDoubt = true })],
            Mails = [.. observed.Mails, new TakenMail(3, Ann, "1@x", "News")],
        };
        Comparison.Run(Acknowledged(), doubted).ShouldBeEmpty();
    }

    [Test]
    public void A_mail_under_another_Message_ID_is_found_although_it_is_in_doubt()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Ledger = [.. observed.Ledger.Select(row => row with { IsInDoubt = true })],
                Mails = [.. observed.Mails, new TakenMail(3, Ann, "2@x", "News")],
            },
            "Mail 1 of campaign 3 to contact ann@example.org was sent under several Message-IDs."
        );
    }

    [Test]
    public void A_mail_marked_as_sent_that_was_never_taken_is_found() =>
        Finds(
            Sound() with
            {
                Mails = [new TakenMail(2, Ben, "2@x", "News")],
            },
            "Mail 1 of campaign 3 to contact ann@example.org is marked as sent, and the mail server never took it."
        );

    [Test]
    public void A_skipped_recipient_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Ledger = [.. observed.Ledger.Where(row => row.Id != 1)],
                Mails = [.. observed.Mails.Where(mail => mail.To != Ann)],
                Campaigns = [new ListedCampaign(3, "sent", 1, 1)],
            },
            "campaign News has no mail for contact ann@example.org, who agreed."
        );
    }

    [Test]
    public void A_mail_after_the_withdrawal_is_found()
    {
        var promises = Acknowledged(new ConsentEnd(1, new HashSet<int>()));
        Comparison
            .Run(promises, Sound())
            .ShouldBe([
                "Mail 2 of campaign 3 to contact ben@example.org was taken after the end of the consent was "
                    + "acknowledged.",
            ]);
    }

    [Test]
    public void A_mail_that_was_in_flight_at_the_withdrawal_is_none() =>
        Comparison.Run(Acknowledged(new ConsentEnd(1, new HashSet<int> { 2 })), Sound()).ShouldBeEmpty();

    [Test]
    public void A_mail_without_a_row_in_the_ledger_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Ledger = [.. observed.Ledger.Where(row => row.Id != 2)],
                Campaigns = [new ListedCampaign(3, "sent", 1, 1)],
            },
            "A mail to ben@example.org is in no ledger.",
            "campaign News has no mail for contact ben@example.org, who agreed."
        );
    }

    [Test]
    public void A_mail_without_an_outcome_is_found()
    {
        var observed = Sound();
        Finds(
            observed with
            {
                Ledger = [.. observed.Ledger.Select(row => row.Id == 2 ? row with { Status = "queued" } : row)],
                Mails = [.. observed.Mails.Where(mail => mail.To != Ben)],
                Campaigns = [new ListedCampaign(3, "sent", 2, 1)],
            },
            "Mail 2 of campaign 3 to contact ben@example.org has no outcome: queued.",
            "campaign News: the mail to contact ben@example.org, who agreed, is marked as queued."
        );
    }

    [Test]
    public void A_campaign_with_wrong_totals_is_found() =>
        Finds(
            Sound() with
            {
                Campaigns = [new ListedCampaign(3, "sent", 2, 1)],
            },
            "campaign News is published with 1 mails sent; the ledger has 2."
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
        Finds(Sound() with { Journal = [] }, $"The journal lacks consent_withdrawn of stream {s_bensStream}.");

    [Test]
    public void A_journal_that_is_out_of_step_is_found() =>
        Finds(Sound() with { JournalNumbers = (5, 4) }, "The journal ends at 5; the database knows 4.");

    private static void Finds(Observed observed, params string[] findings) =>
        Comparison.Run(Acknowledged(), observed).ShouldBe(findings, ignoreOrder: true);

    /// <summary>Ann and Ben got a campaign; Ben withdrew after it.</summary>
    private static Promises Acknowledged(ConsentEnd? end = null)
    {
        var promises = new Promises();
        var ann = new PromisedContact(Ann, cohort: null) { Number = 1, IsSubscribed = true };
        ann.Promise("contact_added", 1);
        var ben = new PromisedContact(Ben, cohort: null)
        {
            Number = 2,
            HasWithdrawn = true,
            EndAskedAt = TimeSpan.FromSeconds(9),
            End = end ?? new ConsentEnd(2, new HashSet<int>()),
        };
        ben.Promise("contact_added", 2);
        ben.Promise("consent_withdrawn", 7);
        var campaign = new PromisedCampaign("News")
        {
            Number = 3,
            Audience = [ann, ben],
            OverAt = TimeSpan.FromSeconds(8),
        };
        campaign.Promise("campaign_drafted", 3);
        campaign.Promise("campaign_started", 4);
        var partner = new PromisedRecord("Acme") { Id = s_partnersStream };
        partner.Promise("record_saved", 8);
        promises.Contacts.Add(ann);
        promises.Contacts.Add(ben);
        promises.Campaigns.Add(campaign);
        promises.Records.Add(partner);
        return promises;
    }

    private static Observed Sound() =>
        new()
        {
            Log =
            [
                new LoggedEvent(1, s_annsStream, 1, 1, "contact_added"),
                new LoggedEvent(2, s_bensStream, 2, 1, "contact_added"),
                new LoggedEvent(3, s_campaignsStream, 3, 1, "campaign_drafted"),
                new LoggedEvent(4, s_campaignsStream, 3, 2, "campaign_started"),
                new LoggedEvent(5, s_campaignsStream, 3, 3, "campaign_recipients_frozen"),
                new LoggedEvent(6, s_campaignsStream, 3, 4, "campaign_completed"),
                new LoggedEvent(7, s_bensStream, 2, 2, "consent_withdrawn"),
                new LoggedEvent(8, s_partnersStream, 8, 1, "record_saved"),
            ],
            Contacts = [new ListedContact(1, Ann, IsSubscribed: true), new ListedContact(2, Ben, IsSubscribed: false)],
            Campaigns = [new ListedCampaign(3, "sent", 2, 2)],
            Ledger =
            [
                new LedgerRow(1, 3, 1, "sent", IsInDoubt: false),
                new LedgerRow(2, 3, 2, "sent", IsInDoubt: false),
            ],
            Mails = [new TakenMail(1, Ann, "1@x", "News"), new TakenMail(2, Ben, "2@x", "News")],
            Records = [(s_partnersStream, "Acme")],
            Journal = [(s_bensStream, "consent_withdrawn")],
            JournalNumbers = (4, 4),
        };
}
