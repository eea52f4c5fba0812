using System.IO.Compression;
using System.Text;
using SchemaHub.Api.Specs.Support;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Somebody with a browser: it keeps cookies, and repeats the token against other sites' requests.</summary>
internal sealed class Visitor(HttpClient http) : IDisposable
{
    public Guid User { get; set; }

    public string? Csrf { get; set; }

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Post(string path, string json) => Send(HttpMethod.Post, path, json);

    public Task<Answer> Put(string path, string json, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Put, path, json, headers);

    /// <summary>A zip file.</summary>
    public async Task<ZipArchive> Download(string path) =>
        new(new MemoryStream(await http.GetByteArrayAsync(new Uri(path, UriKind.Relative))));

    /// <summary>Works in another organization from now on.</summary>
    public async Task Switch(Guid organization)
    {
        var switched = await Put("/api/v1/session/organization", $$"""{"id":"{{organization}}"}""");
        ((int)switched.Status).ShouldBeInRange(200, 204, switched.Body);
    }

    public Task<Answer> Send(
        HttpMethod method,
        string path,
        string? json = null,
        params (string Name, string Value)[] headers
    ) => http.Ask(method, path, json, Csrf is null ? headers : [.. headers, ("X-CSRF-Token", Csrf)]);

    public void Dispose() => http.Dispose();
}
