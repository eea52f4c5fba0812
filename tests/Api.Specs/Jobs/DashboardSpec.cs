using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Jobs;

/// <summary>Hangfire's dashboard is for operators in a browser: some act, some look, nobody else comes in.</summary>
public sealed class DashboardSpec : TenantSpec
{
    private const string Dashboard = "/console/jobs";
    private const string Trigger = $"{Dashboard}/recurring/trigger";

    [Test]
    public async Task Whoever_is_no_operator_in_a_browser_sees_nothing()
    {
        using var stranger = Shared.Api.NewClient();
        using var program = await Shared.Api.NewPerson(Ours.Organization, "admin");
        using var admin = await Shared.Api.SignInBrowser(program.User, Ours.Organization);
        using var homeless = await Shared.Api.SignInBrowser(program.User, organization: null);
        using var superadmin = await Shared.Api.NewPerson(Ours.Organization, "admin");
        await Give(superadmin.User, "superadmin");

        foreach (var path in new[] { "/jobs", Dashboard, $"{Dashboard}/servers", $"{Dashboard}/jobs/succeeded" })
        {
            (await stranger.Ask(HttpMethod.Get, path)).ShouldBeProblem(401, "authentication.required");
            (await Ours.Get(path)).ShouldBeProblem(403, "access.refused");
            (await admin.Http.Ask(HttpMethod.Get, path)).ShouldBeProblem(403, "access.refused");
            (await homeless.Http.Ask(HttpMethod.Get, path)).ShouldBeProblem(403, "access.refused");
            // An operator's program uses the API.
            (await superadmin.Http.Ask(HttpMethod.Get, path)).ShouldBeProblem(403, "access.refused");
        }

        (await admin.Http.Ask(HttpMethod.Post, Trigger, null, Token(admin.Session))).ShouldBeProblem(
            403,
            "access.refused"
        );
    }

    [Test]
    public async Task A_superadmin_sees_and_acts_and_only_from_our_pages()
    {
        using var operators = await Operator("superadmin");

        using var page = await operators.Http.GetAsync(new Uri(Dashboard, UriKind.Relative));
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("SchemaHub jobs");
        html.ShouldContain(Token(operators.Session).Value, customMessage: "the page's script sends it");
        html.ShouldNotContain("Host=", Case.Insensitive);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldStartWith("default-src 'none'; script-src 'self'; ");
        policy.ShouldContain("frame-ancestors 'none'");
        (await operators.Http.Ask(HttpMethod.Get, $"{Dashboard}/recurring")).Body.ShouldContain("quota.reset");

        (await operators.Http.Ask(HttpMethod.Post, Trigger)).ShouldBeProblem(403, "csrf.missing");
        (await operators.Http.Ask(HttpMethod.Post, Trigger, null, Token(Guid.CreateVersion7()))).ShouldBeProblem(
            403,
            "csrf.missing"
        );
        (await operators.Http.Ask(HttpMethod.Post, Trigger, null, Token(operators.Session))).ShouldBeProblem(
            400,
            "request.malformed"
        );
        (await Post(operators, Trigger, ("jobs[]", "quota.reset"))).ShouldBe(HttpStatusCode.NoContent);
    }

    [Test]
    public async Task A_viewer_of_the_installation_looks_and_changes_nothing()
    {
        using var viewer = await Operator("viewer");

        var page = await viewer.Http.Ask(HttpMethod.Get, $"{Dashboard}/recurring");
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Body.ShouldNotContain("recurring/trigger");
        (await viewer.Http.Ask(HttpMethod.Post, Trigger, null, Token(viewer.Session))).ShouldBeProblem(
            403,
            "access.refused"
        );
        (await Post(viewer, $"{Dashboard}/stats", ("metrics[]", "servers:count"))).ShouldBe(HttpStatusCode.OK);

        await Send(new SetUserRole(viewer.User, "viewer", Held: false));
        await Eventually.True(async () =>
            (await viewer.Http.Ask(HttpMethod.Get, Dashboard)).Status == HttpStatusCode.Forbidden
        );
    }

    private async Task<TestPerson> Operator(string role)
    {
        using var person = await Shared.Api.NewPerson(Ours.Organization, "member");
        await Give(person.User, role);
        // An operator needs no organization.
        return await Shared.Api.SignInBrowser(person.User, organization: null);
    }

    private static async Task<HttpStatusCode> Post(TestPerson person, string path, (string Name, string Value) field)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create(field.Name, field.Value)]),
        };
        request.Headers.Add(Token(person.Session).Name, Token(person.Session).Value);
        using var response = await person.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static Task Give(Guid user, string role) => Send(new SetUserRole(user, role, Held: true));

    private static async Task Send(SetUserRole command) => await Shared.Api.Send(Guid.Empty, command);

    private static (string Name, string Value) Token(Guid session) =>
        ("X-CSRF-Token", Shared.Api.App.Services.GetRequiredService<CsrfTokens>().Of(session));
}
