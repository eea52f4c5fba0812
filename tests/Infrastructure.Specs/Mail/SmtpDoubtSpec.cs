using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>A mail is in doubt from its last byte to the answer, and never before or after.</summary>
[TestFixture]
public sealed class SmtpDoubtSpec : SmtpTalk
{
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

                (await Send(connection)).ShouldBeOfType<HandOver.NotOffered>();
            }
        }

        ends.ShouldBe(1);
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

    private static async Task<int> BytesOfOneMail(string extension)
    {
        await using var server = new TalkingServer(step => step == "." ? TalkingServer.HangUp : null, extension);
        await using var connection = await Connect(server);
        await Send(connection);
        server.Mails.Count.ShouldBe(1);
        return server.Received;
    }
}
