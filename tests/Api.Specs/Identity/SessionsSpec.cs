using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Signed-in people and programs, over HTTP: what they see of themselves, and what ends it.</summary>
[TestFixture]
public sealed class SessionsSpec
{
    private SignInHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await SignInHost.Start();

    [OneTimeTearDown]
    public async Task End() => await _host.DisposeAsync();

    [Test]
    public async Task A_person_sees_and_ends_sessions_of_their_own_and_nobody_elses()
    {
        var ann = await _host.NewPerson();
        using var here = await _host.SignIn(ann);
        using var there = await _host.SignIn(ann);
        using var bob = await _host.SignIn(await _host.NewPerson());
        var sessions = await here.Get("sessions");
        var items = sessions.Json.GetProperty("items").EnumerateArray().ToList();
        items.Count.ShouldBe(2);
        items[1].GetProperty("current").GetBoolean().ShouldBeTrue("newest first, and the first sign-in asks");
        items[0].GetProperty("userAgent").GetString().ShouldBe("Specs/1.0");
        sessions.Body.ShouldNotContain("ss_");
        var id = items[0].GetProperty("id").GetGuid();

        (await bob.Delete($"sessions/{id}")).ShouldBeProblem(404, "session.not_found");
        (await bob.Delete($"sessions/{Guid.CreateVersion7()}")).ShouldBeProblem(404, "session.not_found");
        (await there.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
        (await here.Delete($"sessions/{id}")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await there.Get("me")).ShouldBeProblem(401, "authentication.required");
        (await here.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task Sessions_are_listed_in_pages_and_all_others_end_at_once()
    {
        var ann = await _host.NewPerson();
        using var first = await _host.SignIn(ann);
        using var second = await _host.SignIn(ann);
        using var third = await _host.SignIn(ann);
        var page = await third.Get("sessions?limit=2");
        page.Json.GetProperty("items").GetArrayLength().ShouldBe(2);
        var rest = await third.Get($"sessions?limit=2&after={page.Json.GetProperty("next").GetString()}");
        rest.Json.GetProperty("items").GetArrayLength().ShouldBe(1);
        rest.Json.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
        (await third.Get("sessions?after=nonsense")).ShouldBeProblem(400, "request.malformed");
        (await third.Get("sessions?limit=0")).ShouldBeProblem(422, "request.invalid");

        (await third.Delete("sessions")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await first.Get("me")).ShouldBeProblem(401, "authentication.required");
        (await second.Get("me")).ShouldBeProblem(401, "authentication.required");
        (await third.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task A_program_goes_on_with_refresh_tokens_until_one_comes_back_a_second_time()
    {
        var ann = await _host.NewPerson();
        using var program = _host.NewBrowser();
        var given = await program.Post("tokens", new { email = ann, password = SignInHost.Password });
        given.Status.ShouldBe(HttpStatusCode.OK, given.Body);
        given.Headers.ShouldNotContain("Set-Cookie");
        program.Bearer = Text(given, "accessToken");
        (await program.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
        var first = Text(given, "refreshToken");

        var second = Text(await Refresh(first), "refreshToken");
        // Its answer was lost: within moments it may be repeated.
        var third = Text(await Refresh(first), "refreshToken");
        third.ShouldNotBe(second);
        (await Refresh(second)).ShouldBeProblem(401, "refresh_token.reused");

        (await Refresh(third)).ShouldBeProblem(401, "refresh_token.wrong");
        (await program.Get("me")).ShouldBeProblem(401, "authentication.required");
        foreach (var none in new[] { null, "", "rt_", "rt_" + new string('A', 64), first[..^1], program.Bearer })
            (await Refresh(none)).ShouldBeProblem(401, "refresh_token.wrong");

        async Task<Answer> Refresh(string? refreshToken)
        {
            using var client = _host.NewBrowser();
            return await client.Post("tokens/refresh", new { refreshToken });
        }
    }

    [Test]
    public async Task A_password_is_changed_with_the_present_one_and_the_other_sessions_end()
    {
        var ann = await _host.NewPerson();
        using var here = await _host.SignIn(ann);
        using var there = await _host.SignIn(ann);
        (await here.Put("me/password", new { current = "wrong", password = "another password" })).ShouldBeProblem(
            403,
            "password.wrong"
        );
        (await here.Put("me/password", new { current = SignInHost.Password, password = "12345678" }))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("password")
            .ShouldContain("tried first");

        (
            await here.Put("me/password", new { current = SignInHost.Password, password = "another password" })
        ).Status.ShouldBe(HttpStatusCode.NoContent);

        (await here.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
        (await there.Get("me")).ShouldBeProblem(401, "authentication.required");
        (await _host.MailTo(ann)).Subject.ShouldBe("Your password was changed");
    }

    [Test]
    public async Task A_borrowed_session_cannot_try_passwords_for_long()
    {
        var ann = await _host.NewPerson();
        using var borrowed = await _host.SignIn(ann);
        for (var i = 0; i < 10; i++)
            (
                await borrowed.Put("me/password", new { current = $"guess {i}", password = "another password" })
            ).ShouldBeProblem(403, "password.wrong");

        var refused = await borrowed.Put("me/password", new { current = "guess", password = "another password" });
        refused.ShouldBeProblem(429, "sign_in.too_often").Headers.ShouldContain("Retry-After");
        using var owner = await _host.SignIn(ann);
        (
            await owner.Put("me/password", new { current = SignInHost.Password, password = "another password" })
        ).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Test]
    public async Task A_profile_is_replaced_and_an_account_removed_with_its_password()
    {
        var ann = await _host.NewPerson();
        using var browser = await _host.SignIn(ann);
        (await browser.Put("me/profile", new { name = "Ann Lee", firstName = "Ann" })).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await browser.Put("me/profile", new { avatarUrl = "http://example.org/a.png" }))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("avatarUrl")
            .ShouldContain("https");
        (await browser.Get("me")).Json.GetProperty("account").GetProperty("name").GetString().ShouldBe("Ann Lee");
        (await browser.Delete("me", new { password = "wrong" })).ShouldBeProblem(403, "password.wrong");

        (await browser.Delete("me", new { password = SignInHost.Password })).Status.ShouldBe(HttpStatusCode.NoContent);

        (await browser.Get("me")).ShouldBeProblem(401, "authentication.required");
        (await browser.SignIn(ann)).ShouldBeProblem(401, "credentials.wrong");
        (await _host.Scalar<long>($"select count(*) from access.users u where u.email = '{ann}'")).ShouldBe(0);
    }

    [Test]
    public async Task A_session_works_in_an_organization_of_the_persons_and_in_no_other()
    {
        var ann = await _host.NewPerson();
        var acme = await _host.Api.Send(Guid.Empty, new CreateOrganization("Acme", "acme", ann));
        var second = await _host.Api.Send(Guid.Empty, new CreateOrganization("Second", "second", ann));
        var foreign = await _host.Api.Send(Guid.Empty, new CreateOrganization("Other", "other", "o@example.org"));
        using var browser = await _host.SignIn(ann);
        (await OrganizationOf(browser)).ShouldBeNull("of two organizations the person chooses one");

        (await browser.Put("session/organization", new { id = second })).Status.ShouldBe(HttpStatusCode.NoContent);
        (await OrganizationOf(browser)).ShouldBe(second);
        (await browser.Put("session/organization", new { id = foreign })).ShouldBeProblem(
            404,
            "organization.not_found"
        );
        (await browser.Put("session/organization", new { id = Guid.CreateVersion7() })).ShouldBeProblem(
            404,
            "organization.not_found"
        );
        (await OrganizationOf(browser)).ShouldBe(second);
        using (var later = await _host.SignIn(ann))
            (await OrganizationOf(later)).ShouldBe(second, "a session begins in the organization chosen last");

        await _host.Api.Send(second, new CloseOrganization());
        using (var last = await _host.SignIn(ann))
            (await OrganizationOf(last)).ShouldBe(acme, "the only organization needs no choice");

        (await browser.Delete("me", new { password = SignInHost.Password })).ShouldBeProblem(
            409,
            "account.owns_organization"
        );
        await _host.Api.Send(
            Guid.Empty,
            new SetUserRole(
                (await browser.Get("me")).Json.GetProperty("account").GetProperty("id").GetGuid(),
                "superadmin",
                Held: true
            )
        );
        (await browser.Put("session/organization", new { id = foreign })).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Test]
    public async Task What_changes_something_must_come_from_our_own_pages()
    {
        using var browser = await _host.SignIn(await _host.NewPerson());
        browser.Csrf = null;
        (await browser.Put("me/profile", new { name = "x" })).Status.ShouldBe(HttpStatusCode.Forbidden);
        browser.Csrf = "something else";
        (await browser.Post("sign-out")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task Nobody_is_nobody()
    {
        using var stranger = _host.NewBrowser();
        foreach (var path in new[] { "me", "sessions" })
            (await stranger.Get(path)).ShouldBeProblem(401, "authentication.required");

        (await stranger.Post("sign-out")).ShouldBeProblem(401, "authentication.required");
        stranger.Bearer = "at_" + new string('A', 75);
        (await stranger.Get("me")).ShouldBeProblem(401, "authentication.required");
        using var tenant = await _host.Api.NewTenant();
        (await tenant.Get("/api/v1/me")).Status.ShouldBe(HttpStatusCode.Forbidden, "a key is no person");
    }

    private static async Task<Guid?> OrganizationOf(Browser browser)
    {
        var chosen = (await browser.Get("me")).Json.GetProperty("account").GetProperty("organizationId");
        return chosen.ValueKind == JsonValueKind.Null ? null : chosen.GetGuid();
    }

    private static string Text(Answer answer, string field) =>
        answer.Json.TryGetProperty(field, out var value)
            ? value.GetString()!
            : throw new InvalidOperationException(answer.Body);
}
