using System.Globalization;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// What real servers answer, in <c>server-replies.tsv</c>, each with its verdict: <c>hard</c> bars the recipient,
/// <c>soft</c> does not, <c>sender</c> is a soft one about us.
/// </summary>
public sealed class ServerRepliesSpec
{
    private static readonly string File = Path.Combine(AppContext.BaseDirectory, "Campaigns", "server-replies.tsv");

    [TestCaseSource(nameof(Replies))]
    public void A_reply_is_judged(string server, string status, string reply, string verdict)
    {
        var said = reply == "-" ? null : $"smtp; {reply}";
        var rule = BounceRules.Default.Find(BounceRules.StatusOf(status, said), said).ShouldNotBeNull();

        var judged =
            rule.IsHard ? "hard"
            : rule.IsAboutSender ? "sender"
            : "soft";
        judged.ShouldBe(verdict, $"{server}: {reply} ({rule.Name})");
    }

    [TestCaseSource(nameof(Replies))]
    public void A_reply_in_the_session_bars_nobody_whom_the_same_in_a_bounce_would_not(
        string server,
        string status,
        string reply,
        string verdict
    )
    {
        // Some rows have what only a report has: a status, or words without a code.
        if (
            !int.TryParse(reply.AsSpan(0, Math.Min(3, reply.Length)), CultureInfo.InvariantCulture, out var code)
            || code is < 400 or > 599
        )
            return;

        // By its own words: of the session there is no report.
        var said = BounceRules.Default.Judge(status: null, reply).ShouldNotBeNull();
        var outcome = SmtpVerdict.Of(new SmtpReply(code, reply[3..].TrimStart(' ', '-')));
        var isBarred = outcome is HandOver.Refused { NoSuchMailbox: true };

        isBarred.ShouldBe(said.ProvesNoMailbox, $"{server}: {reply}");
        if (verdict != "hard")
            isBarred.ShouldBeFalse($"{server} ({status}): {reply}");

        if (code < 500)
            outcome.ShouldBeOfType<HandOver.NotNow>();
    }

    [Test]
    public void There_are_many_of_them()
    {
        var replies = Replies().Select(row => row.Arguments).ToList();
        replies.Count.ShouldBeGreaterThanOrEqualTo(150);
        replies.Select(row => row[0]).Distinct().Count().ShouldBeGreaterThanOrEqualTo(20);
        BounceRules
            .Default.All.Where(rule => rule.Says is not null)
            .Where(rule => !replies.Any(row => RuleOf(row)?.Name == rule.Name))
            .Select(rule => rule.Name)
            .ShouldBeEmpty("a rule about words has a reply that it is for");
    }

    private static BounceRule? RuleOf(object?[] row) =>
        BounceRules.Default.Find(BounceRules.StatusOf((string)row[1]!, (string)row[2]!), (string)row[2]!);

    private static IEnumerable<TestCaseData> Replies() =>
        System
            .IO.File.ReadLines(File)
            .Skip(1)
            .Select((line, i) => new TestCaseData(line.Split('\t')).SetName($"Reply {i + 2}: {line.Split('\t')[2]}"));
}
