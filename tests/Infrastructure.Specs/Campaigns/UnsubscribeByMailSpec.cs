using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Mail programs that know no links write to an address instead (RFC 2369).</summary>
[TestFixture]
public sealed partial class UnsubscribeByMailSpec
{
    [Test]
    public async Task Who_writes_to_the_address_of_a_mail_is_written_to_no_more_for_its_purpose()
    {
        await using var mailing = await Mailing("bounces.example");
        var mailbox = await MailboxOfAMail(mailing);
        var local = mailbox[..mailbox.IndexOf('@', StringComparison.Ordinal)];
        local.Length.ShouldBeLessThanOrEqualTo(64);
        mailbox.ShouldEndWith("@bounces.example");

        // Once by the envelope, once as the message has it; a mail program may change the case.
        (await Receive(mailing, "Subject: unsubscribe\r\n\r\n", mailbox.ToUpperInvariant())).ShouldBe(
            ReceivedAs.Unsubscribed
        );
        (await Receive(mailing, $"To: <{mailbox}>\r\n\r\nplease", recipient: null)).ShouldBe(ReceivedAs.Unsubscribed);

        (
            await mailing.Service.Texts(
                "select action || ' ' || (metadata ->> 'purpose') || ' ' || (metadata ->> 'reason') "
                    + "from backstage.consent_history where action = 'unsubscribe'"
            )
        ).ShouldBe(["unsubscribe newsletter mailto"]);
    }

    [TestCase("unsubscribe+abcdefghijklmnop@bounces.example")]
    [TestCase("unsubscribe@bounces.example")]
    public async Task An_address_that_nobody_was_given_changes_nothing(string mailbox)
    {
        await using var mailing = await Mailing("bounces.example");
        (await Receive(mailing, "Subject: unsubscribe\r\n\r\n", mailbox)).ShouldBe(ReceivedAs.NotReadable);
        (
            await mailing.Service.Scalar<long>(
                "select count(*) from backstage.consent_history where action = 'unsubscribe'"
            )
        ).ShouldBe(0);
    }

    [Test]
    public async Task Without_an_exchanger_of_its_own_no_mail_offers_an_address()
    {
        await using var mailing = await Mailing(bounceDomain: null);
        await Send(mailing);
        mailing.Sink.Contents!.ShouldHaveSingleItem().ShouldNotContain("mailto:");
    }

    private static Task<TestMailing> Mailing(string? bounceDomain) =>
        TestMailing.Create(
            sink: new MailSink { Contents = [] },
            customize: services => services.AddSingleton(new SendingOptions { BounceDomain = bounceDomain })
        );

    private static async Task<string> MailboxOfAMail(TestMailing mailing)
    {
        await Send(mailing);
        var mail = mailing.Sink.Contents!.ShouldHaveSingleItem().Replace("\r\n ", " ", StringComparison.Ordinal);
        return ListUnsubscribe().Match(mail).Groups["mailbox"].Value;
    }

    private static async Task Send(TestMailing mailing)
    {
        await mailing.AddContacts(1);
        var campaign = await mailing.Start();
        await using var node = mailing.Node();
        await mailing.WaitFor(campaign, progress => progress.Status == "sent");
    }

    private static async Task<ReceivedAs> Receive(TestMailing mailing, string message, string? recipient) =>
        (
            await mailing.Service.Send(
                Guid.Empty,
                new ReceiveMail(Encoding.ASCII.GetBytes($"From: ann@example.org\r\n{message}"), recipient)
            )
        ).As;

    [GeneratedRegex(
        "\r\nList-Unsubscribe: <https://[^>]+>, <mailto:(?<mailbox>[^>]+)>\r\n",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex ListUnsubscribe();
}
