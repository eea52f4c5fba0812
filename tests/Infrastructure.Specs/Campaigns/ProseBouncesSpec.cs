using System.Text;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Bounces without a part for machines, complaints that are the mail itself, and what is neither.</summary>
public sealed class ProseBouncesSpec
{
    private readonly MailReports _reports = new();

    [TestCase("Remote host said: 550 5.1.1 User unknown", Delivery.HardBounce, "5.1.1")]
    [TestCase("Sorry, no mailbox here by that name. (#5.1.1)", Delivery.HardBounce, "5.1.1")]
    [TestCase("Sorry, I couldn't find any host named example.net. (#5.1.2)", Delivery.HardBounce, "5.1.2")]
    [TestCase("Remote host said: 554 Client host [192.0.2.7] blocked using a DNSBL", Delivery.SoftBounce, "5.0.0")]
    [TestCase("Remote host said: 450 4.2.0 Greylisted\nI'm not going to try again.", Delivery.SoftBounce, "4.2.0")]
    [TestCase("Sorry, the mailbox is full.", Delivery.SoftBounce, "5.0.0")]
    [TestCase(
        "Connected to 192.0.2.5 but sender was rejected.\nRemote host said: 550 5.1.1 user unknown",
        Delivery.SoftBounce,
        "5.1.1"
    )]
    public void Qmail_says_why_in_a_paragraph_for_each_recipient(string said, Delivery delivery, string status)
    {
        var report = Read(
                $"From: MAILER-DAEMON@qmail.example\nTo: bounces+token@a.example\nSubject: failure notice\n\n"
                    + $"Hi. This is the qmail-send program at qmail.example.\n\n<ann@example.net>:\n{said}\n\n"
                    + "--- Below this line is a copy of the message.\n\nMessage-ID: <name@a.example>\n\nHello\n"
            )
            .ShouldNotBeNull();

        report.Delivery.ShouldBe(delivery);
        report.Status.ShouldBe(status);
        report.ReturnPaths.ShouldBe(["bounces+token@a.example"]);
        report.MessageIds.ShouldBe(["<name@a.example>"]);
    }

    [TestCase("550 5.1.1 user unknown", "552 5.2.2 mailbox full", Delivery.SoftBounce)]
    [TestCase("550 5.1.1 user unknown", "550 5.1.1 user unknown", Delivery.HardBounce)]
    public void Of_several_recipients_one_who_is_left_is_enough(string first, string second, Delivery delivery) =>
        Read(
                "From: MAILER-DAEMON@qmail.example\n\nHi. This is the qmail-send program at qmail.example.\n\n"
                    + $"<a@example.net>:\nRemote host said: {first}\n\n<b@example.net>:\nRemote host said: {second}\n"
            )
            .ShouldNotBeNull()
            .Delivery.ShouldBe(delivery);

    [TestCase(
        "Delivery has failed to these recipients:\n\nann@example.com\n#550 5.1.1 RESOLVER.ADR.RecipNotFound ##",
        Delivery.HardBounce
    )]
    [TestCase(
        "Your message\ncouldn't be delivered to the recipient.\n\nRemote Server returned '550 5.7.1 blocked by policy'",
        Delivery.SoftBounce
    )]
    [TestCase(
        "   ----- Transcript of session follows -----\n... while talking to mx.example.:\n<<< 550 5.1.1 No such user",
        Delivery.HardBounce
    )]
    [TestCase(
        "I'm sorry to have to inform you that it was not delivered.\n\n<a@b.example>: mx said: 550 5.1.1 unknown user",
        Delivery.HardBounce
    )]
    public void Other_systems_are_known_by_what_they_open_with(string text, Delivery delivery) =>
        Read($"From: postmaster@example.com\n\n{text}\n").ShouldNotBeNull().Delivery.ShouldBe(delivery);

    [Test]
    public void A_delay_changes_nothing() =>
        Read(
                "From: Mailer-Daemon@relay.example\n\nThis message was created automatically by mail delivery "
                    + "software.\n"
                    + "A message that you sent has not yet been delivered to one or more of its recipients after more\n"
                    + "than 24 hours. host mx: 550 5.1.1 is what it may say in the end.\n"
            )
            .ShouldNotBeNull()
            .Delivery.ShouldBeNull();

    [TestCase("ann@example.com", "Hi. This is the qmail-send program.\n\n<a@b.example>:\nSaid: 550 5.1.1 gone")]
    [TestCase("postmaster@example.com", "Please take us off your list. 550 5.1.1 is what we could say.")]
    public void Words_are_believed_of_a_mail_system_in_a_known_form_only(string from, string text)
    {
        var message = $"From: {from}\nTo: bounces+token@a.example\n\n{text}\n";

        Read(message).ShouldBeNull();
        _reports.Read(Encoding.UTF8.GetBytes(message)).IsAutomaticReply.ShouldBeFalse();
    }

    [TestCase("From: ann@example.com\nAuto-Submitted: auto-replied\n\nAway.\n", true)]
    [TestCase("From: ann@example.com\nAuto-Submitted: no\n\nHello.\n", false)]
    [TestCase("From: Mailer-Daemon@example.com\nAuto-Submitted: auto-replied\n\nSomething failed.\n", false)]
    public void An_absence_note_says_itself_that_it_is_one(string message, bool isOne) =>
        _reports.Read(Encoding.UTF8.GetBytes(message)).IsAutomaticReply.ShouldBe(isOne);

    [TestCase("multipart/mixed; boundary=b", "--b\nContent-Type: message/rfc822\n\n", "\n--b--\n")]
    [TestCase("message/rfc822", "", "")]
    public void A_complaint_may_be_the_mail_itself_with_a_field_of_the_provider(
        string type,
        string before,
        string after
    )
    {
        var mail = "X-HmXmrOriginalRecipient: a@b.example\nMessage-ID: <name@a.example>\n\nHello\n";
        var report = Read($"From: staff@hotmail.example\nContent-Type: {type}\n\n{before}{mail}{after}");

        report.ShouldNotBeNull().Delivery.ShouldBe(Delivery.Complained);
        report.MessageIds.ShouldBe(["<name@a.example>"]);
        var without = mail.Replace("X-HmXmrOriginalRecipient", "X-Other", StringComparison.Ordinal);
        Read($"From: staff@hotmail.example\nContent-Type: {type}\n\n{before}{without}{after}").ShouldBeNull();
    }

    [Test]
    public void However_long_the_words_are_they_are_read_once()
    {
        var words = string.Concat(Enumerable.Repeat("Hi. This is not the end of it: 5. ", 30_000));

        Read($"From: MAILER-DAEMON@a.example\n\n{words}").ShouldBeNull();
        Read($"From: MAILER-DAEMON@a.example\n\nHi. This is the end.\n{words}").ShouldNotBeNull();
    }

    private MailReport? Read(string message) => _reports.Read(Encoding.UTF8.GetBytes(message)).Report;
}
