using static SchemaHub.Faults.Specs.SoundRound;

namespace SchemaHub.Faults.Specs;

/// <summary>The comparison of mails finds each kind of damage.</summary>
public sealed class MailsSpec
{
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
}
