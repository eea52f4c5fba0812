using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Pages;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Http;

/// <summary>
/// Every route of the OpenAPI document, as each kind of caller who must not come through: whoever adds a route adds it
/// here by adding it there.
/// </summary>
public sealed class AccessWalkSpec
{
    private const int SessionDays = 40;

    private static readonly string[] Methods = ["get", "put", "post", "patch", "delete"];

    private JsonElement _document;

    [OneTimeSetUp]
    public async Task Read()
    {
        using var stranger = Shared.Api.NewClient();
        _document = JsonSerializer.Deserialize<JsonElement>(
            await stranger.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))
        );
    }

    [Test]
    public async Task Nobody_comes_in()
    {
        using var stranger = Shared.Api.NewClient();

        await Walk(stranger, operation => operation.IsOpen ? null : HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task A_person_without_permissions_is_refused_all_but_their_own_account()
    {
        using var ours = await Shared.Api.NewTenant();
        await Shared.Api.Send(ours.Organization, new SaveRole("nothing", "Nothing", null, []));
        using var person = await Shared.Api.NewPerson(ours.Organization, "nothing");

        await Walk(
            person.Http,
            operation => operation.IsOpen || operation.IsOwnAccount ? null : HttpStatusCode.Forbidden
        );
    }

    [Test]
    public async Task A_key_that_was_revoked_opens_nothing()
    {
        using var ours = await Shared.Api.NewTenant();
        (await ours.Get("/api/v1/organization")).Status.ShouldBe(HttpStatusCode.OK);
        await Shared.Api.Send(ours.Organization, new RevokeApiKey(ours.Key.Id, "spec"));

        await Walk(ours.Http, operation => operation.IsOpen ? null : HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task A_session_that_ended_opens_nothing()
    {
        using var ours = await Shared.Api.NewTenant();
        using var person = await Shared.Api.NewPerson(ours.Organization, "admin");
        (await StatusOf(person.Http, "get", "/api/v1/organization")).ShouldBe(HttpStatusCode.OK);
        await Shared.Api.EndSession(person.Session);

        await Walk(person.Http, operation => operation.IsOpen ? null : HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task A_session_that_expired_opens_nothing()
    {
        var clock = new ShiftedClock();
        await using var node = await TestApi.StartBeside(customize: builder =>
            builder.Services.AddSingleton<TimeProvider>(clock)
        );
        using var ours = await Shared.Api.NewTenant();
        using var person = await node.NewPerson(ours.Organization, "admin");
        (await StatusOf(person.Http, "get", "/api/v1/organization")).ShouldBe(HttpStatusCode.OK);
        clock.Advance(TimeSpan.FromDays(SessionDays));

        await Walk(person.Http, operation => operation.IsOpen ? null : HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task A_member_of_another_organization_finds_nothing_of_ours()
    {
        using var theirs = await Shared.Api.NewTenant();
        using var person = await Shared.Api.NewPerson(theirs.Organization, "admin");

        // What is ours they could only name by an id: to them, one that does not exist.
        await Walk(
            person.Http,
            operation =>
                operation.HasId && !operation.IsOpen && !operation.IsOwnAccount ? HttpStatusCode.NotFound : null
        );
    }

    [Test]
    public async Task A_person_who_chose_no_organization_is_told_to()
    {
        using var ours = await Shared.Api.NewTenant();
        using var member = await Shared.Api.NewPerson(ours.Organization, "admin");
        using var person = await Shared.Api.SignIn(member.User, organization: null);

        await Walk(
            person.Http,
            operation => operation.IsOpen || operation.IsOwnAccount ? null : HttpStatusCode.Forbidden
        );
    }

    [Test]
    public async Task What_is_another_persons_own_answers_as_what_does_not_exist()
    {
        using var ours = await Shared.Api.NewTenant();
        using var ann = await Shared.Api.NewPerson(ours.Organization, "admin");
        using var bob = await Shared.Api.NewPerson(ours.Organization, "admin");

        foreach (var operation in Operations().Where(one => !one.IsOpen && one.IsOwnAccount && one.HasId))
        {
            var path = operation.Path.Replace("{id}", $"{ann.Session}", StringComparison.Ordinal);
            (await StatusOf(bob.Http, operation.Method, path)).ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await StatusOf(ann.Http, "get", "/api/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    // Asks each operation; null where any answer will do that is no failure of the service.
    private async Task Walk(HttpClient client, Func<Operation, HttpStatusCode?> expected)
    {
        var (wrong, asked) = (new List<string>(), 0);
        // Last what is one's own account's: it may end the session.
        foreach (var operation in Operations().OrderBy(one => !one.IsOpen && one.IsOwnAccount))
        {
            var status = await StatusOf(client, operation.Method, operation.Filled);
            asked++;
            if ((int)status >= (int)HttpStatusCode.InternalServerError)
                wrong.Add($"{operation.Method} {operation.Path} failed: {(int)status}");
            else if (expected(operation) is { } wanted && status != wanted)
                wrong.Add($"{operation.Method} {operation.Path} answered {(int)status}, not {(int)wanted}");
        }

        asked.ShouldBeGreaterThan(200);
        wrong.Take(10).ShouldBeEmpty($"{wrong.Count} of {asked} operations answered otherwise.");
    }

    private static async Task<HttpStatusCode> StatusOf(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method.ToUpperInvariant()),
            path + RouteSamples.Query(path)
        );
        if (method != "get")
            request.Content = new StringContent(RouteSamples.Body(path), Encoding.UTF8, RouteSamples.ContentType(path));

        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        // Streams of events do not end: their first line is answer enough.
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }

    private IEnumerable<Operation> Operations() =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where Methods.Contains(operation.Name)
        select new Operation(path.Name, operation.Name, operation.Value);

    private sealed record Operation(string Path, string Method, JsonElement Description)
    {
        /// <summary>Open to strangers.</summary>
        public bool IsOpen =>
            !Description.TryGetProperty("security", out var security) || security.GetArrayLength() == 0;

        /// <summary>About the caller's own account: whoever is signed in may.</summary>
        public bool IsOwnAccount =>
            Description.GetProperty("tags").EnumerateArray().Any(tag => tag.GetString() == "Own account");

        public bool HasId => Path.Contains("{id", StringComparison.Ordinal);

        public string Filled =>
            string.Join(
                '/',
                Path.Split('/').Select(part => part.StartsWith('{') ? RouteSamples.Missing(Description, part) : part)
            );
    }
}
