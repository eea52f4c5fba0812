using System.Text;
using System.Text.Json;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Who is taken for a machine, and why.</summary>
public sealed class MachineRulesSpec
{
    private const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private const string IPhone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";

    private static readonly DateTimeOffset Sent = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = Sent.AddHours(1);

    [TestCase(Firefox, false, null, "desktop")]
    [TestCase(IPhone, false, null, "mobile")]
    [TestCase("Thunderbird", false, null, "other")]
    [TestCase("Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 21) Chrome/120 Mobile", false, null, "mobile")]
    [TestCase("Mozilla/5.0", true, "apple_mail_privacy_protection", "apple_proxy")]
    [TestCase(
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        false,
        "google_image_proxy",
        "google_proxy"
    )]
    [TestCase(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
            + "Safari/537.36 Edge/12.246 Mozilla/5.0",
        true,
        "google_prefetch",
        "google_proxy"
    )]
    [TestCase(
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        false,
        "yahoo_mail_proxy",
        "yahoo_proxy"
    )]
    [TestCase("Microsoft Office/16.0 (Microsoft Outlook 16.0; Pro)", false, "outlook", "outlook")]
    [TestCase("Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", true, "security_scanner", "scanner")]
    [TestCase("Mozilla/5.0 (Windows NT 6.1) Chrome/103 Safari/537.36 BingPreview/1.0b", true, "preview", "preview")]
    [TestCase("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true, "bot", "tool")]
    [TestCase("curl/8.5.0", true, "bot", "tool")]
    [TestCase("", true, "no_agent", "unnamed")]
    public void An_opening_is_judged_by_who_opens(string agent, bool isMachine, string? rule, string kept) =>
        Judge(Opened(agent, Later)).ShouldBe((isMachine, rule, kept));

    [TestCase("Mozilla/5.0", false, null)]
    [TestCase("Microsoft Office/16.0 (Microsoft Outlook 16.0; Pro)", false, null)]
    [TestCase("python-requests/2.32", true, "bot")]
    [TestCase("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", true, "preview")]
    public void A_click_is_not_judged_by_what_only_loads_pictures(string agent, bool isMachine, string? rule)
    {
        var (machine, name, _) = Judge(Clicked(agent, "https://a.example/", Later));

        (machine, name).ShouldBe((isMachine, rule));
    }

    [TestCase(0, true)]
    [TestCase(2, true)]
    [TestCase(3, false)]
    public void Nobody_opens_within_two_seconds(int seconds, bool isMachine) =>
        Judge(Opened(Firefox, Sent.AddSeconds(seconds)))
            .ShouldBe((isMachine, isMachine ? "opened_at_once" : null, "desktop"));

    [TestCase(10, true)]
    [TestCase(11, false)]
    public void Nobody_clicks_within_ten_seconds(int seconds, bool isMachine) =>
        Judge(Clicked(Firefox, "https://a.example/", Sent.AddSeconds(seconds)))
            .ShouldBe((isMachine, isMachine ? "clicked_at_once" : null, "desktop"));

    [Test]
    public void Where_it_is_not_known_when_a_mail_left_its_time_says_nothing() =>
        MachineRules.Default.Judge(Opened(Firefox, Sent), sentAt: null, []).IsMachine.ShouldBeFalse();

    [Test]
    public void A_look_without_the_thing_itself_is_a_machines() =>
        Judge(Opened(Firefox, Later) with { IsHead = true }).ShouldBe((true, "head_request", "scanner"));

    [Test]
    public void What_nobody_asked_for_yet_is_a_machines() =>
        Judge(Opened(Firefox, Later) with { IsPrefetch = true }).ShouldBe((true, "prefetch", "prefetch"));

    [Test]
    public void Who_follows_three_links_within_seconds_is_a_machine_from_the_first_one_on()
    {
        var visits = new[]
        {
            Clicked(Firefox, "https://a.example/1", Later),
            Clicked(Firefox, "https://a.example/2", Later.AddSeconds(2)),
            Clicked(Firefox, "https://a.example/3", Later.AddSeconds(5)),
            Clicked(Firefox, "https://a.example/4", Later.AddMinutes(5)),
        };

        var judged = VisitJudge.Judge(visits, Mail(), MachineRules.Default);

        judged
            .New.Select(one => one.Verdict.Rule?.Name)
            .ShouldBe(["many_links_at_once", "many_links_at_once", "many_links_at_once", null]);
    }

    [Test]
    public void Clicks_that_were_kept_as_a_persons_are_judged_anew()
    {
        KeptClick[] kept =
        [
            new(11, new Click("https://a.example/0", Later.AddSeconds(-60)), IsMachine: false),
            new(12, new Click("https://a.example/1", Later.AddSeconds(-4)), IsMachine: false),
            new(13, new Click("https://a.example/2", Later.AddSeconds(-3)), IsMachine: true),
        ];

        var judged = VisitJudge.Judge(
            [Clicked(Firefox, "https://a.example/3", Later)],
            Mail(clicks: kept),
            MachineRules.Default
        );

        judged.New.ShouldHaveSingleItem().Verdict.IsMachine.ShouldBeTrue();
        judged.Machines.ShouldBe([(12, "many_links_at_once")]);
    }

    [Test]
    public void The_same_link_three_times_is_an_impatient_person()
    {
        var visits = Enumerable
            .Range(0, 3)
            .Select(second => Clicked(Firefox, "https://a.example/1", Later.AddSeconds(second)))
            .ToList();

        VisitJudge.Judge(visits, Mail(), MachineRules.Default).New.ShouldHaveSingleItem().Verdict.Rule.ShouldBeNull();
    }

    [Test]
    public void Who_did_not_agree_is_not_kept_and_one_mail_fills_no_table()
    {
        var visits = Enumerable
            .Range(0, 50)
            .Select(number => Clicked(Firefox, $"https://a.example/{number}", Later.AddMinutes(number)))
            .ToList();

        VisitJudge.Judge(visits, Mail(room: 7), MachineRules.Default).New.Count.ShouldBe(7);
        VisitJudge
            .Judge(visits, new Dictionary<int, VisitedMail>(), MachineRules.Default)
            .ShouldSatisfyAllConditions(
                judged => judged.New.ShouldBeEmpty(),
                judged => judged.Machines.ShouldBeEmpty()
            );
    }

    [Test]
    public void Every_rule_says_why_and_who_says_so()
    {
        var rules = MachineRules.Default.All;

        rules.Select(rule => rule.Name).ShouldBeUnique();
        rules.ShouldAllBe(rule => rule.Reason.Length > 20 && rule.Source.Length > 5 && rule.HasCondition);
        rules.SelectMany(rule => rule.On).Distinct().ShouldBe(["opened", "clicked"], ignoreOrder: true);
    }

    [TestCase(
        """{"note":"","rules":[{"name":"all","on":["opened"],"machine":true,"agent":null,"reason":"","source":""}]}"""
    )]
    [TestCase("""{"note":"","rules":[{"name":"x","on":["opened"],"agentlike":"a"}]}""")]
    [TestCase("""{"note":"","rules":null}""")]
    [TestCase("""{"rules":[""")]
    public void Rules_that_cannot_be_meant_are_refused(string json) =>
        Should.Throw<JsonException>(() => MachineRules.Parse(new MemoryStream(Encoding.UTF8.GetBytes(json))));

    private static (bool, string?, string) Judge(Visit visit)
    {
        var clicks = visit.Link is { } link ? new[] { new Click(link, visit.At) } : [];
        var verdict = MachineRules.Default.Judge(visit, Sent, clicks);
        return (verdict.IsMachine, verdict.Rule?.Name, verdict.Agent);
    }

    private static Visit Opened(string agent, DateTimeOffset at) =>
        new(7, VisitKind.Opened, Link: null, at, IsHead: false, agent, IsPrefetch: false);

    private static Visit Clicked(string agent, string link, DateTimeOffset at) =>
        new(7, VisitKind.Clicked, link, at, IsHead: false, agent, IsPrefetch: false);

    private static Dictionary<int, VisitedMail> Mail(int room = 100, params KeptClick[] clicks) =>
        new() { [7] = new VisitedMail(Sent, room, clicks) };
}
