using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Support;

/// <summary>An organization as a program with a key of it sees the service.</summary>
public sealed class TestTenant(Guid organization, NewApiKey key, HttpClient http) : IDisposable
{
    public const string List = "/api/v1/contacts";

    public Guid Organization { get; } = organization;

    public NewApiKey Key { get; } = key;

    public HttpClient Http { get; } = http;

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    /// <param name="json">The body; none where null.</param>
    public Task<Answer> Post(string path, string? json = null, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, json, headers);

    public Task<Answer> Put(string path, string json, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Put, path, json, headers);

    public Task<Answer> Send(
        HttpMethod method,
        string path,
        string? json = null,
        params (string Name, string Value)[] headers
    ) => Http.Ask(method, path, json, headers);

    /// <summary>A contact that agreed to the newsletter; answers its id.</summary>
    public async Task<long> Subscribe(string email)
    {
        var answer = await Post(List, $$"""{"email":"{{email}}","consent":{},"name":"Ann"}""");
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return answer.Json.GetProperty("id").GetInt64();
    }

    public static string Contact(long id, string rest = "") =>
        string.Create(CultureInfo.InvariantCulture, $"{List}/{id}{rest}");

    public void Dispose() => Http.Dispose();
}

/// <summary>What the service answered.</summary>
public sealed record Answer(HttpStatusCode Status, string Body, string Headers, string? ContentType, string? ETag)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    public string? Code => Json.GetProperty("code").GetString();

    public string Detail => Json.GetProperty("detail").GetString()!;

    /// <summary>The rules that a field broke.</summary>
    public string Rules(string field) => Json.GetProperty("errors").GetProperty(field).ToString();

    public static async Task<Answer> Of(HttpResponseMessage response) =>
        new(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            $"{response.Headers}{response.Content.Headers}",
            response.Content.Headers.ContentType?.MediaType,
            response.Headers.ETag?.ToString()
        );

    /// <summary>Fails unless this is a problem of this status and code, as RFC 9457 writes it.</summary>
    public Answer ShouldBeProblem(int status, string code)
    {
        ((int)Status).ShouldBe(status, Body);
        ContentType.ShouldBe("application/problem+json");
        Code.ShouldBe(code);
        Json.GetProperty("type").GetString().ShouldBe($"/problems/{code}");
        Json.GetProperty("status").GetInt32().ShouldBe(status);
        Json.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        Json.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        return this;
    }
}

/// <summary>Shorthands for clients.</summary>
public static class AskingClients
{
    /// <summary>Sends a request and reads what comes of it.</summary>
    /// <param name="json">The body; none where null.</param>
    public static async Task<Answer> Ask(
        this HttpClient http,
        HttpMethod method,
        string path,
        string? json = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");

        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();

        using var response = await http.SendAsync(request);
        return await Answer.Of(response);
    }
}
