using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Specs.Campaigns;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>
/// Confirmations, invitations and mails about accounts, at a server that misbehaves: each is handed over three times at
/// most, and its caller knows that it may have arrived.
/// </summary>
[TestFixture]
public sealed class SingleMailsInDoubtSpec
{
    private static readonly string[] Steps = ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "."];

    private static readonly Application.Contacts.Mail Sample = new(null, "ann@reader.example", "Hello", "Hello", "");

    [Test]
    public async Task A_mail_is_handed_over_three_times_at_most(
        [ValueSource(nameof(Steps))] string step,
        [Values] Misbehaviour misbehaviour
    )
    {
        await using var server = new MisbehavingServer();
        server.Behave(step, misbehaviour);
        var failed = await Should.ThrowAsync<MailNotSentException>(() =>
            Mailer(server.Port, end: TimeSpan.FromMilliseconds(200)).Send(Sample, CancellationToken.None)
        );

        var isAnswered = step != "." || misbehaviour == Misbehaviour.Closing;
        failed.IsInDoubt.ShouldBe(!isAnswered);
        failed.IsForGood.ShouldBeFalse();
        server.HandedOver.Count.ShouldBe(
            step != "." ? 0
            : isAnswered ? 4
            : 3
        );
    }

    [Test]
    public async Task Giving_up_in_the_middle_of_the_silence_leaves_it_in_doubt()
    {
        await using var server = new MisbehavingServer();
        server.Behave(".", Misbehaviour.Silence);
        var failed = await Should.ThrowAsync<MailNotSentException>(() =>
            Mailer(server.Port, end: TimeSpan.FromMinutes(1)).Send(Sample, CancellationToken.None)
        );

        failed.IsInDoubt.ShouldBeTrue();
        server.HandedOver.Count.ShouldBe(1);
    }

    [Test]
    public async Task The_job_of_a_mail_about_an_account_ends_and_is_not_repeated()
    {
        await using var server = new MisbehavingServer();
        await using var service = await TestService.Create(services =>
        {
            services.AddSingleton<IMailer>(Mailer(server.Port, end: TimeSpan.FromMilliseconds(200)));
            services.AddSingleton<IPublicLinks>(new TestLinks("https://mail.example"));
        });
        await service.CreateOrganization("acme");
        server.Behave(".", Misbehaviour.Silence);
        var owner = service
            .Services.GetRequiredService<IKeyedIds>()
            .OfUser(Domain.Contacts.EmailAddress.Parse("owner@acme.example"));

        (await service.Send(Guid.Empty, new SendAccountMail(owner, AccountMails.Changed))).ShouldContain(
            "may have arrived"
        );
        server.HandedOver.Count.ShouldBe(3);
    }

    private static ProviderMailer Mailer(int port, TimeSpan end)
    {
        var limits = new SmtpLimits(
            TimeSpan.FromMilliseconds(200),
            TimeSpan.FromMilliseconds(200),
            end,
            TimeSpan.FromMilliseconds(50)
        );
        var provider = new GuardedProvider(
            new SmtpProvider(
                new MailOptions
                {
                    Host = "127.0.0.1",
                    Port = port,
                    StartTls = false,
                },
                TimeProvider.System,
                limits
            ),
            new MailCircuit(TimeProvider.System, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)),
            TimeProvider.System,
            firstPause: TimeSpan.FromMilliseconds(1),
            longestTry: TimeSpan.FromMilliseconds(200)
        );
        return new ProviderMailer(
            provider,
            new MailSender("", "service@list.example"),
            bounceDomain: null,
            NullLogger.Instance,
            TimeSpan.FromMilliseconds(5),
            TimeSpan.FromSeconds(3)
        );
    }
}
