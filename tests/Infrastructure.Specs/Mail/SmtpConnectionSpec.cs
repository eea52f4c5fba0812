using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>What is said to a server, and what its answers mean for the mail.</summary>
[TestFixture]
public sealed class SmtpConnectionSpec : SmtpTalk
{
    [Test]
    public async Task A_pipelining_server_gets_the_envelope_in_one_piece()
    {
        await using var server = new TalkingServer(_ => null, "PIPELINING", "SIZE 100000");
        await using (var connection = await Connect(server))
        {
            for (var i = 0; i < 3; i++)
                (await Send(connection)).ShouldBeOfType<HandOver.Taken>();
        }

        server.Connections.ShouldBe(1);
        var size = ((ComposedMail)Mail).Content.Length;
        server
            .Heard[1]
            .ShouldBe($"MAIL FROM:<bounce+abc234@list.example> SIZE={size}\r\nRCPT TO:<ann@reader.example>\r\nDATA");
        server.Heard[^1].ShouldBe("QUIT");
        server.Mails.Count.ShouldBe(3);
    }

    [Test]
    public async Task A_server_without_pipelining_gets_one_command_after_the_other()
    {
        await using var server = new TalkingServer(_ => null);
        await using (var connection = await Connect(server))
            (await Send(connection)).ShouldBeOfType<HandOver.Taken>();

        server
            .Heard.Skip(1)
            .ShouldBe(["MAIL FROM:<bounce+abc234@list.example>", "RCPT TO:<ann@reader.example>", "DATA", "QUIT"]);
    }

    [Test]
    public async Task Lines_that_begin_with_a_dot_get_another_one()
    {
        await using var server = new TalkingServer(_ => null);
        await using (var connection = await Connect(server))
            await connection.Send(
                Mails.Compose(Mails.ToAnn with { Text = ".\n..\na.\n", Html = "." }),
                CancellationToken.None
            );

        server.Mails.ShouldHaveSingleItem().ShouldContain("\r\n\r\n..\r\n...\r\na.\r\n");
    }

    [TestCase("250 2.0.0 Ok: queued as 4XyZ12", "4XyZ12")]
    [TestCase("250 OK id=1abCde-0001xY-2z", "1abCde-0001xY-2z")]
    [TestCase("250 2.0.0 done", null)]
    public async Task The_servers_name_for_the_mail_is_kept(string answer, string? name) =>
        (await Outcome(".", answer)).ShouldBe(new HandOver.Taken(name));

    [TestCase("MAIL", "550 5.1.8 bad sender", false)]
    [TestCase("MAIL", "550 5.1.1 user unknown", false)]
    [TestCase("RCPT", "550 5.1.1 no such user", true)]
    [TestCase("RCPT", "550-5.1.10 this domain\r\n550 5.1.10 takes no mail", true)]
    [TestCase("RCPT", "550 5.2.1 disabled", true)]
    [TestCase("RCPT", "550 5.7.1 we do not like you", false)]
    [TestCase("RCPT", "550 no", false)]
    [TestCase("RCPT", "550 Requested action not taken: mailbox unavailable", true)]
    [TestCase("RCPT", "550 5.1.1 Sender verify failed: user unknown", false)]
    [TestCase("RCPT", "554 5.1.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example", false)]
    [TestCase("RCPT", "550", false)]
    [TestCase("MAIL", "550", false)]
    [TestCase(".", "550 5.0.0", false)]
    [TestCase("RCPT", "552 5.2.2 mailbox full", false)]
    [TestCase("DATA", "554 5.7.1 no", false)]
    [TestCase(".", "554 5.6.0 malformed", false)]
    [TestCase(".", "550 5.1.1 no such user after all", true)]
    public async Task What_is_refused_for_good_says_whether_the_mailbox_is_missing(
        string step,
        string answer,
        bool isNoSuchMailbox
    )
    {
        var refused = (await Outcome(step, answer)).ShouldBeOfType<HandOver.Refused>();
        refused.NoSuchMailbox.ShouldBe(isNoSuchMailbox);
        refused.Reason.ShouldStartWith(answer[..3]);
    }

    [TestCase("MAIL", "451 4.3.0 busy")]
    [TestCase("RCPT", "450 4.2.0 greylisted")]
    [TestCase("RCPT", "452 full")]
    [TestCase("RCPT", "450 5.1.1 no such user, for now")]
    [TestCase("RCPT", "550 4.4.7 passing, whatever the first number says")]
    [TestCase("DATA", "451 4.3.0 busy")]
    [TestCase(".", "452 4.3.1 disk full")]
    public async Task What_may_pass_is_for_later_and_the_connection_stays(string step, string answer) =>
        (await Outcome(step, answer))
            .ShouldBeOfType<HandOver.NotNow>()
            .ShouldSatisfyAllConditions(later => later.IsBroken.ShouldBeFalse(), later => later.After.ShouldBeNull());

    [TestCase("530 5.7.0 authentication required")]
    [TestCase("535 5.7.8 bad password")]
    public async Task What_is_our_own_fault_does_not_cost_the_mail(string answer) =>
        (await Outcome("MAIL", answer)).ShouldBeOfType<HandOver.NotNow>().After.ShouldBe(TimeSpan.FromMinutes(5));

    [TestCase("PIPELINING")]
    [TestCase("HELP")]
    public async Task After_a_refusal_the_next_mail_begins_anew(string extension)
    {
        var answers = new Queue<string?>(["550 5.1.1 no such user", null]);
        await using var server = new TalkingServer(
            step =>
                step == "RCPT" ? answers.Dequeue()
                : step == "DATA" && answers.Count == 1 ? "503 5.5.1 no"
                : null,
            extension
        );
        await using var connection = await Connect(server);
        (await Send(connection)).ShouldBe(new HandOver.Refused("550 5.1.1 no such user", NoSuchMailbox: true));
        (await Send(connection)).ShouldBeOfType<HandOver.Taken>();
        server.Heard.ShouldContain(heard => heard.StartsWith("RSET", StringComparison.Ordinal));
        server.Mails.Count.ShouldBe(1);
    }

    [Test]
    public async Task A_server_that_wants_content_for_nobody_gets_none()
    {
        await using var server = new TalkingServer(step => step == "RCPT" ? "550 5.1.1 no" : null, "PIPELINING");
        await using var connection = await Connect(server);
        (await Send(connection)).ShouldBeOfType<HandOver.Refused>();
        (await Send(connection)).ShouldBeOfType<HandOver.Refused>();
        server.Mails.ShouldBe(["", ""]);
    }

    [Test]
    public async Task What_the_server_cannot_take_is_not_offered()
    {
        await using var server = new TalkingServer(_ => null, "SIZE 100");
        await using var connection = await Connect(server);
        (await Send(connection)).ShouldBeOfType<HandOver.Refused>().Reason.ShouldContain("larger");
        var international = Mails.Compose(Mails.ToAnn with { To = "zoë@reader.example" });
        (await connection.Send(international, CancellationToken.None))
            .ShouldBeOfType<HandOver.Refused>()
            .Reason.ShouldContain("SMTPUTF8");
        server.Heard.Count.ShouldBe(1);
    }

    [Test]
    public async Task A_connection_without_mail_for_longer_than_any_limit_goes_on()
    {
        var clock = new FakeTimeProvider();
        await using var server = new TalkingServer(_ => null, "PIPELINING");
        await using var connection = await Connect(server, clock: clock);
        for (var i = 0; i < 3; i++)
        {
            (await Send(connection)).ShouldBeOfType<HandOver.Taken>();
            clock.Advance(TimeSpan.FromHours(1));
        }

        server.Connections.ShouldBe(1);
    }

    [Test]
    public async Task An_address_beyond_ASCII_is_announced()
    {
        await using var server = new TalkingServer(_ => null, "8BITMIME", "SMTPUTF8");
        await using var connection = await Connect(server);
        var mail = Mails.Compose(Mails.ToAnn with { To = "zoë@reader.example" });
        (await connection.Send(mail, CancellationToken.None)).ShouldBeOfType<HandOver.Taken>();
        server.Heard[1].ShouldEndWith("> BODY=8BITMIME SMTPUTF8");
        server.Heard[2].ShouldBe("RCPT TO:<zoë@reader.example>");
    }
}
