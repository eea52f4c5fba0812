using System.Net;
using SchemaHub.Api.Specs.Support;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>How a stranger becomes somebody, over HTTP, and what strangers do not learn on the way.</summary>
[TestFixture]
public sealed class SignUpFlowSpec
{
    private SignInHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await SignInHost.Start();

    [OneTimeTearDown]
    public async Task End() => await _host.DisposeAsync();

    [Test]
    public async Task Somebody_signs_up_verifies_signs_in_and_signs_out()
    {
        const string email = "ann@example.org";
        using var browser = _host.NewBrowser();
        (
            await browser.Post(
                "sign-up",
                new
                {
                    email,
                    password = SignInHost.Password,
                    name = "Ann",
                }
            )
        ).Status.ShouldBe(HttpStatusCode.Accepted);
        var mail = await _host.MailTo(email);
        mail.Text.ShouldNotContain("Ann", Case.Sensitive, "anybody can type anybody's address, and any name");
        (await browser.SignIn(email)).ShouldBeProblem(401, "credentials.wrong");
        var token = SignInHost.TokenOf(mail);
        (await browser.Post("email-verifications/confirm", new { token })).Status.ShouldBe(HttpStatusCode.NoContent);
        (await browser.Post("email-verifications/confirm", new { token })).Status.ShouldBe(
            HttpStatusCode.NoContent,
            "links are clicked twice"
        );

        var signedIn = await browser.SignIn(email);
        signedIn.Status.ShouldBe(HttpStatusCode.OK, signedIn.Body);
        signedIn.Body.ShouldNotContain("ss_");
        signedIn.Headers.ShouldContain("schemahub=ss_");
        signedIn.Headers.ShouldContain("path=/; samesite=lax; httponly", Case.Insensitive);
        var me = await browser.Get("me");
        me.Json.GetProperty("account").GetProperty("email").GetString().ShouldBe(email);
        me.Json.GetProperty("csrfToken").GetString().ShouldBe(browser.Csrf);

        (await browser.Post("sign-out")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await browser.Get("me")).ShouldBeProblem(401, "authentication.required");
    }

    [Test]
    public async Task A_known_address_is_answered_like_an_unknown_one()
    {
        var known = await _host.NewPerson();
        var unknown = $"n{Guid.CreateVersion7():n}@example.org";
        using var browser = _host.NewBrowser();
        foreach (var path in new[] { "sign-up", "email-verifications", "password-resets" })
        {
            object Body(string email) =>
                path == "sign-up" ? new { email, password = "a fine password" } : new { email };

            var ofKnown = await browser.Post(path, Body(known));
            var ofUnknown = await browser.Post(path, Body(unknown));
            ofKnown.Status.ShouldBe(HttpStatusCode.Accepted);
            (ofUnknown.Status, ofUnknown.Body).ShouldBe((ofKnown.Status, ofKnown.Body));
            WithoutDate(ofUnknown.Headers).ShouldBe(WithoutDate(ofKnown.Headers));
        }

        var wrong = await browser.SignIn(known, "wrong password");
        var nobody = await browser.SignIn($"x{Guid.CreateVersion7():n}@example.org", "wrong password");
        wrong.ShouldBeProblem(401, "credentials.wrong");
        nobody.Body.ShouldBe(wrong.Body);
        WithoutDate(nobody.Headers).ShouldBe(WithoutDate(wrong.Headers));
        (await _host.MailTo(known)).Subject.ShouldBe("You have an account already");
        (await _host.MailTo(known)).Subject.ShouldBe("Choose a new password");
    }

    [Test]
    public async Task Signing_up_with_somebodys_address_changes_nothing_of_theirs()
    {
        var ann = await _host.NewPerson();
        using var browser = _host.NewBrowser();
        await browser.Post("sign-up", new { email = ann.ToUpperInvariant(), password = "mallory's password" });

        (await _host.MailTo(ann)).Text.ShouldNotContain("http");
        (await browser.SignIn(ann, "mallory's password")).ShouldBeProblem(401, "credentials.wrong");
        (await browser.SignIn(ann)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [TestCase("password", "tried first")]
    [TestCase("short", "at least 8")]
    [TestCase("schemahub1", "name of the service")]
    [TestCase("weak.example", "address")]
    public async Task A_password_that_is_guessed_first_is_refused_with_its_rule(string password, string rule)
    {
        using var browser = _host.NewBrowser();
        var answer = await browser.Post("sign-up", new { email = "weak.example@example.org", password });

        answer.ShouldBeProblem(422, "request.invalid").Rules("password").ShouldContain(rule);
    }

    [Test]
    public async Task What_is_no_address_no_password_or_no_token_is_told_so()
    {
        using var browser = _host.NewBrowser();
        (await browser.Post("sign-up", new { email = "nobody", password = "a fine password" }))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("email")
            .ShouldNotBeEmpty();
        (await browser.Post("sign-up", new { })).ShouldBeProblem(422, "request.invalid");
        (await browser.Post("sign-in", new { email = "a@example.org" })).ShouldBeProblem(422, "request.invalid");
        (
            await browser.Post("sign-in", new { email = "a@example.org", password = new string('x', 2_000) })
        ).ShouldBeProblem(422, "request.invalid");
        (await browser.Post("password-resets", new { email = "" })).ShouldBeProblem(422, "request.invalid");
        foreach (var token in new[] { null, "", "x", new string('A', 86) })
        {
            (await browser.Post("email-verifications/confirm", new { token })).ShouldBeProblem(404, "token.unknown");
            (
                await browser.Post("password-resets/confirm", new { token, password = "a fine password" })
            ).ShouldBeProblem(404, "token.unknown");
        }
    }

    [Test]
    public async Task A_forgotten_password_is_set_anew_once_and_every_session_ends()
    {
        var ann = await _host.NewPerson();
        using var old = await _host.SignIn(ann);
        using var browser = _host.NewBrowser();
        await browser.Post("password-resets", new { email = ann });
        var token = SignInHost.TokenOf(await _host.MailTo(ann));
        (await browser.Post("email-verifications/confirm", new { token })).ShouldBeProblem(404, "token.unknown");
        (await browser.Post("password-resets/confirm", new { token, password = "password" }))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("password")
            .ShouldContain("tried first");

        (await browser.Post("password-resets/confirm", new { token, password = "another password" })).Status.ShouldBe(
            HttpStatusCode.NoContent
        );

        (await browser.Post("password-resets/confirm", new { token, password = "a third password" })).ShouldBeProblem(
            410,
            "token.used"
        );
        (await old.Get("me")).ShouldBeProblem(401, "authentication.required");
        (await browser.SignIn(ann)).ShouldBeProblem(401, "credentials.wrong");
        (await browser.SignIn(ann, "another password")).Status.ShouldBe(HttpStatusCode.OK);
        (await _host.MailTo(ann)).Subject.ShouldBe("Your password was changed");
    }

    [Test]
    public async Task The_pages_of_mailed_links_do_nothing_until_the_button_is_pressed()
    {
        const string email = "page@example.org";
        using var browser = _host.NewBrowser();
        await browser.Post("sign-up", new { email, password = SignInHost.Password });
        var link = PathOf((await _host.MailTo(email)).Link);
        (await browser.Get(link)).Body.ShouldContain("<button");
        (await browser.SignIn(email)).ShouldBeProblem(401, "credentials.wrong");
        (await Press(link)).ShouldContain("verified");
        (await browser.SignIn(email)).Status.ShouldBe(HttpStatusCode.OK);

        await browser.Post("password-resets", new { email });
        var reset = PathOf((await _host.MailTo(email)).Link);
        (await browser.Get(reset)).Body.ShouldContain("type=\"password\"");
        (await Press(reset, ("password", "short"))).ShouldContain("at least 8");
        (await Press(reset, ("password", "another password"))).ShouldContain("changed");
        (await browser.Get(reset)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await browser.Get("/account/verify/none")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await browser.SignIn(email, "another password")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<string> Press(string path, params (string Name, string Value)[] fields)
    {
        using var http = _host.Api.NewClient();
        using var form = new FormUrlEncodedContent(fields.Select(one => KeyValuePair.Create(one.Name, one.Value)));
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), form);
        return await answer.Content.ReadAsStringAsync();
    }

    private static string PathOf(Uri link) => link.AbsolutePath;

    private static string WithoutDate(string headers) =>
        string.Join('\n', headers.Split('\n').Where(line => !line.StartsWith("Date:", StringComparison.Ordinal)));
}
