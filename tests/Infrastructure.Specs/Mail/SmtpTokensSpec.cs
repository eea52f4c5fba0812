using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>AUTH XOAUTH2 with a real mail server, which asks the token's issuer whether the token is valid.</summary>
[TestFixture]
public sealed class SmtpTokensSpec
{
    private const string Ann = "ann@example.org";

    private FakeTimeProvider _clock = null!;
    private TokenServer _issuer = null!;
    private SecureServer _server = null!;
    private LogLines _log = null!;

    [SetUp]
    public async Task Start()
    {
        _clock = new FakeTimeProvider(Mails.Noon);
        _issuer = await TokenServer.Start(_clock);
        _log = new LogLines();
        _server = await SecureServer.StartWithTokens(_issuer.Introspection);
    }

    [TearDown]
    public async Task End()
    {
        foreach (var secret in _issuer.Given.Append(TokenServer.ClientSecret))
            _log.Text.ShouldNotContain(secret);

        await _server.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    // A command of more than 512 characters is refused, by this server too.
    [TestCase(60)]
    [TestCase(337)]
    [TestCase(338)]
    [TestCase(2500)]
    [TestCase(8192)]
    public async Task Mail_goes_out_by_a_token_of_any_length(int length)
    {
        _issuer.Length = length;
        await Sends(Provider());
        (await _server.Take()).IsAuthenticated.ShouldBeTrue();
    }

    [Test]
    public async Task Mail_goes_out_by_a_refresh_token()
    {
        await Sends(Provider(oauth: _issuer.Options() with { RefreshToken = TokenServer.FirstRefreshToken }));
        (await _server.Take()).IsAuthenticated.ShouldBeTrue();
    }

    [Test]
    public async Task Connections_share_a_token_until_it_ends()
    {
        var provider = Provider();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Sends(provider)));
        _issuer.Requests.ShouldBe(1);
        _clock.Advance(TimeSpan.FromHours(1));
        await Sends(provider);
        _issuer.Requests.ShouldBe(2);
    }

    [Test]
    public async Task A_token_that_the_server_refuses_is_replaced_once_for_all_connections()
    {
        var provider = Provider();
        await Sends(provider);
        _issuer.RevokeAll();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Sends(provider)));
        _issuer.Requests.ShouldBe(2);
        _log.Text.ShouldContain("refuses the access token");
    }

    [Test]
    public async Task A_mailbox_that_may_not_send_is_refused_after_one_more_token()
    {
        var provider = Provider(user: "bob@example.org");
        var refused = await Refused(provider);
        (refused.IsForGood, refused.Message).ShouldBe(
            (true, "The mail server refuses us: 535 5.7.8 Token not accepted")
        );
        _issuer.Requests.ShouldBe(2);

        // The tokens are not at fault: for a minute no more are fetched.
        await Refused(provider);
        _issuer.Requests.ShouldBe(2);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Refused(provider);
        _issuer.Requests.ShouldBe(3);
    }

    [Test]
    public async Task A_token_that_cannot_be_replaced_now_is_for_later()
    {
        var provider = Provider();
        await Sends(provider);
        _issuer.RevokeAll();
        _issuer.FailWith(503, "", retryAfter: "9");
        (await Refused(provider)).IsForGood.ShouldBeFalse();
        _issuer.Fault = null;
        _clock.Advance(TimeSpan.FromSeconds(9));
        await Sends(provider);
    }

    [Test]
    public async Task A_server_without_XOAUTH2_is_not_given_a_password()
    {
        await using var server = await SecureServer.Start(needsUser: true);
        var refused = await Refused(Provider(server));
        refused.IsForGood.ShouldBeTrue();
        refused.Message.ShouldContain("does not offer AUTH XOAUTH2");
    }

    [TestCase("454 4.7.0 Temporary authentication failure", false, 1)]
    [TestCase("421 4.7.0 Try again later", false, 1)]
    [TestCase("535 5.7.3 Authentication unsuccessful", true, 2)]
    [TestCase("504 5.5.4 Unrecognized authentication type", true, 1)]
    public async Task Only_a_refused_token_is_replaced(string answer, bool isForGood, int tokens)
    {
        await using var server = new TalkingServer(step => step == "AUTH" ? answer : null, "AUTH XOAUTH2");
        (await Refused(Provider(server))).IsForGood.ShouldBe(isForGood);
        _issuer.Requests.ShouldBe(tokens);
    }

    [Test]
    public async Task A_server_that_repeats_the_command_does_not_bring_the_token_into_a_message()
    {
        TalkingServer? server = null;
        await using var talking = server = new TalkingServer(
            step => step == "AUTH" ? $"500 Unknown command: {server!.Heard[^1]}" : null,
            "AUTH XOAUTH2"
        );
        var refused = await Refused(Provider(talking));
        refused.Message.ShouldBe("The mail server refuses us: 500 (left out: it repeats a secret)");
    }

    private SmtpProvider Provider(SecureServer? server = null, string user = Ann, MailOAuthOptions? oauth = null)
    {
        var real = server ?? _server;
        return Provider(
            new MailOptions
            {
                Host = "localhost",
                Port = real.Port,
                TrustedCertificates = real.Certificate,
                User = user,
                OAuth = oauth ?? _issuer.Options(),
            }
        );
    }

    private SmtpProvider Provider(TalkingServer server) =>
        Provider(
            new MailOptions
            {
                Host = "127.0.0.1",
                Port = server.Port,
                StartTls = false,
                User = Ann,
                OAuth = _issuer.Options(),
            }
        );

    private SmtpProvider Provider(MailOptions options)
    {
        var endpoint = new TokenEndpoint(options.OAuth, TokenEndpoint.NewHttp(), _clock, firstPause: TimeSpan.Zero);
        return new SmtpProvider(options, TimeProvider.System, tokens: new AccessTokens(endpoint, _clock, _log));
    }

    private static async Task Sends(SmtpProvider provider)
    {
        await using var connection = await provider.Connect(CancellationToken.None);
        (await connection.Send(provider.Prepare(Mails.ToAnn), CancellationToken.None)).ShouldBeOfType<HandOver.Taken>();
    }

    private static Task<MailNotSentException> Refused(SmtpProvider provider) =>
        Should.ThrowAsync<MailNotSentException>(() => provider.Connect(CancellationToken.None));
}
