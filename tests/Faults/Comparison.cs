using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>
/// Compares what was acknowledged with what is there: each finding is a sentence, and none is the right number.
/// </summary>
internal static class Comparison
{
    // Streams of these belong to the load alone: what was not acknowledged may not be there.
    private static readonly HashSet<string> LoadedKinds =
    [
        "contact_added",
        "campaign_drafted",
        "api_key_created",
        "invitation_sent",
        "record_saved",
    ];

    /// <summary>What the service adds to a campaign by itself, in this order.</summary>
    private static readonly string[] CampaignsOwn = ["campaign_recipients_frozen", "campaign_completed"];

    private static readonly string[] Safeguards = ["consent_withdrawn", "contact_suppressed", "contact_erased"];

    public static IReadOnlyList<string> Run(Promises promises, Observed observed) =>
        [
            .. promises.Surprises,
            .. promises
                .Failures.GroupBy(request => request)
                .Select(same => $"{same.Key} was answered with 500 {Text(same.Count())} times."),
            .. Log(promises, observed),
            .. Contacts(promises, observed),
            .. Records(promises, observed),
            .. Access(promises, observed),
            .. Journal(observed),
            .. Mails.Compare(promises, observed),
            .. observed.Findings,
        ];

    /// <summary>Every stream of the load has exactly the events that were acknowledged.</summary>
    private static IEnumerable<string> Log(Promises promises, Observed observed)
    {
        for (var i = 1; i < observed.Log.Count; i++)
        {
            if (observed.Log[i].Position <= observed.Log[i - 1].Position)
                yield return $"Position {Text(observed.Log[i].Position)} is in the log twice, or out of order.";
        }

        var byStream = observed.Log.GroupBy(logged => logged.Stream).ToDictionary(all => all.Key, all => all.ToList());
        var byNumber = observed
            .Log.Where(logged => logged.Version == 1)
            .ToDictionary(first => first.Number, first => first.Stream);
        var known = new HashSet<Guid>();
        foreach (var promised in promises.Streams.Where(promised => promised.Events.Count > 0))
        {
            var id = promised.Id ?? byNumber.GetValueOrDefault(promised.Number ?? 0);
            known.Add(id);
            var logged = byStream.GetValueOrDefault(id) ?? [];
            foreach (var finding in Stream(promised, logged))
                yield return finding;
        }

        foreach (var (stream, logged) in byStream)
        {
            var isOfLoad = logged[0].Position > observed.SetUpTo && LoadedKinds.Contains(logged[0].Type);
            if (isOfLoad && !known.Contains(stream))
                yield return $"Stream {stream} ({logged[0].Type}, position {Text(logged[0].Position)}) "
                    + "was never acknowledged.";
        }
    }

    private static IEnumerable<string> Stream(PromisedStream promised, List<LogEntry> logged)
    {
        for (var i = 0; i < logged.Count; i++)
        {
            if (logged[i].Version != i + 1)
                yield return $"{promised}: version {Text(logged[i].Version)} is in the place of {Text(i + 1)}.";
        }

        var expected = promised.Events.Select(happened => happened.Type).ToList();
        if (promised is PromisedCampaign)
            expected.AddRange(CampaignsOwn);

        var types = logged.Select(happened => happened.Type).ToList();
        if (!types.SequenceEqual(expected))
        {
            yield return $"{promised}: acknowledged were {Joined(expected)}; in the log are {Joined(types)}.";
            yield break;
        }

        foreach (var (happened, there) in promised.Events.Zip(logged))
        {
            if (happened.Position is { } position && position != there.Position)
                yield return $"{promised}: {happened.Type} was acknowledged at {Text(position)} "
                    + $"and is at {Text(there.Position)}.";
        }
    }

    private static IEnumerable<string> Contacts(Promises promises, Observed observed)
    {
        var rows = observed.Contacts.ToDictionary(row => row.Id);
        foreach (var contact in promises.Contacts.Where(contact => contact.Number is not null))
        {
            if (!rows.Remove(contact.Number!.Value, out var row))
            {
                yield return $"{contact} is not on the published list.";
                continue;
            }

            var email = contact.IsErased ? $"erased+{Text(contact.Number.Value)}@erased.invalid" : contact.Email;
            if (row.Email != email)
                yield return $"{contact} is published under another address.";

            if (row.IsSubscribed != contact.IsSubscribed)
                yield return $"{contact} is published as {(row.IsSubscribed ? "subscribed" : "not subscribed")}.";
        }

        foreach (var row in rows.Values)
            yield return $"Contact {Text(row.Id)} is published, and was never acknowledged.";
    }

    private static IEnumerable<string> Records(Promises promises, Observed observed)
    {
        var rows = observed.Records.ToDictionary(row => row.Id, row => row.Name);
        foreach (var record in promises.Records.Where(record => record.Id is not null))
        {
            if (!rows.Remove(record.Id!.Value, out var name))
                yield return $"{record} is not published.";
            else if (name != record.RowName)
                yield return $"{record} is published as '{name}'; acknowledged was '{record.RowName}'.";
        }

        foreach (var name in rows.Values)
            yield return $"Record '{name}' is published, and was never acknowledged.";
    }

    private static IEnumerable<string> Access(Promises promises, Observed observed)
    {
        foreach (var key in promises.Keys.Where(key => key.Secret.Length > 0))
        {
            if (observed.Opening.Contains(key.Secret) == key.IsRevoked)
                yield return key.IsRevoked ? $"{key} was revoked and opens." : $"{key} does not open.";
        }

        foreach (var session in promises.Sessions)
        {
            if (observed.Opening.Contains(session.Token) == session.IsEnded)
                yield return session.IsEnded ? $"{session} was ended and opens." : $"{session} does not open.";
        }
    }

    /// <summary>Every end of consent in the log is in the journal, and both have the same last number.</summary>
    private static IEnumerable<string> Journal(Observed observed)
    {
        if (observed.JournalNumbers.File != observed.JournalNumbers.Database)
            yield return $"The journal ends at {Text(observed.JournalNumbers.File)}; "
                + $"the database knows {Text(observed.JournalNumbers.Database)}.";

        var entries = observed.Journal.ToLookup(entry => entry);
        foreach (
            var happened in observed
                .Log.Where(logged => Safeguards.Contains(logged.Type))
                .GroupBy(logged => (logged.Stream, logged.Type))
        )
        {
            if (entries[happened.Key].Count() < happened.Count())
                yield return $"The journal lacks {happened.Key.Type} of stream {happened.Key.Stream}.";
        }
    }

    private static string Joined(IEnumerable<string> types) => string.Join(", ", types.DefaultIfEmpty("none"));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
