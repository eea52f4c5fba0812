using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Tokens for the mail server, whatever their endpoint answers.</summary>
[TestFixture]
public sealed class AccessTokensSpec
{
    private FakeTimeProvider _clock = null!;
    private TokenServer _server = null!;
    private LogLines _log = null!;

    [SetUp]
    public async Task Start()
    {
        _clock = new FakeTimeProvider(Mails.Noon);
        _server = await TokenServer.Start(_clock);
        _log = new LogLines();
    }

    /// <summary>Whatever happened: no secret is in the log.</summary>
    [TearDown]
    public async Task End()
    {
        string[] secrets = [TokenServer.ClientSecret, TokenServer.FirstRefreshToken, .. _server.Given];
        foreach (var secret in secrets)
        {
            _log.Text.ShouldNotContain(secret);
            _log.Text.ShouldNotContain(Uri.EscapeDataString(secret));
        }

        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_token_is_kept_until_shortly_before_its_end()
    {
        var tokens = Tokens();
        var first = await Get(tokens);
        first.ShouldBe(_server.Given.ShouldHaveSingleItem());

        // 3,599 seconds, less five minutes.
        _clock.Advance(TimeSpan.FromSeconds(3298));
        (await Get(tokens)).ShouldBe(first);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await Get(tokens)).ShouldNotBe(first);
        _server.Requests.ShouldBe(2);
    }

    [Test]
    public async Task A_short_life_is_used_for_four_fifths()
    {
        _server.Seconds = 100;
        var tokens = Tokens();
        await Get(tokens);
        _clock.Advance(TimeSpan.FromSeconds(79));
        await Get(tokens);
        _server.Requests.ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Get(tokens);
        _server.Requests.ShouldBe(2);
    }

    [TestCase("", 300)]
    [TestCase(",\"expires_in\":\"1000\"", 1000)]
    [TestCase(",\"expires_in\":1000.5", 1000)]
    [TestCase(",\"expires_in\":0", 300)]
    [TestCase(",\"expires_in\":-1", 300)]
    [TestCase(",\"expires_in\":\"soon\"", 300)]
    [TestCase(",\"expires_in\":[1]", 300)]
    [TestCase(",\"expires_in\":1e300", 24 * 3600)]
    [TestCase(",\"expires_in\":99999999999999999999", 24 * 3600)]
    public async Task A_life_that_is_not_said_is_five_minutes_and_none_is_longer_than_a_day(string life, int seconds)
    {
        _server.FailWith(200, $$"""{"access_token":"abc","token_type":"bearer"{{life}}}""");
        var tokens = Tokens();
        await Get(tokens);
        _clock.Advance(TimeSpan.FromSeconds(seconds * 4 / 5) - TimeSpan.FromSeconds(1));
        await Get(tokens);
        _server.Requests.ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(seconds / 5) + TimeSpan.FromSeconds(2));
        await Get(tokens);
        _server.Requests.ShouldBe(2);
    }

    [Test]
    public async Task Many_connections_fetch_one_token()
    {
        var opens = new TaskCompletionSource();
        _server.Delay = () => opens.Task;
        var tokens = Tokens();
        var waiting = Enumerable.Range(0, 100).Select(_ => Get(tokens)).ToArray();
        await Eventually.True(() => _server.Requests > 0);
        opens.SetResult();
        (await Task.WhenAll(waiting)).Distinct().ShouldHaveSingleItem();
        _server.Requests.ShouldBe(1);
    }

    [Test]
    public async Task A_connection_that_leaves_does_not_end_the_fetch_of_the_others()
    {
        var opens = new TaskCompletionSource();
        _server.Delay = () => opens.Task;
        var tokens = Tokens();
        using var leaving = new CancellationTokenSource();
        var first = tokens.Get(leaving.Token);
        var second = Get(tokens);
        await Eventually.True(() => _server.Requests > 0);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        opens.SetResult();
        (await second).ShouldBe(_server.Given.ShouldHaveSingleItem());
    }

    [TestCase(500, "{}")]
    [TestCase(503, "<html>Service unavailable</html>")]
    [TestCase(408, "")]
    [TestCase(400, """{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error."}""")]
    [TestCase(200, "<html>Please sign in to this network</html>")]
    [TestCase(200, "{\"access_token\":\"ab")]
    [TestCase(200, "[]")]
    [TestCase(200, """{"token_type":"Bearer","expires_in":3599}""")]
    [TestCase(200, """{"access_token":"a\u0001b","token_type":"Bearer"}""")]
    [TestCase(200, """{"access_token":"abc","token_type":"mac"}""")]
    [TestCase(200, """{"access_token":7}""")]
    public async Task What_may_pass_is_tried_three_times_and_then_put_off(int status, string body)
    {
        _server.FailWith(status, body);
        var tokens = Tokens();
        (await Fails(tokens)).IsForGood.ShouldBeFalse();
        _server.Requests.ShouldBe(3);
        await Fails(tokens);
        _server.Requests.ShouldBe(3);

        _server.Fault = null;
        _clock.Advance(TimeSpan.FromSeconds(5));
        await Get(tokens);
    }

    [Test]
    public async Task A_fault_that_passes_at_once_is_not_noticed()
    {
        _server.Fault = context =>
        {
            if (_server.Requests == 2)
                _server.Fault = null;

            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        };
        await Get(Tokens());
        _server.Requests.ShouldBe(3);
        _log.Text.ShouldNotContain("Warning");
    }

    [TestCase(429, "17", 17)]
    [TestCase(429, "Sun, 01 Mar 2026 12:02:00 GMT", 120)]
    [TestCase(429, null, 30)]
    [TestCase(429, "999999", 3600)]
    [TestCase(503, "40", 40)]
    public async Task An_endpoint_that_says_when_is_not_asked_before(int status, string? retryAfter, int seconds)
    {
        _server.FailWith(status, """{"error":"too_many_requests"}""", retryAfter);
        var tokens = Tokens();
        var refused = await Fails(tokens);
        refused.IsForGood.ShouldBeFalse();
        refused.Message.ShouldContain(status.ToString(CultureInfo.InvariantCulture));
        _server.Fault = null;
        _clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        await Fails(tokens);
        _server.Requests.ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Get(tokens);
    }

    [Test]
    public async Task Silence_is_put_off()
    {
        var hangs = new TaskCompletionSource();
        _server.Delay = () => hangs.Task;
        var slow = Tokens(clock: TimeProvider.System, longestTry: TimeSpan.FromMilliseconds(50));
        var late = await Fails(slow);
        (late.IsForGood, late.Message).ShouldBe((false, "The token endpoint did not answer in time."));
        _server.Requests.ShouldBe(3);

        // A connection does not wait for all of the tries.
        var patient = Tokens(clock: TimeProvider.System, longestWait: TimeSpan.FromMilliseconds(50));
        (await Fails(patient)).IsForGood.ShouldBeFalse();
        hangs.SetResult();
    }

    [Test]
    public async Task An_endpoint_that_is_down_or_hangs_up_is_put_off()
    {
        _server.Fault = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        (await Fails(Tokens())).Message.ShouldContain("broke the connection");
        var gone = _server.Options() with { TokenUrl = new Uri($"http://127.0.0.1:{SmtpServer.FreePort()}/token") };
        (await Fails(Tokens(gone))).IsForGood.ShouldBeFalse();
    }

    [Test]
    public async Task An_outage_shortly_before_a_token_ends_is_not_noticed()
    {
        var tokens = Tokens();
        var first = await Get(tokens);
        _server.FailWith(500, "");
        _clock.Advance(TimeSpan.FromSeconds(3590));
        (await Get(tokens)).ShouldBe(first);
        (await Get(tokens)).ShouldBe(first);
        _server.Requests.ShouldBe(4);
        _clock.Advance(TimeSpan.FromSeconds(9));
        (await Fails(tokens)).IsForGood.ShouldBeFalse();
    }

    [TestCase("secret", "401 invalid_client AADSTS7000215", "ClientSecret")]
    [TestCase("scope", "400 invalid_scope AADSTS1002012", "SchemaHub:Mail:OAuth:Scope")]
    [TestCase("refresh", "400 invalid_grant", "SchemaHub:Mail:OAuth:RefreshToken")]
    [TestCase("url", "404", "SchemaHub:Mail:OAuth:TokenUrl")]
    public async Task What_the_settings_are_at_fault_for_is_said_once_a_minute(string part, string said, string setting)
    {
        var options = _server.Options();
        options = part switch
        {
            "secret" => options with { ClientSecret = "another-secret" },
            "scope" => options with { Scope = "mail" },
            "refresh" => options with { RefreshToken = "1//never-given" },
            _ => options with { TokenUrl = new Uri(_server.Address, "elsewhere") },
        };
        var tokens = Tokens(options);
        var refused = await Fails(tokens);
        refused.IsForGood.ShouldBeTrue();
        refused.Message.ShouldContain(said);
        refused.Message.ShouldContain(setting);
        _log.Text.ShouldContain($"Error: There is no token for the mail server, and mail waits: {refused.Message}");
        _log.Text.ShouldNotContain("another-secret");
        _log.Text.ShouldNotContain("never-given");

        var before = _server.Requests;
        await Fails(tokens);
        _server.Requests.ShouldBe(before);
    }

    [TestCase(TokenServer.ClientSecret)]
    [TestCase("cut: Kq8~secret+o…")]
    [TestCase("escaped: Kq8~secret%2Bof%2Fthe%3Dclient")]
    public async Task A_description_that_repeats_the_secret_is_left_out(string said)
    {
        _server.FailWith(401, $$"""{"error":"invalid_client","error_description":"No client has {{said}}"}""");
        var refused = await Fails(Tokens());
        refused.ToString().ShouldNotContain("Kq8~secr");
        _log.Text.ShouldContain("repeats a secret");
        _log.Text.ShouldNotContain("Kq8~secr");
    }

    [Test]
    public async Task A_code_that_is_none_is_not_repeated()
    {
        _server.FailWith(400, """{"error":"a\r\nforged line","error_description":"one\r\ntwo"}""");
        (await Fails(Tokens())).Message.ShouldContain("400 (an error without a code)");
        _log.Text.ShouldContain("one  two");
    }

    [Test]
    public async Task The_secret_does_not_follow_a_redirect()
    {
        await using var other = await TokenServer.Start();
        _server.Fault = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = new Uri(other.Address, "token").AbsoluteUri;
            return Task.CompletedTask;
        };
        (await Fails(Tokens())).IsForGood.ShouldBeTrue();
        other.Requests.ShouldBe(0);
    }

    [Test]
    public async Task A_certificate_that_nobody_vouches_for_gets_no_secret()
    {
        await using var encrypted = await TokenServer.Start(isEncrypted: true);
        var refused = await Fails(Tokens(encrypted.Options()));
        (refused.IsForGood, refused.Message).ShouldBe((true, "The token endpoint's certificate is not trusted."));
        encrypted.Requests.ShouldBe(0);
    }

    [Test]
    public async Task A_refresh_token_that_the_provider_replaces_is_followed_and_a_new_consent_wins()
    {
        _server.RotatesRefreshTokens = true;
        var tokens = Tokens(_server.Options() with { RefreshToken = TokenServer.FirstRefreshToken });
        for (var hour = 1; hour <= 3; hour++)
        {
            await Get(tokens);
            _server.Requests.ShouldBe(hour);
            _clock.Advance(TimeSpan.FromHours(1));
        }

        // The newest one is revoked, and the first one is valid.
        _server.Expect(TokenServer.FirstRefreshToken);
        await Get(tokens);
        _server.Requests.ShouldBe(5);
    }

    private AccessTokens Tokens(
        MailOAuthOptions? options = null,
        TimeProvider? clock = null,
        TimeSpan? longestTry = null,
        TimeSpan? longestWait = null
    )
    {
        clock ??= _clock;
        var endpoint = new TokenEndpoint(
            options ?? _server.Options(),
            TokenEndpoint.NewHttp(),
            clock,
            firstPause: TimeSpan.Zero,
            longestTry
        );
        return new AccessTokens(endpoint, clock, _log, longestWait);
    }

    private static async Task<string> Get(AccessTokens tokens) => (await tokens.Get(CancellationToken.None)).Value;

    private static Task<MailNotSentException> Fails(AccessTokens tokens) =>
        Should.ThrowAsync<MailNotSentException>(() => tokens.Get(CancellationToken.None));
}
