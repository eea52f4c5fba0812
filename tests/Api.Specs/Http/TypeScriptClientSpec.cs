using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Http;

/// <summary>
/// The service's description as programs see it: it passes the lint, and the TypeScript client is generated from it,
/// compiles in strict mode and works.
/// </summary>
public sealed class TypeScriptClientSpec
{
    private static readonly string[] s_generated = ["src/schema.ts", "spec/lists.ts"];

    private static readonly string s_client = Path.Combine(Repository(), "clients", "typescript");

    [OneTimeSetUp]
    public async Task Describe()
    {
        if (!Directory.Exists(Path.Combine(s_client, "node_modules", "openapi-typescript")))
            Assert.Ignore("Run `npm ci --prefix clients/typescript` first.");

        Directory.CreateDirectory(Path.Combine(s_client, "artifacts"));
        using var stranger = Shared.Api.NewClient();
        await File.WriteAllTextAsync(
            Path.Combine(s_client, "artifacts", "openapi.json"),
            await stranger.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))
        );
    }

    [Test]
    public async Task The_description_passes_the_recommended_lint_without_a_warning()
    {
        var (_, output, errors) = await Npm("run", "--silent", "lint", "--", "--format=json");
        output.ShouldStartWith("{", customMessage: errors);
        var found = JsonSerializer.Deserialize<JsonElement>(output);

        found.GetProperty("totals").GetProperty("errors").GetInt32().ShouldBe(0, output);
        found.GetProperty("totals").GetProperty("warnings").GetInt32().ShouldBe(0, output);
    }

    [Test, Order(1)]
    public async Task The_client_is_what_the_description_makes_of_it()
    {
        var before = s_generated.Select(Read).ToList();
        var (code, output, errors) = await Npm("run", "--silent", "generate");
        code.ShouldBe(0, output + errors);
        var after = s_generated.Select(Read).ToList();
        if (Environment.GetEnvironmentVariable("SCHEMAHUB_WRITE_CLIENT") == "1")
            return;

        foreach (var (file, text) in s_generated.Zip(before))
            await File.WriteAllTextAsync(Path.Combine(s_client, file), text);

        for (var i = 0; i < s_generated.Length; i++)
            (after[i] == before[i]).ShouldBeTrue($"{s_generated[i]} is old: run `dotnet cake --target=Client`.");
    }

    [Test, Order(2)]
    public async Task The_client_compiles_in_strict_mode_and_reads_a_page_of_each_list()
    {
        using var ours = await Shared.Api.NewTenant();
        var podcast = await TestPodcast.Add(Shared.Api.Installation, ours.Organization);
        using var person = await Shared.Api.NewPerson(ours.Organization, "admin");
        foreach (var script in new[] { "build", "build:spec" })
        {
            var (code, output, errors) = await Npm("run", "--silent", script);
            code.ShouldBe(0, output + errors);
        }

        var token = person.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        var (ended, said, complaint) = await Run(
            "node",
            "artifacts/spec/spec/client.js",
            Shared.Api.Address.ToString().TrimEnd('/'),
            token,
            podcast.Episodes[0].ToString()
        );

        ended.ShouldBe(0, said + complaint);
        int.Parse(said.Split(' ')[0], CultureInfo.InvariantCulture).ShouldBeGreaterThan(60);
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(s_client, file));

    private static Task<(int Code, string Output, string Errors)> Npm(params string[] arguments) =>
        Run("npm", arguments);

    private static async Task<(int Code, string Output, string Errors)> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = s_client,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment["REDOCLY_TELEMETRY"], start.Environment["REDOCLY_SUPPRESS_UPDATE_NOTICE"]) = ("off", "true");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds SchemaHub.sln.");

        return folder.FullName;
    }
}
