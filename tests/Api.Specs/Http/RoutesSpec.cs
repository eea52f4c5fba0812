using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Http;

/// <summary>What holds for every route, also for those that are added later.</summary>
public sealed class RoutesSpec : TenantSpec
{
    /// <summary>Open to everybody. Each line here is a decision; the list grows only with one.</summary>
    private static readonly string[] Public =
    [
        "GET /health/live",
        "GET /health/ready",
        "GET /openapi/{documentName}.json",
        "GET /problems/{code}",
        // Pages for people: who may do what is in the token of a mail to them, and a form is there to be posted to.
        .. Page("/lists/{organizationId:guid}/{formId:guid}"),
        .. Read("/lists/{organizationId:guid}/{formId:guid}/snippet"),
        .. Page("/confirm/{token}"),
        .. Page("/unsubscribe/{token}"),
        .. Page("/preferences/{token}"),
        .. Page("/account/verify/{token}"),
        .. Page("/account/reset/{token}"),
        .. Page("/account/device/{token}"),
        .. Page("/invitations/{token}"),
        // Pictures and links in mails: the token vouches for the mail, and for where the link leads.
        .. Read("/t/o/{token}"),
        .. Read("/t/c/{token}"),
        // How people come in: who is not known yet, and who holds a link from a mail.
        "POST /api/v1/sign-up",
        "POST /api/v1/sign-in",
        "POST /api/v1/tokens",
        "POST /api/v1/tokens/refresh",
        "POST /api/v1/email-verifications",
        "POST /api/v1/email-verifications/confirm",
        "POST /api/v1/password-resets",
        "POST /api/v1/password-resets/confirm",
        "POST /api/v1/device-links",
        "POST /api/v1/device-links/confirm",
        "GET /api/v1/auth/google",
        "GET /api/v1/auth/google/callback",
        // Whoever signed it tells what became of mails; no provider can send a key of ours.
        "POST /webhooks/resend",
    ];

    [Test]
    public void Only_the_routes_on_the_list_are_public() =>
        Routes()
            .Where(route => route.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            .SelectMany(Names)
            .Except(Public)
            .ShouldBeEmpty("Call RequireAuthorization, or put the route on the list of this spec and say why.");

    [Test]
    public async Task Every_other_route_asks_for_a_key()
    {
        using var stranger = Shared.Api.NewClient();
        var closed = Routes().SelectMany(Names).Except(Public).ToList();
        closed.Count.ShouldBeGreaterThan(10);
        foreach (var route in closed)
        {
            var (method, path) = (
                route.Split(' ')[0],
                Filled(route.Split(' ')[1], route.Contains(":guid") ? $"{Guid.CreateVersion7()}" : "1")
            );
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            using var response = await stranger.SendAsync(request);

            var answer = (await Answer.Of(response)).ShouldBeProblem(401, "authentication.required");
            answer.Headers.ShouldContain("WWW-Authenticate: Bearer", Case.Sensitive, route);
        }
    }

    [TestCase("Bearer sk_live_0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("Bearer sk_live_1")]
    [TestCase("Bearer ")]
    [TestCase("Basic YTpi")]
    [TestCase("nonsense")]
    public async Task A_key_that_is_not_known_opens_nothing(string authorization)
    {
        using var stranger = Shared.Api.NewClient();
        stranger.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        using var response = await stranger.GetAsync(new Uri(TestTenant.List, UriKind.Relative));

        (await Answer.Of(response))
            .ShouldBeProblem(401, "authentication.required")
            .Headers.ShouldContain("invalid_token");
    }

    [Test]
    public async Task Another_organizations_id_answers_as_one_that_does_not_exist()
    {
        using var theirs = await Shared.Api.NewTenant();
        var foreign = await ForeignThings.Of(theirs);
        var withId = Routes()
            // What is a person's own no key opens: the walk asks for it as another person.
            .Where(route => route.Metadata.GetMetadata<ITagsMetadata>()?.Tags.Contains("Own account") != true)
            .SelectMany(Names)
            .Where(route => route.Contains("{id", StringComparison.Ordinal))
            // A person's own, which no key reaches: SessionsSpec asks for somebody else's.
            .Where(route => !route.Contains("/sessions/", StringComparison.Ordinal))
            // A program has no account of its own; OwnPrivacyRequestsSpec asks as people.
            .Where(route => !route.Contains("/me/", StringComparison.Ordinal))
            .ToList();
        withId.Count.ShouldBeGreaterThanOrEqualTo(8);
        foreach (var route in withId)
        {
            var (method, path) = (new HttpMethod(route.Split(' ')[0]), route.Split(' ')[1]);
            // Of a schema's things the kind is the next part, and what shows one is a route of its own.
            var kind = path.Split('/')[3] is "podcast" or "backstage"
                ? string.Join('/', path.Split('/')[3..5])
                : path.Split('/')[3];
            foreign.ShouldContainKey(
                kind,
                $"Make one of their {kind} in this spec, so that {route} can be asked for it."
            );
            var (id, missing, code) = foreign[kind];
            var body = method == HttpMethod.Get ? null : RouteSamples.Body(path);
            var ofForeign = await Ours.Send(method, Filled(path, id), body, ("If-Match", "\"1\""));
            var ofMissing = await Ours.Send(method, Filled(path, missing), body, ("If-Match", "\"1\""));

            ofForeign.ShouldBeProblem(404, code);
            ofForeign.Body.ShouldBe(ofMissing.Body, route);
            WithoutDate(ofForeign.Headers).ShouldBe(WithoutDate(ofMissing.Headers), route);
            (
                await theirs.Get(method == HttpMethod.Get ? Filled(path, id) : Filled($"/api/v1/{kind}/{{id}}", id))
            ).Status.ShouldBe(HttpStatusCode.OK, route);
        }
    }

    [Test]
    public async Task Another_organizations_address_and_wording_are_not_known()
    {
        using var theirs = await Shared.Api.NewTenant();
        await theirs.Subscribe("ann@example.com");
        var wording = await theirs.Post("/api/v1/wordings", """{"language":"en","text":"Yes."}""");
        var sha256 = wording.Json.GetProperty("sha256").GetString();

        (await Ours.Post(TestTenant.List + "/lookups", """{"email":"ann@example.com"}""")).ShouldBeProblem(
            404,
            "contact.not_found"
        );
        (await Ours.Get(TestTenant.List)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await Ours.Get("/api/v1/consent/stats")).Json.GetArrayLength().ShouldBe(0);
        (await Ours.Get($"/api/v1/wordings/{sha256}")).ShouldBeProblem(404, "wording.not_found");
        (
            await Ours.Post(TestTenant.List, $$"""{"email":"bob@example.com","consent":{"wording":"{{sha256}}"} }""")
        ).ShouldBeProblem(422, "wording.unknown");
    }

    [Test]
    public async Task Every_route_is_described_in_OpenAPI_3_1()
    {
        using var stranger = Shared.Api.NewClient();
        var document = JsonSerializer.Deserialize<JsonElement>(
            await stranger.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))
        );

        document.GetProperty("openapi").GetString()!.ShouldStartWith("3.1");
        foreach (var route in Routes().SelectMany(Names).Where(r => r.Contains("/api/", StringComparison.Ordinal)))
        {
            var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
            document
                .GetProperty("paths")
                .TryGetProperty(
                    path.Replace(":long", "", StringComparison.Ordinal).Replace(":guid", "", StringComparison.Ordinal),
                    out var described
                )
                .ShouldBeTrue(route);
            var operation = described.GetProperty(method.ToLowerInvariant());
            operation.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty(route);
            if (!Public.Contains(route))
                operation.GetProperty("security").GetArrayLength().ShouldBeGreaterThan(0, route);

            operation
                .GetProperty("responses")
                .GetProperty("default")
                .GetProperty("$ref")
                .GetString()
                .ShouldBe("#/components/responses/Problem", route);
        }

        document
            .GetProperty("components")
            .GetProperty("responses")
            .GetProperty("Problem")
            .GetProperty("content")
            .TryGetProperty("application/problem+json", out _)
            .ShouldBeTrue();
    }

    [Test]
    public async Task The_description_has_a_page()
    {
        using var stranger = Shared.Api.NewClient();
        using var page = await stranger.GetAsync(new Uri("/docs/index.html", UriKind.Relative));

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("default-src 'self'");
    }

    [Test]
    public async Task Every_answer_tells_browsers_to_do_nothing_with_it_and_names_no_server()
    {
        foreach (var path in new[] { TestTenant.List, "/api/v1/nothing", TestTenant.Contact(1) })
        {
            var answer = await Ours.Get(path);

            answer.Headers.ShouldContain("X-Content-Type-Options: nosniff");
            answer.Headers.ShouldContain("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'");
            answer.Headers.ShouldContain("Referrer-Policy: no-referrer");
            answer.Headers.ShouldContain("no-store");
            answer.Headers.ShouldNotContain("Server:");
        }
    }

    [Test]
    public async Task Every_problem_is_explained_where_it_points()
    {
        var problem = (await Ours.Get(TestTenant.Contact(1))).ShouldBeProblem(404, "contact.not_found");
        using var stranger = Shared.Api.NewClient();
        using var explained = await stranger.GetAsync(
            new Uri(problem.Json.GetProperty("type").GetString()!, UriKind.Relative)
        );

        (await Answer.Of(explained)).Json.GetProperty("title").GetString().ShouldBe("There is no such contact.");
    }

    private static string[] Read(string path) => [$"GET {path}", $"HEAD {path}"];

    private static string[] Page(string path) => [.. Read(path), $"POST {path}"];

    private static IEnumerable<RouteEndpoint> Routes() =>
        Shared.Api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    private static IEnumerable<string> Names(RouteEndpoint route) =>
        (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method =>
            $"{method} /{route.RoutePattern.RawText!.Trim('/')}"
        );

    private static string Filled(string path, string value) =>
        string.Join('/', path.Split('/').Select(part => part.StartsWith('{') ? value : part));

    private static string WithoutDate(string headers) =>
        string.Join('\n', headers.Split('\n').Where(line => !line.StartsWith("Date:", StringComparison.Ordinal)));
}
