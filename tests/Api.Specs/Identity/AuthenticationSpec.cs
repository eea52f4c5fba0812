using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Who is let in by what they show.</summary>
public sealed class AuthenticationSpec : TenantSpec
{
    private const string Organization = "/api/v1/organization";
    private const string Keys = "/api/v1/keys";

    [Test]
    public async Task A_key_opens_what_is_in_its_scopes_and_nothing_else()
    {
        var made = await Ours.Post(Keys, """{"name":"reader","scopes":["contacts:read"]}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        using var http = With("Bearer", made.Json.GetProperty("key").GetString()!);

        (await http.Ask(HttpMethod.Get, TestTenant.List)).Status.ShouldBe(HttpStatusCode.OK);
        (await http.Ask(HttpMethod.Get, Organization)).ShouldBeProblem(403, "access.denied");
        (await http.Ask(HttpMethod.Post, Keys, """{"name":"x"}""")).ShouldBeProblem(403, "access.denied");
    }

    [Test]
    public async Task A_key_does_not_make_one_that_opens_more()
    {
        var made = await Ours.Post(Keys, """{"name":"maker","scopes":["keys:write"]}""");
        using var http = With("Bearer", made.Json.GetProperty("key").GetString()!);

        (await http.Ask(HttpMethod.Post, Keys, """{"name":"x","scopes":["contacts:erase"]}""")).ShouldBeProblem(
            403,
            "api_key.beyond_own"
        );
        (await http.Ask(HttpMethod.Post, $"{Keys}/{Ours.Key.Id}/rotations")).ShouldBeProblem(403, "api_key.beyond_own");
        (await http.Ask(HttpMethod.Post, Keys, """{"name":"x"}""")).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Test]
    public async Task During_its_grace_the_secret_before_opens()
    {
        var made = await Ours.Post(Keys, """{"name":"Site","rotationPolicy":"90d"}""");
        var id = made.Json.GetProperty("id").GetGuid();
        using var before = With("Bearer", made.Json.GetProperty("key").GetString()!);
        var rotated = await Ours.Post($"{Keys}/{id}/rotations");
        rotated.Json.GetProperty("previousUntil").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
        using var after = With("Bearer", rotated.Json.GetProperty("key").GetString()!);

        (await before.Ask(HttpMethod.Get, Organization)).Status.ShouldBe(HttpStatusCode.OK);
        (await after.Ask(HttpMethod.Get, Organization)).Status.ShouldBe(HttpStatusCode.OK);
        (await Ours.Post($"{Keys}/{id}/rotations?graceHours=169")).ShouldBeProblem(422, "request.invalid");
        (await Ours.Post($"{Keys}/{id}/rotations?graceHours=0")).Status.ShouldBe(HttpStatusCode.OK);
        (await before.Ask(HttpMethod.Get, Organization)).ShouldBeProblem(401, "authentication.required");
        (await after.Ask(HttpMethod.Get, Organization)).ShouldBeProblem(401, "authentication.required");
    }

    [Test]
    public async Task Keys_open_nothing_where_the_plan_has_no_API_and_persons_still_come_in()
    {
        using var person = await Shared.Api.NewPerson(Ours.Organization, "admin");
        await Shared.Api.Send(Ours.Organization, new SetPlan("pro", Seats: 10));

        (await Ours.Get(Organization)).ShouldBeProblem(403, "plan.api_access").Detail.ShouldContain("business");
        (await person.Http.Ask(HttpMethod.Get, Organization)).Status.ShouldBe(HttpStatusCode.OK);
        (await person.Http.Ask(HttpMethod.Post, Keys, """{"name":"x"}""")).ShouldBeProblem(403, "plan.api_access");

        await Shared.Api.Send(Ours.Organization, new SetPlan("business", Seats: 10));
        (await Ours.Get(Organization)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task An_installation_may_open_its_API_to_every_plan()
    {
        await using var open = await TestApi.StartBeside(
            new ApiOptions { Api = new ApiAccessOptions { Plan = "free" } }
        );
        await Shared.Api.Send(Ours.Organization, new SetPlan("free", Seats: 10));
        using var http = open.NewClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Ours.Key.Key);

        (await http.Ask(HttpMethod.Get, Organization)).Status.ShouldBe(HttpStatusCode.OK);
        (await http.Ask(HttpMethod.Post, Keys, """{"name":"x"}""")).Status.ShouldBe(HttpStatusCode.Created);
        Should.Throw<InvalidOperationException>(() => new ApiAccessOptions { Plan = "gold" });
    }

    [Test]
    public async Task What_changes_something_by_cookie_shows_that_it_comes_from_our_pages()
    {
        using var browser = await Browser(Ours.Organization);
        const string body = """{"name":"From a browser"}""";

        (await browser.Http.Ask(HttpMethod.Get, Organization)).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.Http.Ask(HttpMethod.Post, Keys, body)).ShouldBeProblem(403, "csrf.missing");
        (await browser.Http.Ask(HttpMethod.Post, Keys, body, ("X-CSRF-Token", "x"))).ShouldBeProblem(
            403,
            "csrf.missing"
        );
        (
            await browser.Http.Ask(HttpMethod.Post, Keys, body, ("X-CSRF-Token", Csrf(Guid.CreateVersion7())))
        ).ShouldBeProblem(403, "csrf.missing");
        var ours = ("X-CSRF-Token", Csrf(browser.Session));
        (await browser.Http.Ask(HttpMethod.Post, Keys, body, ours)).Status.ShouldBe(HttpStatusCode.Created);
        (await browser.Http.Ask(HttpMethod.Post, Keys, body, ours, ("Sec-Fetch-Site", "cross-site"))).ShouldBeProblem(
            403,
            "csrf.missing"
        );
        (await browser.Http.Ask(HttpMethod.Post, Keys, body, ours, ("Sec-Fetch-Site", "same-origin"))).Status.ShouldBe(
            HttpStatusCode.Created
        );
    }

    [Test]
    public async Task A_session_that_ended_opens_nothing_and_a_header_goes_before_a_cookie()
    {
        using var browser = await Browser(Ours.Organization);
        (
            await browser.Http.Ask(HttpMethod.Get, Organization, null, ("Authorization", "Bearer sk_live_1"))
        ).ShouldBeProblem(401, "authentication.required");

        await Shared.Api.EndSession(browser.Session);

        (await browser.Http.Ask(HttpMethod.Get, Organization))
            .ShouldBeProblem(401, "authentication.required")
            .Headers.ShouldContain("invalid_token");
    }

    [Test]
    public async Task A_browsers_session_is_no_programs_and_a_programs_no_browsers()
    {
        using var browser = await Browser(Ours.Organization);
        var tokens = Shared.Api.App.Services.GetRequiredService<AccessTokens>();
        using var http = With("Bearer", tokens.Issue(browser.Session).Token);

        (await http.Ask(HttpMethod.Get, Organization)).ShouldBeProblem(401, "authentication.required");
    }

    [Test]
    public async Task Whoever_leaves_the_organization_has_none_chosen_until_they_choose_one()
    {
        using var person = await Shared.Api.NewPerson(Ours.Organization, "admin");
        (await person.Http.Ask(HttpMethod.Get, Organization)).Status.ShouldBe(HttpStatusCode.OK);

        await Shared.Api.Send(Ours.Organization, new RemoveMember(person.User));

        (await person.Http.Ask(HttpMethod.Get, Organization))
            .ShouldBeProblem(403, "organization.none")
            .Detail.ShouldContain("/api/v1/session/organization");
    }

    [Test]
    public async Task A_superadmin_may_do_everything_in_the_organization_that_is_chosen()
    {
        using var member = await Shared.Api.NewPerson(Ours.Organization, "viewer");
        (await member.Http.Ask(HttpMethod.Post, Keys, """{"name":"x"}""")).ShouldBeProblem(403, "access.denied");

        await Shared.Api.Send(Guid.Empty, new SetUserRole(member.User, "superadmin", Held: true));
        (await member.Http.Ask(HttpMethod.Post, Keys, """{"name":"x"}""")).Status.ShouldBe(HttpStatusCode.Created);

        await Shared.Api.Send(Guid.Empty, new SetUserRole(member.User, "superadmin", Held: false));
        (await member.Http.Ask(HttpMethod.Post, Keys, """{"name":"x"}""")).ShouldBeProblem(403, "access.denied");
    }

    [Test]
    public async Task Every_use_of_a_key_is_counted()
    {
        for (var i = 0; i < 3; i++)
            await Ours.Get(Organization);

        await Shared.Api.App.Services.GetRequiredService<KeyUsage>().Flush(CancellationToken.None);

        var shown = await Ours.Get($"{Keys}/{Ours.Key.Id}");
        shown.Json.GetProperty("usageCount").GetInt64().ShouldBe(3);
        shown.Json.GetProperty("lastUsedAt").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
    }

    private static HttpClient With(string scheme, string secret)
    {
        var http = Shared.Api.NewClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(scheme, secret);
        return http;
    }

    private static string Csrf(Guid session) => Shared.Api.App.Services.GetRequiredService<CsrfTokens>().Of(session);

    /// <summary>A new administrator's browser, signed in by its cookie.</summary>
    private static async Task<TestPerson> Browser(Guid organization)
    {
        using var member = await Shared.Api.NewPerson(organization, "admin");
        return await Shared.Api.SignInBrowser(member.User, organization);
    }
}
