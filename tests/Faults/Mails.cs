using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>Compares the mail server with the send ledger and with the ends of consents.</summary>
internal static class Mails
{
    private const string Sent = "sent";
    private static readonly string[] Outcomes = [Sent, "failed", "withheld", "cancelled"];

    public static IEnumerable<string> Compare(Promises promises, Observed observed)
    {
        var contacts = promises.Contacts.Where(contact => contact.Number is not null).ToList();
        var byEmail = contacts.ToDictionary(contact => contact.Email, StringComparer.OrdinalIgnoreCase);
        var byNumber = contacts.ToDictionary(contact => contact.Number!.Value);
        var bySubject = promises.Campaigns.ToDictionary(campaign => campaign.Subject);
        var taken = observed
            .Mails.Where(mail => bySubject.ContainsKey(mail.Subject) && byEmail.ContainsKey(mail.To))
            .ToLookup(mail => (bySubject[mail.Subject].Number ?? 0, byEmail[mail.To].Number!.Value));
        var ledger = observed.Ledger.ToLookup(row => (row.Campaign, row.Contact));
        return
        [
            .. taken
                .Where(mails => !ledger.Contains(mails.Key))
                .Select(mails => $"A mail to {mails.First().To} is in no ledger."),
            .. ledger.SelectMany(rows =>
                Rows([.. rows], [.. taken[rows.Key]], byNumber.GetValueOrDefault(rows.Key.Contact))
            ),
            .. promises.Campaigns.SelectMany(campaign => Audience(campaign, ledger)),
            .. promises.Campaigns.SelectMany(campaign => Totals(campaign, observed)),
        ];
    }

    /// <summary>A recipient has one mail, or is marked: in doubt, or without a mail for a reason.</summary>
    private static IEnumerable<string> Rows(
        IReadOnlyList<LedgerRow> rows,
        IReadOnlyList<TakenMail> mails,
        PromisedContact? contact
    )
    {
        var row = rows[0];
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"Mail {row.Id} of campaign {row.Campaign} to {contact}"
        );
        if (rows.Count > 1)
            yield return $"{name} is in the ledger {rows.Count} times.";

        if (!Outcomes.Contains(row.Status))
            yield return $"{name} has no outcome: {row.Status}.";

        if (mails.Select(mail => mail.MessageId).Distinct().Count() > 1)
            yield return $"{name} was sent under several Message-IDs.";

        if (row.Status == Sent && mails.Count == 0)
            yield return $"{name} is marked as sent, and the mail server never took it.";

        var most = row.Status == Sent ? 1 : 0;
        if (mails.Count > most && !row.IsInDoubt)
            yield return $"{name} is marked as {row.Status}, was taken {mails.Count} times, and is not in doubt.";

        if (contact?.End is not { } end || end.InFlight.Contains(row.Id))
            yield break;

        foreach (var late in mails.Where(mail => mail.Ordinal > end.Ordinal))
            yield return $"{name} was taken after the end of the consent was acknowledged.";
    }

    /// <summary>Whoever agreed before the start, and until the campaign was over, got the mail.</summary>
    private static IEnumerable<string> Audience(
        PromisedCampaign campaign,
        ILookup<(long Campaign, long Contact), LedgerRow> ledger
    )
    {
        if (campaign.Number is null || campaign.OverAt is not { } over)
            yield break;

        foreach (var contact in campaign.Audience.Where(contact => !(contact.EndAskedAt <= over)))
        {
            var row = ledger[(campaign.Number.Value, contact.Number!.Value)].FirstOrDefault();
            if (row is null)
                yield return $"{campaign} has no mail for {contact}, who agreed.";
            else if (row.Status != Sent && !row.IsInDoubt)
                yield return $"{campaign}: the mail to {contact}, who agreed, is marked as {row.Status}.";
        }
    }

    private static IEnumerable<string> Totals(PromisedCampaign campaign, Observed observed)
    {
        if (campaign.Number is not { } number)
            yield break;

        var row = observed.Campaigns.FirstOrDefault(listed => listed.Id == number);
        if (row?.Status != Sent)
        {
            yield return $"{campaign} is not over: {row?.Status ?? "not published"}.";
            yield break;
        }

        var mails = observed.Ledger.Where(mail => mail.Campaign == number).ToList();
        if (row.Recipients != mails.Count)
            yield return $"{campaign} is published with {row.Recipients} recipients; the ledger has {mails.Count}.";

        var sent = mails.Count(mail => mail.Status == Sent);
        if (row.Sent != sent)
            yield return $"{campaign} is published with {row.Sent} mails sent; the ledger has {sent}.";
    }
}
