using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Specs.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>A campaign whose mail server wants a token waits for the token, and no mail of it fails.</summary>
public sealed class TokenOutagesSpec
{
    [TestCase(503, "")]
    [TestCase(429, "")]
    [TestCase(200, "<html>")]
    [TestCase(401, """{"error":"invalid_client","error_description":"The client secret has expired."}""")]
    public async Task A_campaign_without_a_token_waits_and_costs_no_try(int status, string body)
    {
        var clock = new FakeTimeProvider(Mails.Noon);
        await using var issuer = await TokenServer.Start(clock);
        await using var server = await SecureServer.StartWithTokens(issuer.Introspection);
        var circuit = new MailCircuit(TimeProvider.System, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20));
        await using var mailing = await TestMailing.Create(
            sink: new MailSink(keeps: false),
            customize: services => services.AddSingleton<IMailProvider>(Provider(server, issuer, circuit, clock))
        );
        await mailing.AddContacts(3);
        issuer.FailWith(status, body);
        var campaign = await mailing.Start();
        await using var node = mailing.Node();
        await Eventually.True(() => circuit.Trouble is not null);

        circuit.Trouble!.Value.Trouble.ShouldBe(MailTrouble.Unreachable);
        (
            await mailing.Service.Scalar<long>(
                $"select count(*) from sending.deferred where campaign_id = {campaign} and attempts + doubts > 0"
            )
        ).ShouldBe(0);
        var waiting = await mailing.Progress(campaign);
        (waiting.Status, waiting.InFlight, waiting.Failed).ShouldBe(("sending", 0, 0));

        issuer.Fault = null;
        clock.Advance(TimeSpan.FromMinutes(1));
        var sent = await mailing.WaitFor(campaign, progress => progress.Status == "sent");
        (sent.Sent, sent.Failed).ShouldBe((3, 0));
        issuer.Given.Count.ShouldBe(1);
    }

    private static GuardedProvider Provider(
        SecureServer server,
        TokenServer issuer,
        MailCircuit circuit,
        FakeTimeProvider clock
    )
    {
        var endpoint = new TokenEndpoint(issuer.Options(), TokenEndpoint.NewHttp(), clock, firstPause: TimeSpan.Zero);
        var options = new MailOptions
        {
            Host = "localhost",
            Port = server.Port,
            TrustedCertificates = server.Certificate,
            User = "ann@example.org",
            OAuth = issuer.Options(),
            Connections = 2,
        };
        return new GuardedProvider(
            new SmtpProvider(options, TimeProvider.System, tokens: new AccessTokens(endpoint, clock, new LogLines())),
            circuit,
            TimeProvider.System,
            firstPause: TimeSpan.FromMilliseconds(1)
        );
    }
}
