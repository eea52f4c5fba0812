using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>One mail, handed over to a server that answers as it is told.</summary>
public abstract class SmtpTalk
{
    private protected static readonly SmtpLimits Patient = SmtpLimits.Default;

    private protected static readonly SmtpLimits Impatient = new(
        TimeSpan.FromMilliseconds(200),
        TimeSpan.FromMilliseconds(200),
        TimeSpan.FromMilliseconds(200),
        TimeSpan.FromMilliseconds(100)
    );

    private protected static readonly PreparedMail Mail = Mails.Compose(Mails.ToAnn);

    private protected static async Task<HandOver> Outcome(string step, string answer, SmtpLimits? limits = null)
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

    private protected static Task<HandOver> Send(IMailConnection connection) =>
        connection.Send(Mail, CancellationToken.None);

    private protected static Task<IMailConnection> Connect(
        TalkingServer server,
        SmtpLimits? limits = null,
        TimeProvider? clock = null
    ) =>
        new SmtpProvider(
            new MailOptions
            {
                Host = "127.0.0.1",
                Port = server.Port,
                StartTls = false,
            },
            clock ?? TimeProvider.System,
            limits
        ).Connect(CancellationToken.None);
}
