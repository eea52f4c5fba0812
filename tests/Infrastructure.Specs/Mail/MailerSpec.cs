using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

[TestFixture]
public sealed class MailerSpec
{
    private static readonly Application.Contacts.Mail Sample = new(
        new MailSender("Zoë's list", "news@list.example"),
        "ann@reader.example",
        "Bitte bestätigen: Grüße aus Köln – jeden Monat ein Überblick über alles, was in der Stadt geschieht ☕",
        "Ja, ich möchte Post.\r\n.\r\nhttps://lists.example.org/confirm/0123\r\n",
        "<p lang=\"de\">Ja, ich möchte Post.</p>",
        new Dictionary<string, string> { ["Auto-Submitted"] = "auto-generated" }
    );

    private string _directory = "";

    [SetUp]
    public void MakeDirectory() =>
        _directory = Path.Combine(Path.GetTempPath(), $"schemahub-mail-{Guid.CreateVersion7():n}");

    [TearDown]
    public void DeleteDirectory()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Test]
    public async Task A_mail_arrives_at_a_real_server_as_it_was_written()
    {
        await using var server = await RealServer();
        await Smtp(server.Port).Send(Sample, CancellationToken.None);
        ShouldBeTheSample(server.TakeMails().ShouldHaveSingleItem());
    }

    [Test]
    public async Task A_dropped_mail_is_a_file_that_holds_it_as_it_was_written()
    {
        await Drop().Send(Sample, CancellationToken.None);
        ShouldBeTheSample(ReceivedMail.Take(_directory).ShouldHaveSingleItem());
    }

    [TestCase("short lines\n", 200)]
    [TestCase("words without any line break, ", 200)]
    [TestCase("Wörter ohne Zeilenumbruch, ", 200)]
    public async Task Long_texts_arrive_whole(string repeated, int times)
    {
        await using var server = await RealServer();
        var text = string.Concat(Enumerable.Repeat(repeated, times)).TrimEnd();
        await Smtp(server.Port).Send(Sample with { Text = text, Html = text }, CancellationToken.None);
        var mail = server.TakeMails().ShouldHaveSingleItem();
        mail.Text.TrimEnd().ShouldBe(text);
        mail.Html.TrimEnd().ShouldBe(text);
    }

    [Test]
    public async Task An_international_host_goes_out_in_punycode()
    {
        await using var server = await RealServer();
        await Smtp(server.Port).Send(Sample with { To = "ann@bücher.example" }, CancellationToken.None);
        server.TakeMails().ShouldHaveSingleItem().To.ShouldBe("ann@xn--bcher-kva.example");
    }

    [Test]
    public async Task A_mail_without_a_sender_comes_from_the_service()
    {
        await Drop().Send(Sample with { From = null }, CancellationToken.None);
        ReceivedMail.Take(_directory).ShouldHaveSingleItem().Headers["From"].ShouldBe("service@list.example");
    }

    [TestCase("\r\nBcc: everybody@list.example")]
    [TestCase("\nBcc: everybody@list.example")]
    [TestCase("\r")]
    [TestCase("\0")]
    public async Task Line_breaks_in_any_header_are_refused_and_nothing_is_sent(string injected)
    {
        Application.Contacts.Mail[] mails =
        [
            Sample with
            {
                Subject = $"Hello{injected}",
            },
            Sample with
            {
                To = $"ann@reader.example{injected}",
            },
            Sample with
            {
                From = new MailSender("", $"news@list.example{injected}"),
            },
            Sample with
            {
                From = new MailSender($"News{injected}", "news@list.example"),
            },
            Sample with
            {
                Headers = new Dictionary<string, string> { ["X-List"] = $"a{injected}" },
            },
            Sample with
            {
                Headers = new Dictionary<string, string> { [$"X-List: a{injected}"] = "b" },
            },
        ];
        foreach (var mail in mails)
            (
                await Should.ThrowAsync<MailNotSentException>(() => Drop().Send(mail, CancellationToken.None))
            ).IsForGood.ShouldBeTrue();

        ReceivedMail.Take(_directory).ShouldBeEmpty();
    }

    [Test]
    public async Task Several_addresses_in_one_are_refused() =>
        (
            await Should.ThrowAsync<MailNotSentException>(() =>
                Drop().Send(Sample with { To = "ann@reader.example,bob@reader.example" }, CancellationToken.None)
            )
        ).IsForGood.ShouldBeTrue();

    [Test]
    public async Task What_may_pass_is_tried_again()
    {
        await using var server = new ScriptedMailServer("451 busy", "", "250 ok");
        await Smtp(server.Port).Send(Sample, CancellationToken.None);
        server.Tries.ShouldBe(3);
        server.Taken.ShouldBe(1);
    }

    [Test]
    public async Task What_is_refused_for_good_is_not_tried_again()
    {
        await using var server = new ScriptedMailServer("550 no such mailbox");
        var refused = await Should.ThrowAsync<MailNotSentException>(() =>
            Smtp(server.Port).Send(Sample, CancellationToken.None)
        );
        refused.IsForGood.ShouldBeTrue();
        server.Tries.ShouldBe(1);
    }

    [Test]
    public async Task A_server_that_stays_busy_is_an_outage_after_four_tries()
    {
        await using var server = new ScriptedMailServer("451 busy");
        var refused = await Should.ThrowAsync<MailNotSentException>(() =>
            Smtp(server.Port).Send(Sample, CancellationToken.None)
        );
        refused.IsForGood.ShouldBeFalse();
        server.Tries.ShouldBe(4);
    }

    [Test]
    public async Task A_server_that_is_down_is_an_outage()
    {
        var refused = await Should.ThrowAsync<MailNotSentException>(() =>
            Smtp(SmtpServer.FreePort()).Send(Sample, CancellationToken.None)
        );
        refused.IsForGood.ShouldBeFalse();
    }

    [Test]
    public async Task A_server_that_refuses_the_service_is_asked_once_and_has_not_refused_the_mail()
    {
        await using var server = new TalkingServer(step => step == "GREETING" ? "554 5.7.1 not you" : null);
        var refused = await Should.ThrowAsync<MailNotSentException>(() =>
            Smtp(server.Port).Send(Sample, CancellationToken.None)
        );
        (refused.IsForGood, refused.Message).ShouldBe((false, "The mail server refuses us: 554 5.7.1 not you"));
        server.Connections.ShouldBe(1);
    }

    [Test]
    public async Task Nothing_is_said_to_a_server_that_does_not_encrypt_unless_that_is_allowed()
    {
        await using var server = new ScriptedMailServer("250 ok");
        var options = new MailOptions { Host = "127.0.0.1", Port = server.Port };
        var mailer = Mailer(new SmtpProvider(options, TimeProvider.System));
        await Should.ThrowAsync<MailNotSentException>(() => mailer.Send(Sample, CancellationToken.None));
        server.Tries.ShouldBe(0);
    }

    [Test]
    public void Mail_that_is_not_configured_says_what_to_set() =>
        Should
            .Throw<InvalidOperationException>(() => new ServiceCollection().AddMail(new MailOptions()))
            .Message.ShouldContain("SchemaHub:Mail:Host");

    private static void ShouldBeTheSample(ReceivedMail mail)
    {
        mail.Subject.ShouldBe(Sample.Subject);
        mail.To.ShouldBe(Sample.To);
        mail.Headers["From"].ShouldContain("<news@list.example>");
        mail.Headers["Auto-Submitted"].ShouldBe("auto-generated");
        mail.Headers["Message-ID"].ShouldEndWith("@list.example>");
        mail.Text.TrimEnd().ShouldBe(Sample.Text.ReplaceLineEndings("\n").TrimEnd());
        mail.Html.TrimEnd().ShouldBe(Sample.Html);
    }

    private static async Task<SmtpServer> RealServer()
    {
        if (SmtpServer.Absence is { } reason)
            Assert.Ignore(reason);

        return await SmtpServer.Start();
    }

    private ProviderMailer Drop() =>
        Mailer(new FileDropProvider(new MailOptions { Directory = _directory }, TimeProvider.System));

    private static ProviderMailer Smtp(int port) =>
        Mailer(
            new SmtpProvider(
                new MailOptions
                {
                    Host = "127.0.0.1",
                    Port = port,
                    StartTls = false,
                },
                TimeProvider.System
            )
        );

    private static ProviderMailer Mailer(IMailProvider provider) =>
        new(
            provider,
            new MailSender("", "service@list.example"),
            bounceDomain: null,
            NullLogger.Instance,
            TimeSpan.FromMilliseconds(1)
        );
}
