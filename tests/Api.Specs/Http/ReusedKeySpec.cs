using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application;

namespace SchemaHub.Api.Specs.Http;

/// <summary>
/// Every writing route of the OpenAPI document honours the idempotency key: on a node that believes each key to have
/// been used for another request, each of them answers 422 and does nothing.
/// </summary>
public sealed class ReusedKeySpec : TenantSpec
{
    private static readonly string[] s_methods = ["put", "post", "patch", "delete"];

    /// <summary>Writing routes that ignore the key, each with its reason. The list may only shrink.</summary>
    private static readonly Dictionary<string, string> s_without = new(StringComparer.Ordinal)
    {
        ["post /api/v1/sign-up"] = "for strangers, who share no key; the answer is always the same",
        ["post /api/v1/sign-in"] = "for strangers; a second sign-in is a second session",
        ["post /api/v1/tokens"] = "for strangers; a second sign-in is a second session",
        ["post /api/v1/tokens/refresh"] = "a refresh token works once, and its reuse ends the session",
        ["post /api/v1/email-verifications"] = "for strangers; the answer is always the same",
        ["post /api/v1/email-verifications/confirm"] = "for strangers; the link works once",
        ["post /api/v1/password-resets"] = "for strangers; the answer is always the same",
        ["post /api/v1/password-resets/confirm"] = "for strangers; the link works once",
        ["post /api/v1/imports"] = "the same file with the same settings is the same import",
        ["post /api/v1/podcast/listener-events"] = "rows have ids of their sender's",
        ["post /api/v1/podcast/attribution-events"] = "rows have ids of their sender's",
        ["post /api/v1/podcast/listener-metrics"] = "rows have ids of their sender's",
        ["put /api/v1/forms/{id}"] = "finds the form first, and so does a repeated request; the key counts after that",
        ["post /api/v1/device-links"] = "for strangers; the answer is always the same",
        ["post /api/v1/device-links/confirm"] = "for strangers; the link works once",
        ["post /api/v1/contacts/lookups"] = "reads",
        ["post /api/v1/campaigns/audiences"] = "reads",
        ["post /api/v1/backstage/email-templates/preview"] = "reads",
        ["post /api/v1/backstage/email-templates/{id}/preview"] = "reads",
    };

    // An instant is text, too, and the document does not tell all of them apart.
    private const string AnyText = "2099-01-01T00:00:00Z";

    private TestApi _node = null!;
    private JsonElement _document;

    [OneTimeSetUp]
    public async Task Start()
    {
        _node = await TestApi.StartBeside(customize: builder =>
            builder.Services.AddSingleton<IReceipts, UsedForAnother>()
        );
        using var stranger = _node.NewClient();
        _document = JsonSerializer.Deserialize<JsonElement>(
            await stranger.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))
        );
    }

    [OneTimeTearDown]
    public async Task Stop() => await _node.DisposeAsync();

    [Test]
    public async Task Every_writing_route_honours_the_key()
    {
        using var ours = await _node.NewTenant();
        using var person = await _node.NewPerson(ours.Organization, "admin");
        var (wrong, asked) = (new List<string>(), 0);
        foreach (var (route, path, operation) in Writing().Where(one => !s_without.ContainsKey(one.Route)))
        {
            var isOwn = operation.GetProperty("tags").EnumerateArray().Any(tag => tag.GetString() == "Own account");
            var answer = await Ask(isOwn ? person.Http : ours.Http, route.Split(' ')[0], path, operation);
            asked++;
            if (!answer.Contains("idempotency_key.reused", StringComparison.Ordinal))
                wrong.Add($"{route}: {answer}");
        }

        asked.ShouldBeGreaterThan(100);
        wrong.Take(40).ShouldBeEmpty($"{wrong.Count} of {asked} routes do not honour the key.");
    }

    [Test]
    public void Every_exception_is_a_route() =>
        s_without.Keys.Except(Writing().Select(one => one.Route)).ShouldBeEmpty("Take these off the list.");

    private async Task<string> Ask(HttpClient client, string method, string path, JsonElement operation)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method.ToUpperInvariant()),
            path + RouteSamples.Query(path)
        );
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", "spec");
        if (method != "delete" || operation.TryGetProperty("requestBody", out _))
            request.Content = new StringContent(BodyOf(path, operation), Encoding.UTF8, RouteSamples.ContentType(path));

        using var response = await client.SendAsync(request);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
    }

    // All that the document names, with values of the right type: it need not be valid, only readable.
    private string BodyOf(string path, JsonElement operation) =>
        operation.TryGetProperty("requestBody", out var body)
        && body.GetProperty("content").TryGetProperty("application/json", out var content)
            ? JsonSerializer.Serialize(Sample(content.GetProperty("schema")))
            : RouteSamples.Body(path);

    private object? Sample(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return Sample(Resolve(reference.GetString()!));

        if (schema.TryGetProperty("oneOf", out var choices))
            return Sample(
                choices
                    .EnumerateArray()
                    .First(choice => !(choice.TryGetProperty("type", out var t) && t.ToString() == "null"))
            );

        if (schema.TryGetProperty("enum", out var values))
            return values[0];

        // Of an instant the document says the format and no type.
        var type =
            schema.TryGetProperty("type", out var named) ? named.ToString()
            : schema.TryGetProperty("properties", out _) ? "object"
            : "string";
        return type switch
        {
            _ when type.Contains("array", StringComparison.Ordinal) => Array.Empty<object>(),
            _ when type.Contains("boolean", StringComparison.Ordinal) => true,
            _ when type.Contains("integer", StringComparison.Ordinal) => 1,
            _ when type.Contains("number", StringComparison.Ordinal) => 1,
            _ when type.Contains("string", StringComparison.Ordinal) => Text(schema),
            _ => Members(schema),
        };
    }

    private Dictionary<string, object?> Members(JsonElement schema) =>
        schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().ToDictionary(one => one.Name, one => Sample(one.Value))
            : [];

    private static string Text(JsonElement schema) =>
        schema.TryGetProperty("format", out var format)
            ? format.GetString() switch
            {
                "uuid" => Guid.CreateVersion7().ToString(),
                "date" => "2099-01-01",
                "time" => "00:00:00",
                _ => AnyText,
            }
            : AnyText;

    private JsonElement Resolve(string reference) =>
        reference
            .Split('/')
            .Skip(1)
            .Aggregate(_document, (at, part) => at.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal)));

    private IEnumerable<(string Route, string Path, JsonElement Operation)> Writing() =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where s_methods.Contains(operation.Name)
        let filled = string.Join(
            '/',
            path.Name.Split('/')
                .Select(part => part.StartsWith('{') ? RouteSamples.Missing(operation.Value, part) : part)
        )
        select ($"{operation.Name} {path.Name}", filled, operation.Value);

    private sealed class UsedForAnother : IReceipts
    {
        public Task<KeptAnswer?> Find(CommandReceipt receipt, CancellationToken cancellation) =>
            throw new IdempotencyKeyReusedException();

        public Task<KeptAnswer> Keep(CommandReceipt receipt, KeptAnswer answer, CancellationToken cancellation) =>
            throw new IdempotencyKeyReusedException();
    }
}
