using System.Security.Cryptography;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>What a look at a domain's DNS says, in a DNS of our own.</summary>
[TestFixture]
public sealed class MailDomainCheckSpec
{
    private const string Domain = "list.example";
    private const string KeyName = $"s1._domainkey.{Domain}";

    private static readonly string Key = NewKey(2048);

    private DnsServer _dns = null!;

    [SetUp]
    public void Start()
    {
        _dns = new DnsServer();
        _dns.Publish(Domain, "google-site-verification=1", "v=spf1 include:_spf.provider.example ~all");
        _dns.Publish("_spf.provider.example", "v=spf1 ip4:192.0.2.0/24 -all");
        _dns.Publish(KeyName, $"v=DKIM1; k=rsa; p={Key}");
        _dns.Publish($"_dmarc.{Domain}", "v=DMARC1; p=reject; rua=mailto:dmarc@list.example");
        _dns.PublishMailServers(Domain, "mail.list.example");
    }

    [TearDown]
    public ValueTask End() => _dns.DisposeAsync();

    [Test]
    public async Task A_domain_with_everything_is_ready()
    {
        var report = await Look();
        report.IsReady.ShouldBeTrue();
        report.Findings.ShouldAllBe(finding => finding.Level == MailFindingLevel.Good);
        report.Findings.Select(finding => finding.Part).ShouldBe(["spf", "dkim", "dmarc", "mx"]);
    }

    [Test]
    public async Task A_domain_with_nothing_is_told_what_to_publish()
    {
        var report = await Check("empty.example", new SoughtKey("empty.example", "s1", Key));
        report.IsReady.ShouldBeFalse();
        report
            .Findings.Where(finding => finding.Publish is not null)
            .Select(finding => finding.Publish!.Name)
            .ShouldBe(["empty.example", "s1._domainkey.empty.example", "_dmarc.empty.example"]);
        report.Findings.Single(finding => finding.Part == "dkim").Publish!.Value.ShouldContain(Key);
    }

    [TestCase("v=spf1 +all", "worse than none")]
    [TestCase("v=spf10 -all", "no SPF record")]
    public async Task An_SPF_record_that_does_not_protect_is_missing(string record, string why)
    {
        _dns.Publish(Domain, record);
        await Misses("spf", why);
    }

    [Test]
    public async Task Two_SPF_records_are_none()
    {
        _dns.Publish(Domain, "v=spf1 -all", "v=spf1 ~all");
        await Misses("spf", "2 SPF records");
    }

    [Test]
    public async Task An_SPF_record_of_too_many_look_ups_is_missing()
    {
        _dns.Publish(Domain, "v=spf1 include:loop.example -all");
        _dns.Publish("loop.example", "v=spf1 a mx include:loop.example -all");
        await Misses("spf", "more than 10");
    }

    [TestCase("v=DKIM1; p=", "revoked")]
    [TestCase("v=DKIM1; p=AAAA", "another one")]
    [TestCase("hello", "no DKIM key")]
    public async Task A_key_that_is_not_ours_is_missing(string record, string why)
    {
        _dns.Publish(KeyName, record);
        await Misses("dkim", why);
    }

    [Test]
    public async Task Any_key_will_do_where_only_its_selector_is_known_but_not_a_weak_one()
    {
        _dns.Publish(KeyName, $"v=DKIM1; p={NewKey(1024)}");
        var weak = (await Check(Domain, new SoughtKey(Domain, "s1"))).Findings.Single(one => one.Part == "dkim");
        weak.Level.ShouldBe(MailFindingLevel.Advice);
        _dns.Publish(KeyName, $"v=DKIM1; p={NewKey(512)}");
        (await Check(Domain, new SoughtKey(Domain, "s1"))).IsReady.ShouldBeFalse();
        _dns.Publish(KeyName, "v=DKIM1; p=AAAA");
        (await Check(Domain, new SoughtKey(Domain, "s1"))).IsReady.ShouldBeFalse();
    }

    [Test]
    public async Task Without_a_selector_nothing_can_be_said_of_DKIM()
    {
        var report = await Check(Domain);
        report.IsReady.ShouldBeFalse();
        report.Findings.Single(one => one.Part == "dkim").Text.ShouldContain("selector");
    }

    [Test]
    public async Task A_domain_has_the_DMARC_record_of_the_domain_above_it()
    {
        _dns.Publish($"_dmarc.{Domain}", "v=DMARC1; p=reject; sp=none");
        _dns.Publish($"news.{Domain}", "v=spf1 ~all");
        var report = await Check($"news.{Domain}", new SoughtKey(Domain, "s1", Key));
        report.IsReady.ShouldBeTrue();
        report.Findings.Single(one => one.Part == "dmarc").Level.ShouldBe(MailFindingLevel.Advice);
    }

    [TestCase("v=DMARC1", "no valid policy")]
    [TestCase("v=DMARC1; p=maybe", "no valid policy")]
    [TestCase("p=none", "no DMARC record")]
    public async Task A_DMARC_record_that_says_nothing_is_missing(string record, string why)
    {
        _dns.Publish($"_dmarc.{Domain}", record);
        await Misses("dmarc", why);
    }

    [Test]
    public async Task A_key_of_the_domain_above_is_not_enough_where_DMARC_is_strict()
    {
        _dns.Publish($"_dmarc.{Domain}", "v=DMARC1; p=reject; adkim=s");
        _dns.Publish($"news.{Domain}", "v=spf1 ~all");
        var report = await Check($"news.{Domain}", new SoughtKey(Domain, "s1", Key));
        report.IsReady.ShouldBeFalse();
        report.Findings.Single(one => one.Part == "alignment").Text.ShouldContain("adkim=s");
    }

    [Test]
    public async Task A_domain_that_takes_no_mail_gets_advice()
    {
        _dns.PublishMailServers(Domain, ".");
        var report = await Look();
        report.IsReady.ShouldBeTrue();
        report.Findings.Single(one => one.Part == "mx").Level.ShouldBe(MailFindingLevel.Advice);
    }

    private async Task Misses(string part, string why)
    {
        var report = await Look();
        report.IsReady.ShouldBeFalse();
        var finding = report.Findings.Single(one => one.Part == part);
        finding.Level.ShouldBe(MailFindingLevel.Missing);
        finding.Text.ShouldContain(why);
    }

    private Task<MailDomainReport> Look() => Check(Domain, new SoughtKey(Domain, "s1", Key));

    private Task<MailDomainReport> Check(string domain, params SoughtKey[] keys) =>
        new MailDomainCheck(new DnsLookup(_dns.Address)).Look(domain, keys, CancellationToken.None);

    private static string NewKey(int bits)
    {
        using var rsa = RSA.Create(bits);
        return Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo());
    }
}
