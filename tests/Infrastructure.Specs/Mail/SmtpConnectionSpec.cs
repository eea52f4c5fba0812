using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>What becomes of a mail, whatever the server does at whatever step.</summary>
[TestFixture]
public sealed class SmtpConnectionSpec
{
    private static readonly SmtpLimits Patient = SmtpLimits.Default;

    private static readonly SmtpLimits Impatient = new(
        TimeSpan.FromMilliseconds(200),
        TimeSpan.FromMilliseconds(200),
        TimeSpan.FromMilliseconds(200),
        TimeSpan.FromMilliseconds(100)
    );

    private static readonly PreparedMail Mail = Mails.Compose(Mails.ToAnn);

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
    [TestCase("RCPT", "550 5.1.1 no such user", true)]
    [TestCase("RCPT", "550-5.1.10 this domain\r\n550 5.1.10 takes no mail", true)]
    [TestCase("RCPT", "550 5.2.1 disabled", true)]
    [TestCase("RCPT", "550 5.7.1 we do not like you", false)]
    [TestCase("RCPT", "550 no", false)]
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

    [TestCase("MAIL")]
    [TestCase("RCPT")]
    [TestCase("DATA")]
    [TestCase(".")]
    public async Task A_server_that_closes_takes_nothing_and_breaks_the_connection(string step) =>
        (await Outcome(step, "421 4.3.2 shutting down")).ShouldBeOfType<HandOver.NotNow>().IsBroken.ShouldBeTrue();

    [TestCase("MAIL")]
    [TestCase("RCPT")]
    [TestCase("DATA")]
    public async Task Before_the_contents_end_nothing_is_in_doubt(string step)
    {
        foreach (
            var answer in new[]
            {
                TalkingServer.HangUp,
                TalkingServer.Silence,
                "250-2.0.0 ha…",
                "what?",
                "199 no",
                "25",
                "999 no",
                new string('2', 10_000),
                string.Concat(Enumerable.Repeat("250-more\r\n", 200)),
            }
        )
            (await Outcome(step, answer, Impatient))
                .ShouldBeOfType<HandOver.NotNow>(answer[..Math.Min(20, answer.Length)])
                .IsBroken.ShouldBeTrue();
    }

    [Test]
    public async Task After_the_contents_end_everything_but_an_answer_leaves_the_mail_in_doubt()
    {
        foreach (
            var answer in new[]
            {
                TalkingServer.HangUp,
                TalkingServer.Silence,
                "250 2.0.0 ta…",
                "250-2.0.0 taken…",
                "what?",
                "354 go on",
                new string('2', 10_000),
            }
        )
            (await Outcome(".", answer, Impatient)).ShouldBeOfType<HandOver.Unknown>(
                answer[..Math.Min(20, answer.Length)]
            );
    }

    [TestCase("PIPELINING")]
    [TestCase("HELP")]
    public async Task Wherever_the_connection_is_cut_a_mail_that_arrived_whole_is_never_called_not_taken(
        string extension
    )
    {
        var whole = await BytesOfOneMail(extension);
        var ends = 0;
        for (var cut = 1; cut <= whole; cut += whole - cut < 40 ? 1 : 17)
        {
            await using var server = new TalkingServer(step => step == "." ? TalkingServer.HangUp : null, extension)
            {
                CutAfter = cut,
            };
            IMailConnection connection;
            try
            {
                connection = await Connect(server);
            }
            catch (MailNotSentException)
            {
                server.Mails.ShouldBeEmpty();
                continue;
            }

            await using (connection)
            {
                var outcome = await Send(connection);
                if (server.Mails.Count > 0)
                {
                    ends++;
                    outcome.ShouldBeOfType<HandOver.Unknown>();
                }
                else if (outcome is not HandOver.Unknown)
                {
                    outcome.ShouldBeOfType<HandOver.NotNow>().IsBroken.ShouldBeTrue();
                }

                (await Send(connection)).ShouldBeOfType<HandOver.NotNow>().IsBroken.ShouldBeTrue();
            }
        }

        ends.ShouldBe(1);
    }

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
    public async Task An_address_beyond_ASCII_is_announced()
    {
        await using var server = new TalkingServer(_ => null, "8BITMIME", "SMTPUTF8");
        await using var connection = await Connect(server);
        var mail = Mails.Compose(Mails.ToAnn with { To = "zoë@reader.example" });
        (await connection.Send(mail, CancellationToken.None)).ShouldBeOfType<HandOver.Taken>();
        server.Heard[1].ShouldEndWith("> BODY=8BITMIME SMTPUTF8");
        server.Heard[2].ShouldBe("RCPT TO:<zoë@reader.example>");
    }

    [Test]
    public async Task Cancelled_before_the_end_it_is_not_taken_and_after_it_is_in_doubt()
    {
        foreach (var (step, isInDoubt) in new[] { ("RCPT", false), (".", true) })
        {
            var reached = new TaskCompletionSource();
            await using var server = new TalkingServer(one =>
            {
                if (one != step)
                    return null;

                reached.TrySetResult();
                return TalkingServer.Silence;
            });
            await using var connection = await Connect(
                server,
                Patient with
                {
                    Goodbye = TimeSpan.FromMilliseconds(50),
                }
            );
            using var cancel = new CancellationTokenSource();
            var sending = connection.Send(Mail, cancel.Token);
            await reached.Task;
            await cancel.CancelAsync();
            (await sending is HandOver.Unknown).ShouldBe(isInDoubt);
        }
    }

    [Test]
    public async Task Cancelled_while_the_answer_is_on_its_way_the_answer_is_heard()
    {
        using var cancel = new CancellationTokenSource();
        await using var server = new TalkingServer(step =>
        {
            if (step == ".")
                cancel.Cancel();

            return null;
        });
        await using var connection = await Connect(server);
        (await connection.Send(Mail, cancel.Token)).ShouldBeOfType<HandOver.Taken>();
    }

    private static async Task<HandOver> Outcome(string step, string answer, SmtpLimits? limits = null)
    {
        HandOver? first = null;
        foreach (var extension in new[] { "HELP", "PIPELINING" })
        {
            await using var server = new TalkingServer(one => one == step ? answer : null, extension);
            await using var connection = await Connect(server, limits);
            var outcome = await Send(connection);
            if (first is not null)
                outcome.GetType().ShouldBe(first.GetType());

            first ??= outcome;
        }

        return first!;
    }

    private static async Task<int> BytesOfOneMail(string extension)
    {
        await using var server = new TalkingServer(step => step == "." ? TalkingServer.HangUp : null, extension);
        await using var connection = await Connect(server);
        await Send(connection);
        server.Mails.Count.ShouldBe(1);
        return server.Received;
    }

    private static Task<HandOver> Send(IMailConnection connection) => connection.Send(Mail, CancellationToken.None);

    private static Task<IMailConnection> Connect(TalkingServer server, SmtpLimits? limits = null) =>
        new SmtpProvider(
            new MailOptions
            {
                Host = "127.0.0.1",
                Port = server.Port,
                StartTls = false,
            },
            TimeProvider.System,
            limits
        ).Connect(CancellationToken.None);
}
