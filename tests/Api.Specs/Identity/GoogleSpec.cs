using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Signing in with Google, against a server on this machine that answers as Google does.</summary>
[TestFixture]
public sealed class GoogleSpec
{
    private const string Begin = "auth/google?returnTo=/inbox";

    private GoogleServer _google = null!;
    private SignInHost _host = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _google = await GoogleServer.Start();
        _host = await SignInHost.Start(_google.Options);
    }

    [OneTimeTearDown]
    public async Task End()
    {
        await _host.DisposeAsync();
        await _google.DisposeAsync();
    }

    [SetUp]
    public void Reset() => _google.Instead = null;

    [Test]
    public async Task A_person_signs_in_and_has_an_account_from_then_on()
    {
        _google.Person = Person("108", "ann@example.org");
        using var browser = _host.NewBrowser();
        using var back = await SignIn(browser);

        back.StatusCode.ShouldBe(HttpStatusCode.Found);
        back.Headers.Location!.OriginalString.ShouldBe("/inbox");
        var me = (await browser.Get("me")).Json.GetProperty("account");
        me.GetProperty("email").GetString().ShouldBe("ann@example.org");
        me.GetProperty("hasGoogle").GetBoolean().ShouldBeTrue();
        me.GetProperty("hasPassword").GetBoolean().ShouldBeFalse();
        (
            await _host.Scalar<string>("select u.google_id from snorq.users u where u.email = 'ann@example.org'")
        ).ShouldBe("108");

        // The address there changed; whose account it is did not.
        _google.Person = Person("108", "ann.lee@example.org");
        using var again = _host.NewBrowser();
        (await SignIn(again)).Dispose();
        (await again.Get("me"))
            .Json.GetProperty("account")
            .GetProperty("id")
            .GetGuid()
            .ShouldBe(me.GetProperty("id").GetGuid());
    }

    [Test]
    public async Task An_account_with_a_password_is_linked_and_keeps_it()
    {
        var bob = await _host.NewPerson();
        _google.Person = Person("200", bob);
        using var browser = _host.NewBrowser();
        (await SignIn(browser)).StatusCode.ShouldBe(HttpStatusCode.Found);
        using var other = await _host.SignIn(bob);

        _google.Person = Person("201", bob);
        using var stranger = _host.NewBrowser();
        (await Ended(stranger)).ShouldBeProblem(409, "google.other_account");
    }

    [Test]
    public async Task A_closed_account_stays_closed()
    {
        var eve = await _host.NewPerson();
        using var browser = await _host.SignIn(eve);
        var id = (await browser.Get("me")).Json.GetProperty("account").GetProperty("id").GetGuid();
        await _host.Api.Send(Guid.Empty, new SetUserActive(id, Active: false));
        _google.Person = Person("300", eve);

        (await Ended(browser)).ShouldBeProblem(403, "google.account_closed");
        (await browser.Get("me")).ShouldBeProblem(401, "authentication.required");
    }

    [Test]
    public async Task An_address_that_Google_has_not_verified_opens_nothing()
    {
        _google.Person = new
        {
            sub = "400",
            email = "victim@example.org",
            email_verified = false,
        };
        using var browser = _host.NewBrowser();
        (await Ended(browser)).ShouldBeProblem(403, "google.email_not_verified");
        (await browser.Get("me")).ShouldBeProblem(401, "authentication.required");
    }

    [Test]
    public async Task What_was_begun_in_one_browser_does_not_end_in_another()
    {
        _google.Person = Person("500", "mallory@example.org");
        using var mallorys = _host.NewBrowser();
        using var anns = _host.NewBrowser();
        using var begun = await mallorys.Follow(Begin);
        var back = _google.Agree(begun.Headers.Location!);

        (await anns.Get(back)).ShouldBeProblem(409, "google.state");
        using var other = await anns.Follow(Begin);
        (await anns.Get(back)).ShouldBeProblem(409, "google.state");
        (await mallorys.Get("auth/google/callback?code=code-1")).ShouldBeProblem(409, "google.state");
        (await anns.Get("me")).ShouldBeProblem(401, "authentication.required");
    }

    [Test]
    public async Task A_code_works_once_and_a_made_up_one_never()
    {
        _google.Person = Person("600", "carl@example.org");
        using var browser = _host.NewBrowser();
        using var begun = await browser.Follow(Begin);
        var back = _google.Agree(begun.Headers.Location!);
        var cookie = browser.Cookies.GetCookieHeader(browser.Address);
        using var first = await browser.Follow(back);
        first.StatusCode.ShouldBe(HttpStatusCode.Found);
        browser.Cookies.SetCookies(browser.Address, cookie.Split("; ").Single(one => one.Contains("google")));

        (await browser.Get(back)).ShouldBeProblem(403, "google.refused");
        using var again = await browser.Follow(Begin);
        var state = System.Web.HttpUtility.ParseQueryString(again.Headers.Location!.Query)["state"];
        (await browser.Get($"auth/google/callback?code=made-up&state={state}")).ShouldBeProblem(403, "google.refused");
        using var last = await browser.Follow(Begin);
        state = System.Web.HttpUtility.ParseQueryString(last.Headers.Location!.Query)["state"];
        (await browser.Get($"auth/google/callback?error=access_denied&state={state}")).ShouldBeProblem(
            403,
            "google.refused"
        );
    }

    [TestCase(500, "{}")]
    [TestCase(200, "{}")]
    [TestCase(200, "null")]
    [TestCase(200, "<html>")]
    [TestCase(302, "")]
    public async Task Google_that_does_not_answer_as_it_should_is_told_from_a_refusal(int status, string body)
    {
        _google.Instead = (status, body);
        using var browser = _host.NewBrowser();
        (await Ended(browser)).ShouldBeProblem(503, "google.unavailable");
    }

    [TestCase("//elsewhere.example")]
    [TestCase("/\\elsewhere.example")]
    [TestCase("https://elsewhere.example")]
    [TestCase("inbox")]
    public async Task Nobody_is_led_elsewhere(string returnTo)
    {
        using var browser = _host.NewBrowser();
        (await browser.Get($"auth/google?returnTo={Uri.EscapeDataString(returnTo)}")).ShouldBeProblem(
            400,
            "request.malformed"
        );
    }

    [Test]
    public async Task Where_no_client_is_named_there_is_no_signing_in_with_Google()
    {
        using var stranger = Shared.Api.NewClient();
        using var answer = await stranger.GetAsync(new Uri("/api/v1/auth/google", UriKind.Relative));
        (await Answer.Of(answer)).ShouldBeProblem(404, "google.off");
    }

    private static object Person(string id, string email) =>
        new
        {
            sub = id,
            email,
            email_verified = true,
            name = "Ann",
        };

    private async Task<HttpResponseMessage> SignIn(Browser browser)
    {
        using var begun = await browser.Follow(Begin);
        begun.StatusCode.ShouldBe(HttpStatusCode.Found);
        return await browser.Follow(_google.Agree(begun.Headers.Location!));
    }

    private async Task<Answer> Ended(Browser browser)
    {
        using var ended = await SignIn(browser);
        return await Answer.Of(ended);
    }
}
