using System.Globalization;
using Microsoft.AspNetCore.Http;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Whatever a token endpoint answers instead of a token has a clear outcome.</summary>
[TestFixture]
public sealed class TokenEndpointSpec : TokenTalk
{
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
        Server.FailWith(status, body);
        var tokens = Tokens();
        (await Fails(tokens)).IsForGood.ShouldBeFalse();
        Server.Requests.ShouldBe(3);
        await Fails(tokens);
        Server.Requests.ShouldBe(3);

        Server.Fault = null;
        Clock.Advance(TimeSpan.FromSeconds(5));
        await Get(tokens);
    }

    [Test]
    public async Task A_fault_that_passes_at_once_is_not_noticed()
    {
        Server.Fault = context =>
        {
            if (Server.Requests == 2)
                Server.Fault = null;

            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        };
        await Get(Tokens());
        Server.Requests.ShouldBe(3);
        Log.Text.ShouldNotContain("Warning");
    }

    [TestCase(429, "17", 17)]
    [TestCase(429, "Sun, 01 Mar 2026 12:02:00 GMT", 120)]
    [TestCase(429, null, 30)]
    [TestCase(429, "999999", 3600)]
    [TestCase(503, "40", 40)]
    public async Task An_endpoint_that_says_when_is_not_asked_before(int status, string? retryAfter, int seconds)
    {
        Server.FailWith(status, """{"error":"too_many_requests"}""", retryAfter);
        var tokens = Tokens();
        var refused = await Fails(tokens);
        refused.IsForGood.ShouldBeFalse();
        refused.Message.ShouldContain(status.ToString(CultureInfo.InvariantCulture));
        Server.Fault = null;
        Clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        await Fails(tokens);
        Server.Requests.ShouldBe(1);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Get(tokens);
    }

    [Test]
    public async Task Silence_is_put_off()
    {
        var hangs = new TaskCompletionSource();
        Server.Delay = () => hangs.Task;
        var slow = Tokens(clock: TimeProvider.System, longestTry: TimeSpan.FromMilliseconds(50));
        var late = await Fails(slow);
        (late.IsForGood, late.Message).ShouldBe((false, "The token endpoint did not answer in time."));
        Server.Requests.ShouldBe(3);

        // A connection does not wait for all of the tries.
        var patient = Tokens(clock: TimeProvider.System, longestWait: TimeSpan.FromMilliseconds(50));
        (await Fails(patient)).IsForGood.ShouldBeFalse();
        hangs.SetResult();
    }

    [Test]
    public async Task An_endpoint_that_is_down_or_hangs_up_is_put_off()
    {
        Server.Fault = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        (await Fails(Tokens())).Message.ShouldContain("broke the connection");
        var gone = Server.Options() with { TokenUrl = new Uri($"http://127.0.0.1:{SmtpServer.FreePort()}/token") };
        (await Fails(Tokens(gone))).IsForGood.ShouldBeFalse();
    }

    [TestCase("secret", "401 invalid_client AADSTS7000215", "ClientSecret")]
    [TestCase("scope", "400 invalid_scope AADSTS1002012", "SchemaHub:Mail:OAuth:Scope")]
    [TestCase("refresh", "400 invalid_grant", "SchemaHub:Mail:OAuth:RefreshToken")]
    [TestCase("url", "404", "SchemaHub:Mail:OAuth:TokenUrl")]
    public async Task What_the_settings_are_at_fault_for_is_said_once_a_minute(string part, string said, string setting)
    {
        var options = Server.Options();
        options = part switch
        {
            "secret" => options with { ClientSecret = "another-secret" },
            "scope" => options with { Scope = "mail" },
            "refresh" => options with { RefreshToken = "1//never-given" },
            _ => options with { TokenUrl = new Uri(Server.Address, "elsewhere") },
        };
        var tokens = Tokens(options);
        var refused = await Fails(tokens);
        refused.IsForGood.ShouldBeTrue();
        refused.Message.ShouldContain(said);
        refused.Message.ShouldContain(setting);
        Log.Text.ShouldContain($"Error: There is no token for the mail server, and mail waits: {refused.Message}");
        Log.Text.ShouldNotContain("another-secret");
        Log.Text.ShouldNotContain("never-given");

        var before = Server.Requests;
        await Fails(tokens);
        Server.Requests.ShouldBe(before);
    }

    [TestCase(TokenServer.ClientSecret)]
    [TestCase("cut: Kq8~secret+o…")]
    [TestCase("escaped: Kq8~secret%2Bof%2Fthe%3Dclient")]
    public async Task A_description_that_repeats_the_secret_is_left_out(string said)
    {
        Server.FailWith(401, $$"""{"error":"invalid_client","error_description":"No client has {{said}}"}""");
        var refused = await Fails(Tokens());
        refused.ToString().ShouldNotContain("Kq8~secr");
        Log.Text.ShouldContain("repeats a secret");
        Log.Text.ShouldNotContain("Kq8~secr");
    }

    [Test]
    public async Task A_code_that_is_none_is_not_repeated()
    {
        Server.FailWith(400, """{"error":"a\r\nforged line","error_description":"one\r\ntwo"}""");
        (await Fails(Tokens())).Message.ShouldContain("400 (an error without a code)");
        Log.Text.ShouldContain("one  two");
    }

    [Test]
    public async Task The_secret_does_not_follow_a_redirect()
    {
        await using var other = await TokenServer.Start();
        Server.Fault = context =>
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
}
