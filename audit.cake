// What the sources of our packages know about vulnerabilities. Architecture.Specs compiles this file too: its AuditSpec
// shows that a finding fails the build, also where no source can be asked.
#nullable enable
#pragma warning disable CA1050, MA0047 // A script has no namespaces.
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

public static class Audit
{
    /// <summary>How long an answer may take, and so the whole audit: all are asked at the same time.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(25);

    /// <summary>A project with one package that is known to be vulnerable (GHSA-5crp-9r3c-p9vr).</summary>
    public const string VulnerableProject = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Newtonsoft.Json" Version="12.0.3" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>The same for npm (GHSA-jf85-cpcp-j695), with its lock file.</summary>
    public const string VulnerablePackage = """
        { "name": "vulnerable", "version": "1.0.0", "dependencies": { "lodash": "4.17.11" } }
        """;

    public const string VulnerableLock = """
        {
          "name": "vulnerable",
          "version": "1.0.0",
          "lockfileVersion": 3,
          "packages": {
            "": { "name": "vulnerable", "version": "1.0.0", "dependencies": { "lodash": "4.17.11" } },
            "node_modules/lodash": { "version": "4.17.11" }
          }
        }
        """;

    public sealed record Finding(string Package, string Severity, string Advisory)
    {
        public bool Fails => Severity is "high" or "critical";

        public override string ToString() => $"{Package}: {Severity}, {Advisory}";
    }

    public sealed record Verdict(bool Fails, IReadOnlyList<string> Lines);

    /// <summary>Judges what a source answered; null stands for no answer.</summary>
    /// <param name="source">The source's name, for the lines.</param>
    /// <param name="probe">
    /// What it says about a package that is known to be vulnerable. A mirror without advisories answers every question
    /// with "no vulnerabilities"; this one shows whether it would know.
    /// </param>
    /// <param name="answers">What it says about our packages.</param>
    public static Verdict Judge(
        string source,
        IReadOnlyList<Finding>? probe,
        IReadOnlyCollection<IReadOnlyList<Finding>?> answers
    )
    {
        if (probe is null or { Count: 0 } || answers.Any(answer => answer is null))
            return new Verdict(false, [$"{source}: no audit source answered; vulnerabilities were not looked for."]);

        var findings = answers.SelectMany(answer => answer!).Distinct().ToList();
        return findings.Count == 0
            ? new Verdict(false, [$"{source}: no known vulnerabilities."])
            : new Verdict(findings.Any(finding => finding.Fails), [.. findings.Select(its => $"{source}: {its}")]);
    }

    /// <summary>Reads what <c>dotnet list package --vulnerable --format json</c> prints.</summary>
    public static IReadOnlyList<Finding>? ReadNuGet(string? output) =>
        Read(
            output,
            json =>
                Items(json, "problems").Any(problem => Text(problem, "level") is "error")
                    ? null
                    : json.GetProperty("projects")
                        .EnumerateArray()
                        .SelectMany(project => Items(project, "frameworks"))
                        .SelectMany(its => Items(its, "topLevelPackages").Concat(Items(its, "transitivePackages")))
                        .SelectMany(package =>
                            Items(package, "vulnerabilities")
                                .Select(its => new Finding(
                                    $"{Text(package, "id")} {Text(package, "resolvedVersion")}",
                                    Text(its, "severity").ToLowerInvariant(),
                                    Text(its, "advisoryurl")
                                ))
                        )
                        .ToList()
        );

    /// <summary>Reads what <c>npm audit --json</c> prints.</summary>
    public static IReadOnlyList<Finding>? ReadNpm(string? output) =>
        Read(
            output,
            json =>
                json.TryGetProperty("auditReportVersion", out _)
                    ? json.GetProperty("vulnerabilities")
                        .EnumerateObject()
                        .Select(package => new Finding(
                            $"{package.Name} {Text(package.Value, "range")}",
                            Text(package.Value, "severity"),
                            string.Join(", ", Items(package.Value, "via").Select(Via))
                        ))
                        .ToList()
                    : null
        );

    /// <summary>What a program prints; null where it cannot be started or has not ended in time.</summary>
    public static async Task<string?> Ask(string folder, TimeSpan limit, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A build server that goes on running would hold the pipes.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        try
        {
            using var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            try
            {
                return await process.StandardOutput.ReadToEndAsync().WaitAsync(limit);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static IReadOnlyList<Finding>? Read(string? output, Func<JsonElement, IReadOnlyList<Finding>?> read)
    {
        try
        {
            using var json = JsonDocument.Parse(output ?? "");
            return read(json.RootElement);
        }
        // An error page, half an answer, or a shape of another version.
        catch (Exception unread) when (unread is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>An advisory, or the name of the package by which the vulnerability comes.</summary>
    private static string Via(JsonElement via) =>
        via.ValueKind is JsonValueKind.String ? via.GetString()! : Text(via, "url");

    private static List<JsonElement> Items(JsonElement json, string name) =>
        json.TryGetProperty(name, out var items) ? [.. items.EnumerateArray()] : [];

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
