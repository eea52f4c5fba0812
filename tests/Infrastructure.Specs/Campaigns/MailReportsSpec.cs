using System.Globalization;
using System.Text;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Bounces and feedback reports as mail servers write them, and as they break.</summary>
public sealed class MailReportsSpec
{
    private const string ReturnPath = "returnpath2345abcdefghij";
    private const string MessageId = "messageid2345abcdefghijk";

    private static readonly string Samples = Path.Combine(
        TestContext.CurrentContext.TestDirectory,
        "Campaigns",
        "Reports"
    );

    private readonly MailReports _reports = new();

    [TestCase("postfix-user-unknown", Delivery.HardBounce, "5.1.1", "550 5.1.1 <ann@example.com>: Recipient address")]
    [TestCase("exim-unknown", Delivery.HardBounce, "5.1.1", "550 5.1.1 <ann@example.com>: No such person")]
    [TestCase("exim-full", Delivery.SoftBounce, "5.0.0", "mailbox is full")]
    [TestCase("exchange-not-found", Delivery.HardBounce, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound;")]
    [TestCase("exchange-edge-refused", Delivery.HardBounce, "5.4.1", "550 5.4.1 Recipient address rejected: Access")]
    [TestCase("gmail-no-account", Delivery.HardBounce, "5.1.1", "550-5.1.1 The email account that you tried")]
    [TestCase("gmail-over-quota", Delivery.SoftBounce, "5.2.2", "552-5.2.2 The recipient's inbox is out of storage")]
    [TestCase("opensmtpd-unknown", Delivery.HardBounce, "5.1.1", null)]
    [TestCase("postfix-delayed", null, null, null)]
    [TestCase("postfix-expired", Delivery.SoftBounce, "4.4.1", "connect to mx.example.com[192.0.2.25]:25")]
    [TestCase("outlook-blocked", Delivery.SoftBounce, "5.7.1", "550 5.7.1 Unfortunately")]
    [TestCase("forwarder-one-of-two", Delivery.SoftBounce, "5.1.1", "550 5.1.1 no such user")]
    [TestCase("smtputf8-global", Delivery.HardBounce, "5.1.1", "550 5.1.1 User unknown")]
    [TestCase("arf-abuse", Delivery.Complained, null, "feedback: abuse")]
    [TestCase("arf-not-spam", null, null, "feedback: not-spam")]
    [TestCase("qmail-unknown", Delivery.HardBounce, "5.1.1", "550 5.1.1 User unknown")]
    [TestCase("exim-prose", Delivery.HardBounce, "5.1.1", "550 5.1.1 <ann@example.com>: User unknown")]
    [TestCase("exchange-prose", Delivery.HardBounce, "5.1.1", "Your message did not reach")]
    [TestCase("jmrp", Delivery.Complained, null, "feedback: abuse")]
    public void A_report_says_what_became_of_a_mail(string name, Delivery? delivery, string? status, string? diagnostic)
    {
        var report = Read(Sample(name)).ShouldNotBeNull();

        report.Delivery.ShouldBe(delivery);
        report.Status.ShouldBe(status);
        if (diagnostic is null)
            report.Diagnostic.ShouldBeNull();
        else
            report.Diagnostic.ShouldNotBeNull().ShouldStartWith(diagnostic);

        var sample = Sample(name);
        report.ReturnPaths.Any(path => path.Contains(ReturnPath)).ShouldBe(sample.Contains(ReturnPath));
        report.MessageIds.Any(id => id.Contains(MessageId)).ShouldBe(sample.Contains($"\nMessage-ID: <{MessageId}"));
    }

    [TestCase("absence-note")]
    [TestCase("forwarded-bounce")]
    public void What_is_no_report_is_none(string name) => Read(Sample(name)).ShouldBeNull();

    [Test]
    public void Every_sample_reads_the_same_with_either_line_break_and_behind_an_mbox_line(
        [ValueSource(nameof(Names))] string name
    )
    {
        var sample = Sample(name);
        var (one, other) = (Read(sample), Read(sample.Replace("\n", "\r\n", StringComparison.Ordinal)));
        var behind = Read($"From MAILER-DAEMON Mon Mar  2 09:15:02 2026\n{sample}");

        (other?.Delivery, other?.Status, other?.Diagnostic, other?.Id).ShouldBe(
            (one?.Delivery, one?.Status, one?.Diagnostic, one?.Id)
        );
        behind?.Id.ShouldBe(one?.Id);
    }

    [Test]
    public void A_report_that_is_cut_anywhere_is_read_as_far_as_it_goes([ValueSource(nameof(Names))] string name)
    {
        var sample = Sample(name);
        var whole = Read(sample)?.Delivery;
        for (var length = 0; length <= sample.Length; length += 7)
        {
            var cut = Read(sample[..length])?.Delivery;
            // A part of a report never says more than that a mail came back, or was complained of.
            if (cut == Delivery.Complained)
                whole.ShouldBe(Delivery.Complained);
        }
    }

    [Test]
    public void Cut_within_the_report_it_still_counts()
    {
        var sample = Sample("postfix-user-unknown");
        var end = sample.IndexOf("User unknown in virtual mailbox table\n\n--", StringComparison.Ordinal);

        Read(sample[..end]).ShouldNotBeNull().Delivery.ShouldBe(Delivery.HardBounce);
    }

    [Test]
    public void The_same_report_has_the_same_name_and_another_one_another()
    {
        var sample = Sample("gmail-over-quota");
        var unnamed = sample.Replace("Message-ID: <65e2f1ab", "X-Nothing: <65e2f1ab", StringComparison.Ordinal);

        Read(sample)!.Id.ShouldBe(Read(sample)!.Id);
        Read(unnamed)!.Id.ShouldBe(Read($"Received: by elsewhere\n{unnamed}")!.Id);
        Read(unnamed)!.Id.ShouldNotBe(Read(unnamed.Replace("5.2.2", "5.2.3", StringComparison.Ordinal))!.Id);
        Read(sample)!.Id.ShouldNotBe(Read(Sample("gmail-no-account"))!.Id);
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("\n\n\n")]
    [TestCase(":\n: \nno colon\n\n")]
    [TestCase("Content-Type: multipart/report\n\n--\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n")]
    [TestCase("Content-Type: multipart/report; boundary=\n\n--\n\n")]
    [TestCase("Content-Type: multipart/report; boundary=\"\n\n--\"\n\n")]
    [TestCase("Content-Type: multipart/report; boundary\n\n--boundary\n\n")]
    [TestCase("Content-Type: multipart/report; boundary=b\n\n--b--\n--b\nContent-Type: message/delivery-status\n\n")]
    [TestCase("Content-Type: text/plain; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n")]
    public void What_makes_no_sense_is_no_report(string message) => Read(message).ShouldBeNull();

    [TestCase("Status: 5.1.1", Delivery.HardBounce)]
    [TestCase("Action: failed", Delivery.SoftBounce)]
    [TestCase("Action: FAILED (bad destination)\nStatus: 5.1.1 (bad mailbox)", Delivery.HardBounce)]
    [TestCase("Action: failed\nStatus: 5.1.1.7", Delivery.SoftBounce)]
    [TestCase("Action: failed\nStatus: 9.9.9", Delivery.SoftBounce)]
    [TestCase("Action: failed\nStatus: nonsense\nDiagnostic-Code: smtp; 550 no such user here", Delivery.HardBounce)]
    [TestCase("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 452 4.2.2 full", Delivery.SoftBounce)]
    [TestCase("Status: 4.2.0", null)]
    [TestCase("Action: delivered\nStatus: 5.1.1", null)]
    [TestCase("Action: expanded", null)]
    public void Reports_that_leave_something_out_say_what_they_can(string fields, Delivery? delivery) =>
        Read(
                "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
                    + $"Reporting-MTA: dns; a\n\n{fields}\n\n--b--\n"
            )
            .ShouldNotBeNull()
            .Delivery.ShouldBe(delivery);

    [Test]
    public void A_wrong_charset_changes_no_code()
    {
        var sample = Sample("gmail-over-quota")
            .Replace("storage space", "Speicher für M\u00e4il", StringComparison.Ordinal);

        _reports.Read(Encoding.Latin1.GetBytes(sample)).Report.ShouldNotBeNull().Delivery.ShouldBe(Delivery.SoftBounce);
        _reports.Read(Encoding.Unicode.GetBytes(sample)).Report.ShouldBeNull();
    }

    [Test]
    public void Parts_within_parts_are_followed_a_little_way()
    {
        Read(Nested(3)).ShouldNotBeNull().Delivery.ShouldBe(Delivery.HardBounce);
        Read(Nested(50)).ShouldBeNull();
        Read(Nested(10_000)).ShouldBeNull();

        static string Nested(int depth)
        {
            var message = new StringBuilder();
            for (var level = 0; level < depth; level++)
                message.Append(
                    CultureInfo.InvariantCulture,
                    $"Content-Type: multipart/mixed; boundary=b{level}x\n\n--b{level}x\n"
                );

            return $"{message}Content-Type: message/delivery-status\n\nA: b\n\nAction: failed\nStatus: 5.1.1\n";
        }
    }

    [Test]
    public void Headers_in_other_encodings_and_folded_fields_are_read()
    {
        var report = Read(
                "To: =?utf-8?q?bounces=2B?= <bounces+returnpath2345abcdefghij@lists.example>\n"
                    + "Content-Type: multipart/report;\n boundary*0=\"b\"; boundary*1=\"c\"\n\n"
                    + "--bc\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\n"
                    + "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp;\n 550 5.1.1\n No such user\n\n--bc--\n"
            )
            .ShouldNotBeNull();

        report.Diagnostic.ShouldBe("550 5.1.1 No such user");
        report.ReturnPaths.ShouldHaveSingleItem().ShouldContain("returnpath2345abcdefghij");
    }

    [Test]
    public void However_much_there_is_of_anything_it_is_read_once()
    {
        var many = new StringBuilder("Content-Type: multipart/report; boundary=b\n");
        for (var number = 0; number < 20_000; number++)
            many.Append("X-Field: value\n");

        many.Append('\n');
        for (var number = 0; number < 20_000; number++)
            many.Append("--b\nContent-Type: text/plain\n\nText\n");

        Read(many.ToString()).ShouldBeNull();
        Read($"X: {new string('x', 1_000_000)}\n{Sample("gmail-over-quota")}").ShouldNotBeNull();
        Read(new string('\n', 1_000_000)).ShouldBeNull();
        Read("Content-Type: multipart/report; boundary=-\n\n" + new string('-', 1_000_000)).ShouldBeNull();
    }

    [Test]
    public void Every_rule_says_why_and_who_says_so()
    {
        var rules = BounceRules.Default.All;

        rules.Select(rule => rule.Name).ShouldBeUnique();
        rules.ShouldAllBe(rule => rule.Reason.Length > 10 && rule.Source.Length > 5 && rule.Status.Count > 0);
        rules.Select(rule => rule.Delivery).Distinct().ShouldBe(["soft", "hard"], ignoreOrder: true);
        rules.ShouldAllBe(rule => rule.About == "recipient" || rule.Delivery == "soft");
        rules.Select(rule => rule.About).Distinct().ShouldBe(["message", "sender", "recipient"], ignoreOrder: true);
    }

    [TestCase("4.2.2", "", "for_now")]
    [TestCase("5.2.2", "", "mailbox_full")]
    [TestCase("5.7.1", "550 5.7.1 mailbox full", "mailbox_full_in_words")]
    [TestCase("5.7.1", "550 5.7.1 User Unknown", "no_such_mailbox_in_words")]
    [TestCase("4.1.1", "450 4.1.1 user unknown", "for_now")]
    [TestCase("5.4.1", "relay access denied", "authentication_in_words")]
    [TestCase("5.1.10", "null MX", "no_such_domain")]
    [TestCase("5.4.4", "Host or domain name not found", "no_such_domain")]
    [TestCase("5.1.8", "sender rejected", "sender_address")]
    [TestCase("5.1.8", "", "wrong_sender")]
    [TestCase("5.1.3", "", "no_such_mailbox")]
    [TestCase("5.2.1", "mailbox disabled", "no_such_mailbox_in_words")]
    [TestCase("5.2.1", "", "no_such_mailbox")]
    [TestCase("5.2.3", "too large", "size_in_words")]
    [TestCase("5.7.26", "unauthenticated", "authentication_in_words")]
    [TestCase("5.7.26", "", "policy")]
    [TestCase("5.0.0", "550 Nope", "for_good_in_other_words")]
    [TestCase("5.0.0", "", "for_good")]
    public void A_failure_is_judged_by_its_status_and_its_words(string status, string diagnostic, string rule) =>
        BounceRules.Default.Find(status, diagnostic).ShouldNotBeNull().Name.ShouldBe(rule);

    private static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Samples, "*.eml").Select(file => Path.GetFileNameWithoutExtension(file)).Order();

    private static string Sample(string name) =>
        File.ReadAllText(Path.Combine(Samples, $"{name}.eml"))
            .Replace("{return-path}", ReturnPath, StringComparison.Ordinal)
            .Replace("{message-id}", MessageId, StringComparison.Ordinal);

    private MailReport? Read(string message) => _reports.Read(Encoding.UTF8.GetBytes(message)).Report;
}
