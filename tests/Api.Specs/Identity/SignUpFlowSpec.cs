using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

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
        (await browser.Post("sign-up", new { email })).Status.ShouldBe(HttpStatusCode.Accepted);
        var mail = await _host.MailTo(email);
        (await browser.SignIn(email)).ShouldBeProblem(401, "credentials.wrong");
        var token = SignInHost.TokenOf(mail);
        (await browser.Post("email-verifications/confirm", new { token }))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("password")
            .ShouldNotBeEmpty();
        await SignInHost.Verify(browser, token);
        (
            await browser.Post("email-verifications/confirm", new { token, password = "another password" })
        ).ShouldBeProblem(410, "token.used");

        var signedIn = await browser.SignIn(email);
        signedIn.Status.ShouldBe(HttpStatusCode.OK, signedIn.Body);
        signedIn.Body.ShouldNotContain("ss_");
        signedIn.Headers.ShouldContain("schemahub=ss_");
        signedIn.Headers.ShouldContain("path=/; samesite=lax; httponly", Case.Insensitive);
        var me = await browser.Get("me");
        me.Json.GetProperty("account").GetProperty("email").GetString().ShouldBe(email);
        me.Json.GetProperty("account").GetProperty("name").GetString().ShouldBe("Ann");
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

    [Test]
    public async Task A_stranger_who_uses_up_the_links_of_an_address_gets_nothing_and_holds_nobody_up()
    {
        const string email = "victim@example.org";
        using var mallory = _host.NewBrowser();
        for (var i = 0; i < 8; i++)
            (
                await mallory.Post(
                    "sign-up",
                    new
                    {
                        email,
                        password = "mallory's password",
                        name = "Mallory",
                    }
                )
            ).Status.ShouldBe(HttpStatusCode.Accepted);

        // Ann signs up herself, and opens one of the links: all of them were asked for by Mallory.
        using var ann = _host.NewBrowser();
        (await ann.Post("sign-up", new { email })).Status.ShouldBe(HttpStatusCode.Accepted);
        var mails = new List<ReceivedMail>();
        for (var i = 0; i < 5; i++)
            mails.Add(await _host.MailTo(email));

        mails.ShouldAllBe(mail => !mail.Text.Contains("Mallory", StringComparison.OrdinalIgnoreCase));
        await SignInHost.Verify(ann, SignInHost.TokenOf(mails[0]));

        (await mallory.SignIn(email, "mallory's password")).ShouldBeProblem(401, "credentials.wrong");
        (await ann.SignIn(email)).Status.ShouldBe(HttpStatusCode.OK);
        (await ann.Get("me")).Json.GetProperty("account").GetProperty("name").GetString().ShouldBe("Ann");
        foreach (var mail in mails.Skip(1))
            (
                await mallory.Post(
                    "email-verifications/confirm",
                    new { token = SignInHost.TokenOf(mail), password = "mallory's password" }
                )
            ).ShouldBeProblem(410, "token.expired");

        (
            await _host.Scalar<long>("select count(*) from events.mt_events e where e.data::text ilike '%mallory%'")
        ).ShouldBe(0, "nothing that a stranger typed is kept");
    }

    [Test]
    public async Task An_hour_later_another_link_is_mailed_however_many_a_stranger_asked_for()
    {
        await using var host = await SignInHost.Start();
        const string email = "patient@example.org";
        using var browser = host.NewBrowser();
        for (var i = 0; i < 6; i++)
            await browser.Post("sign-up", new { email });

        for (var i = 0; i < 5; i++)
            await host.MailTo(email);

        host.Clock.Advance(TimeSpan.FromHours(1));
        await browser.Post("sign-up", new { email });
        await SignInHost.Verify(browser, SignInHost.TokenOf(await host.MailTo(email)));
        (await browser.SignIn(email)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task A_reset_opens_an_account_that_nobody_confirmed_and_ends_its_links()
    {
        const string email = "forgot@example.org";
        using var browser = _host.NewBrowser();
        await browser.Post("sign-up", new { email });
        var verification = SignInHost.TokenOf(await _host.MailTo(email));
        await browser.Post("password-resets", new { email });
        var reset = SignInHost.TokenOf(await _host.MailTo(email));
        (
            await browser.Post("password-resets/confirm", new { token = reset, password = SignInHost.Password })
        ).Status.ShouldBe(HttpStatusCode.NoContent);

        (
            await browser.Post(
                "email-verifications/confirm",
                new { token = verification, password = "another password" }
            )
        ).ShouldBeProblem(410, "token.expired");
        (await browser.SignIn(email)).Status.ShouldBe(HttpStatusCode.OK);
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
        await browser.Post("sign-up", new { email });
        var link = PathOf((await _host.MailTo(email)).Link);
        (await browser.Get(link)).Body.ShouldContain("type=\"password\"");
        (await browser.SignIn(email)).ShouldBeProblem(401, "credentials.wrong");
        (await Press(link)).ShouldContain("at least 8");
        (await Press(link, ("password", "password"), ("name", "Ann"))).ShouldContain("value=\"Ann\"");
        (await Press(link, ("password", SignInHost.Password), ("name", "Ann"))).ShouldContain("verified");
        (await browser.Get(link)).Body.ShouldContain("Your address is verified");
        (await browser.SignIn(email)).Status.ShouldBe(HttpStatusCode.OK);

        await browser.Post("password-resets", new { email });
        var reset = PathOf((await _host.MailTo(email)).Link);
        (await browser.Get(reset)).Body.ShouldContain("type=\"password\"");
        (await Press(reset, ("password", "short"))).ShouldContain("at least 8");
        (await Press(reset, ("password", "another password"))).ShouldContain("changed");
        (await browser.Get(reset)).Body.ShouldContain("does not work a second time");
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
