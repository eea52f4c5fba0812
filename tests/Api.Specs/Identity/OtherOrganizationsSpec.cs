using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Http;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>A person belongs to two organizations, and neither learns of the other by HTTP.</summary>
public sealed class OtherOrganizationsSpec
{
    [Test]
    public async Task No_route_answers_otherwise_after_a_member_worked_in_another_organization()
    {
        using var ours = await Shared.Api.NewTenant();
        using var theirs = await Shared.Api.NewTenant();
        using var admin = await Shared.Api.NewPerson(ours.Organization, "admin");
        using var ann = await Shared.Api.NewPerson(ours.Organization, "member");
        var email = await Email(ours, ann);
        var routes = await Routes(ann.User);
        routes.Count.ShouldBeGreaterThan(80);
        // The key was used once, to ask for the address; that is written a moment later.
        await Eventually.True(async () => await UsesOfKeys(admin) == 1);
        var before = await Answers(admin, routes);
        // What changes by itself, such as a time of now, says nothing.
        var again = await Answers(admin, routes);
        var steady = routes.Where(route => before[route] == again[route]).ToList();
        (routes.Count - steady.Count).ShouldBeLessThan(6, "Most routes answer the same when nothing happened.");

        await WorkElsewhere(theirs, ann, email);

        var after = await Answers(admin, routes);
        steady
            .Where(route => after[route] != before[route])
            .Select(route => $"{route}: {before[route]} and then {after[route]}")
            .ShouldBeEmpty();
    }

    private static async Task WorkElsewhere(TestTenant theirs, TestPerson ann, string email)
    {
        await Shared.Api.App.Services.Join(theirs.Organization, email, "admin");
        await Switch(ann, theirs.Organization);
        (await ann.Send(HttpMethod.Post, "/api/v1/keys", """{"name":"Ann's"}""")).Status.ShouldBe(
            HttpStatusCode.Created
        );
        await theirs.Put($"/api/v1/members/{ann.User}/role", """{"role":"member"}""");
        await theirs.Put($"/api/v1/members/{ann.User}/active", """{"active":false}""");
        await theirs.Put($"/api/v1/members/{ann.User}/active", """{"active":true}""");
        var founded = await ann.Send(
            HttpMethod.Post,
            "/api/v1/organizations",
            $$"""{"name":"Ann's","slug":"anns-{{Guid.CreateVersion7():n}}"}"""
        );
        await Switch(ann, founded.Json.GetProperty("id").GetGuid());
        (await ann.Send(HttpMethod.Post, "/api/v1/me/privacy-requests", """{"type":"access"}""")).Status.ShouldBe(
            HttpStatusCode.Created
        );
        (await theirs.Send(HttpMethod.Delete, $"/api/v1/members/{ann.User}")).Status.ShouldBe(HttpStatusCode.NoContent);
        await ann.Send(HttpMethod.Post, "/api/v1/sign-out");
    }

    private static async Task<long> UsesOfKeys(TestPerson admin)
    {
        var keys = (await admin.Send(HttpMethod.Get, "/api/v1/keys")).Json.GetProperty("items").EnumerateArray();
        return keys.Sum(key => key.GetProperty("usageCount").GetInt64());
    }

    private static async Task Switch(TestPerson person, Guid organization) =>
        (
            await person.Send(HttpMethod.Put, "/api/v1/session/organization", $$"""{"id":"{{organization}}"}""")
        ).Status.ShouldBe(HttpStatusCode.NoContent);

    private static async Task<string> Email(TestTenant tenant, TestPerson person) =>
        (await tenant.Get($"/api/v1/members/{person.User}")).Json.GetProperty("email").GetString()!;

    /// <summary>Every GET route that answers in JSON without an id, or about a member.</summary>
    private static async Task<List<string>> Routes(Guid member)
    {
        using var stranger = Shared.Api.NewClient();
        var document = JsonSerializer.Deserialize<JsonElement>(
            await stranger.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))
        );
        return
        [
            .. document
                .GetProperty("paths")
                .EnumerateObject()
                .Where(path => path.Value.TryGetProperty("get", out _))
                .Select(path => path.Name.Replace("members/{id}", $"members/{member}", StringComparison.Ordinal))
                .Where(path => path.StartsWith("/api/", StringComparison.Ordinal))
                // A stream of events does not end, and what is one's own is the administrator's own.
                .Where(path =>
                    !path.Contains('{')
                    && !path.Contains("events/stream", StringComparison.Ordinal)
                    && !path.EndsWith("/live", StringComparison.Ordinal)
                )
                .Where(path => path is not ("/api/v1/me" or "/api/v1/sessions")),
        ];
    }

    private static async Task<Dictionary<string, string>> Answers(TestPerson admin, IEnumerable<string> routes)
    {
        var answers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            using var response = await admin.Http.GetAsync(
                new Uri(route + RouteSamples.Query(route), UriKind.Relative),
                HttpCompletionOption.ResponseHeadersRead
            );
            var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
            answers[route] = isStream
                ? "a stream of events"
                : $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        }

        return answers;
    }
}
