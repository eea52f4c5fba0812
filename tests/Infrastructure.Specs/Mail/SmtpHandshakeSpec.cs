using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Encryption and passwords, with a real server.</summary>
[TestFixture]
public sealed class SmtpHandshakeSpec
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Mail_goes_out_encrypted_over_one_connection(bool isImplicit)
    {
        await using var server = await SecureServer.Start(isImplicit);
        await using var connection = await Connect(Options(server) with { ImplicitTls = isImplicit });
        for (var number = 0; number < 3; number++)
        {
            var mail = Mails.ToAnn with { Text = $"{number}\n.\n..\n" };
            (await connection.Send(Mails.Compose(mail), CancellationToken.None)).ShouldBe(new HandOver.Taken("1A2B"));
            var kept = await server.Take();
            kept.IsEncrypted.ShouldBeTrue();
            kept.From.ShouldBe(mail.ReturnPath);
            kept.To.ShouldBe([mail.To]);
            kept.Content.ShouldContain($"\r\n\r\n{number}\r\n.\r\n..\r\n");
        }
    }

    [TestCase("LOGIN")]
    [TestCase("PLAIN")]
    public async Task A_password_is_given_either_way(string without)
    {
        await using var server = await SecureServer.Start(needsUser: true, without: without);
        var options = Options(server) with { User = "ann", Password = "größe" };
        await using var connection = await Connect(options);
        (await connection.Send(Mails.Compose(Mails.ToAnn), CancellationToken.None)).ShouldBeOfType<HandOver.Taken>();
        (await server.Take()).IsAuthenticated.ShouldBeTrue();

        var refused = await Should.ThrowAsync<MailNotSentException>(() => Connect(options with { Password = "no" }));
        refused.IsForGood.ShouldBeTrue();
        refused.Message.ShouldContain("535");
    }

    [Test]
    public async Task A_server_that_knows_no_way_we_know_is_not_used()
    {
        await using var server = await SecureServer.Start(needsUser: true, without: ["LOGIN", "PLAIN"]);
        await RefusesUs(Options(server) with { User = "ann", Password = "größe" }, "AUTH");
    }

    [Test]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        await using var server = await SecureServer.Start();
        await RefusesUs(Options(server) with { TrustedCertificates = null }, "certificate");
    }

    [Test]
    public async Task A_certificate_of_another_host_is_refused()
    {
        await using var server = await SecureServer.Start();
        // The certificate names localhost, and no address.
        await RefusesUs(Options(server) with { Host = "127.0.0.1" }, "certificate");
    }

    [Test]
    public async Task A_server_without_encryption_hears_nothing_of_us()
    {
        await using var server = new TalkingServer(_ => null);
        await RefusesUs(new MailOptions { Host = "127.0.0.1", Port = server.Port }, "STARTTLS");
        server.Heard.ShouldHaveSingleItem().ShouldStartWith("EHLO [127.0.0.1]");
    }

    [Test]
    public async Task What_is_slipped_in_before_the_encryption_is_not_believed()
    {
        await using var server = new TalkingServer(
            step => step == "STARTTLS" ? "220 go on\r\n250 AUTH PLAIN" : null,
            "STARTTLS"
        );
        await RefusesUs(new MailOptions { Host = "127.0.0.1", Port = server.Port }, "before it encrypted");
    }

    [TestCase("GREETING", "554 5.3.2 not you", true)]
    [TestCase("GREETING", "421 4.3.2 later", false)]
    [TestCase("GREETING", TalkingServer.HangUp, false)]
    [TestCase("EHLO", "550 no", true)]
    [TestCase("EHLO", "hello", false)]
    public async Task A_server_that_refuses_us_says_whether_for_good(string step, string answer, bool isForGood)
    {
        await using var server = new TalkingServer(one => one == step ? answer : null);
        var options = new MailOptions
        {
            Host = "127.0.0.1",
            Port = server.Port,
            StartTls = false,
        };
        (await Should.ThrowAsync<MailNotSentException>(() => Connect(options))).IsForGood.ShouldBe(isForGood);
    }

    private static async Task RefusesUs(MailOptions options, string why) =>
        (await Should.ThrowAsync<MailNotSentException>(() => Connect(options))).Message.ShouldContain(why);

    private static MailOptions Options(SecureServer server) =>
        new()
        {
            Host = "localhost",
            Port = server.Port,
            TrustedCertificates = server.Certificate,
        };

    private static Task<IMailConnection> Connect(MailOptions options) =>
        new SmtpProvider(options, TimeProvider.System).Connect(CancellationToken.None);
}
