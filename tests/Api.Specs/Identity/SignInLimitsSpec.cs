using System.Diagnostics;
using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Guessing is slow, links and sessions end, and nobody is shut out by others.</summary>
[TestFixture]
public sealed class SignInLimitsSpec
{
    [Test]
    public async Task Guessing_is_refused_after_ten_and_a_device_that_was_here_before_is_not()
    {
        await using var host = await SignInHost.Start();
        var ann = await host.NewPerson();
        using var known = await host.SignIn(ann);
        await known.Post("sign-out");
        using var guesser = host.NewBrowser();
        for (var i = 0; i < 10; i++)
            (await guesser.SignIn(ann, $"guess {i}")).ShouldBeProblem(401, "credentials.wrong");

        var refused = (await guesser.SignIn(ann)).ShouldBeProblem(429, "sign_in.too_often");
        refused.Headers.ShouldContain("Retry-After: ");
        (await guesser.Post("tokens", new { email = ann, password = SignInHost.Password })).ShouldBeProblem(
            429,
            "sign_in.too_often"
        );
        (await known.SignIn(ann)).Status.ShouldBe(HttpStatusCode.OK, "it is held to its own count");
    }

    [Test]
    public async Task While_strangers_guess_a_mailed_link_lets_the_owner_in_on_a_new_device()
    {
        await using var host = await SignInHost.Start(options: options =>
            options with
            {
                TrustedProxies = ["127.0.0.1"],
            }
        );
        var ann = await host.NewPerson();
        for (var network = 0; network < 10; network++)
        {
            for (var i = 0; i < 10; i++)
                await Guess(host, ann, $"10.{network}.0.7");
        }

        using var fresh = host.NewBrowser();
        var refused = (await fresh.SignIn(ann)).ShouldBeProblem(429, "sign_in.too_often");
        refused.Detail.ShouldContain("device-links");
        (await fresh.SignIn($"x{Guid.CreateVersion7():n}@example.org")).ShouldBeProblem(401, "credentials.wrong");
        for (var i = 0; i < 3; i++)
            (await fresh.Post("device-links", new { email = ann })).Status.ShouldBe(HttpStatusCode.Accepted);

        (await fresh.Post("device-links", new { email = "nobody@example.org" })).Status.ShouldBe(
            HttpStatusCode.Accepted
        );
        var mail = await host.MailTo(ann);
        mail.Subject.ShouldBe("Sign in in spite of wrong guesses");
        var token = SignInHost.TokenOf(mail);
        (await fresh.Post("email-verifications/confirm", new { token, password = "another password" })).ShouldBeProblem(
            404,
            "token.unknown"
        );
        var device = await fresh.Post("device-links/confirm", new { token });
        device.Status.ShouldBe(HttpStatusCode.OK, device.Body);
        (await fresh.SignIn(ann, "wrong password")).ShouldBeProblem(401, "credentials.wrong");
        (await fresh.SignIn(ann)).Status.ShouldBe(HttpStatusCode.OK);
        using var program = host.NewBrowser();
        var body = new
        {
            email = ann,
            password = SignInHost.Password,
            device = device.Json.GetProperty("device").GetString(),
        };
        (await program.Post("tokens", body)).Status.ShouldBe(HttpStatusCode.OK);

        using var late = host.NewBrowser();
        host.Clock.Advance(TimeSpan.FromHours(1));
        (await late.Post("device-links/confirm", new { token })).ShouldBeProblem(410, "token.expired");
        (await late.Get(mail.Link.AbsolutePath)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await late.SignIn(ann)).ShouldBeProblem(429, "sign_in.too_often");
    }

    [Test]
    public async Task Two_people_who_share_a_browser_are_both_known_there()
    {
        await using var host = await SignInHost.Start();
        var (ann, bob) = (await host.NewPerson(), await host.NewPerson());
        using var shared = await host.SignIn(ann);
        (await shared.SignIn(bob)).Status.ShouldBe(HttpStatusCode.OK);
        shared.Csrf = null;
        using var guesser = host.NewBrowser();
        foreach (var email in new[] { ann, bob })
        {
            for (var i = 0; i < 10; i++)
                await guesser.SignIn(email, $"guess {i}");

            (await guesser.SignIn(email)).ShouldBeProblem(429, "sign_in.too_often");
            (await shared.SignIn(email)).Status.ShouldBe(HttpStatusCode.OK);
        }
    }

    private static async Task Guess(SignInHost host, string email, string from)
    {
        using var http = host.Api.NewClient();
        http.DefaultRequestHeaders.Add("X-Forwarded-For", from);
        (
            await http.Ask(
                HttpMethod.Post,
                "/api/v1/sign-in",
                System.Text.Json.JsonSerializer.Serialize(new { email, password = "a wrong password" }),
                []
            )
        ).ShouldBeProblem(401, "credentials.wrong");
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task A_hundred_sign_ins_a_second_from_one_address_are_answered_and_the_service_goes_on(
        CancellationToken cancellation
    )
    {
        await using var host = await SignInHost.Start();
        using var browser = await host.SignIn(await host.NewPerson());
        using var flood = host.NewBrowser();
        var answers = new List<Answer>();
        for (var second = 0; second < 3; second++)
        {
            var wave = Enumerable
                .Range(0, 100)
                .Select(n => flood.SignIn($"{second}-{n}@example.org", "a wrong password"))
                .ToList();
            var begun = Stopwatch.GetTimestamp();
            (await browser.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
            Stopwatch.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(10));
            answers.AddRange(await Task.WhenAll(wave));
        }

        // Wrong, too often, or too many at once: each is an answer, and none of them a failure.
        answers.ShouldAllBe(answer =>
            (int)answer.Status == 401 || (int)answer.Status == 429 || (int)answer.Status == 503
        );
        answers.Where(answer => (int)answer.Status == 503).ShouldAllBe(answer => answer.Code == "passwords.busy");
        answers.Count(answer => (int)answer.Status == 401).ShouldBeLessThanOrEqualTo(50);
        answers.TakeLast(100).ShouldAllBe(answer => (int)answer.Status == 429);
        // Notes are written behind the requests; where the first is there, all of these are.
        await Eventually.True(async () => await Incidents() > 0);

        (await Incidents()).ShouldBe(1, "one for the window, not one for each attempt");

        Task<long> Incidents() =>
            host.Scalar<long>(
                "select count(*) from events.mt_events e "
                    + "where e.type = 'security_incident_noted' and e.data ->> 'kind' = 'sign_in_locked'"
            );
    }

    [Test]
    public async Task Links_and_sessions_end_with_their_time()
    {
        await using var host = await SignInHost.Start();
        var ann = await host.NewPerson();
        using var browser = await host.SignIn(ann);
        await browser.Post("password-resets", new { email = ann });
        await browser.Post("sign-up", new { email = "bob@example.org" });
        var reset = SignInHost.TokenOf(await host.MailTo(ann));
        var verification = SignInHost.TokenOf(await host.MailTo("bob@example.org"));
        host.Clock.Advance(TimeSpan.FromHours(1));
        (
            await browser.Post("password-resets/confirm", new { token = reset, password = "another password" })
        ).ShouldBeProblem(410, "token.expired");

        host.Clock.Advance(TimeSpan.FromHours(23));
        (
            await browser.Post(
                "email-verifications/confirm",
                new { token = verification, password = SignInHost.Password }
            )
        ).ShouldBeProblem(410, "token.expired");
        host.Clock.Advance(TimeSpan.FromDays(6));
        (await browser.Get("me")).ShouldBeProblem(401, "authentication.required");
    }

    [Test]
    public async Task Forms_that_send_mail_are_limited_by_network()
    {
        await using var host = await SignInHost.Start(formsPerMinute: 3);
        using var browser = host.NewBrowser();
        for (var i = 0; i < 3; i++)
            await browser.Post("password-resets", new { email = $"p{i}@example.org" });

        (await browser.Post("password-resets", new { email = "p@example.org" })).ShouldBeProblem(429, "rate.exceeded");
    }
}
