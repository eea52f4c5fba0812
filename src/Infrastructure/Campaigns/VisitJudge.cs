namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>A mail whose person agrees to be counted, and the clicks in it that rules may look back at.</summary>
/// <param name="Room">How many more rows it gets.</param>
internal sealed record VisitedMail(DateTimeOffset? SentAt, int Room, IReadOnlyList<KeptClick> Clicks);

/// <summary>A click that is a row already.</summary>
/// <param name="IsMachine">It is known to be a machine's.</param>
internal sealed record KeptClick(int Row, Click Click, bool IsMachine);

/// <summary>What a batch of visits comes to.</summary>
/// <param name="New">Rows to be written.</param>
/// <param name="Machines">Rows that turn out to be a machine's, with the rule that says so.</param>
internal sealed record JudgedVisits(
    IReadOnlyList<(Visit Visit, VisitVerdict Verdict)> New,
    IReadOnlyList<(int Row, string Rule)> Machines
);

/// <summary>
/// Judges a batch: mail by mail, in the order of time. Who follows several links at once is only known at the last of
/// them, and those before it are judged anew then, also where they are written already.
/// </summary>
internal static class VisitJudge
{
    public static JudgedVisits Judge(
        IReadOnlyList<Visit> visits,
        IReadOnlyDictionary<int, VisitedMail> mails,
        MachineRules rules
    )
    {
        var judged = new List<(Visit, VisitVerdict)>();
        var machines = new Dictionary<int, string>();
        foreach (var ofMail in visits.GroupBy(visit => visit.EmailLog))
        {
            // Nobody asked this person, or they said no.
            if (mails.TryGetValue(ofMail.Key, out var mail))
                judged.AddRange(Judge([.. ofMail.OrderBy(visit => visit.At)], mail, rules, machines));
        }

        return new JudgedVisits(judged, [.. machines.Select(row => (row.Key, row.Value))]);
    }

    private static IEnumerable<(Visit, VisitVerdict)> Judge(
        Visit[] visits,
        VisitedMail mail,
        MachineRules rules,
        Dictionary<int, string> machines
    )
    {
        var clicks = mail.Clicks.Select(kept => kept.Click).ToList();
        var verdicts = new VisitVerdict[visits.Length];
        for (var index = 0; index < visits.Length; index++)
        {
            var visit = visits[index];
            if (visit.Link is { } link)
                clicks.Add(new Click(link, visit.At));

            verdicts[index] = rules.Judge(visit, mail.SentAt, clicks);
            if (verdicts[index].Rule is { Machine: true, DifferentLinks: not null } atOnce)
                JudgeAnew(index, atOnce);
        }

        // Loaded twice within a second is once; and nobody fills the table by loading one picture for ever.
        return visits
            .Zip(verdicts)
            .DistinctBy(one => (one.First.Kind, one.First.Link, one.Second.Rule, one.Second.Agent))
            .Take(mail.Room);

        void JudgeAnew(int last, MachineRule atOnce)
        {
            var at = visits[last].At;
            for (var index = 0; index < last; index++)
            {
                if (
                    visits[index].Link is { } link
                    && !verdicts[index].IsMachine
                    && atOnce.IsNear(new Click(link, visits[index].At), at)
                )
                    verdicts[index] = verdicts[index] with { IsMachine = true, Rule = atOnce };
            }

            foreach (var kept in mail.Clicks.Where(kept => !kept.IsMachine && atOnce.IsNear(kept.Click, at)))
                machines[kept.Row] = atOnce.Name;
        }
    }
}
