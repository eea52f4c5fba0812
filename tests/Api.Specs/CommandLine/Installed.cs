using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>The program as people run it: a process of its own, with a data directory of its own.</summary>
internal sealed class Installed(string dataDirectory)
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal)
    {
        ["SCHEMAHUB_DATA"] = dataDirectory,
    };

    public string DataDirectory => dataDirectory;

    /// <summary>A directory that does not exist yet, where the private server's user can reach it.</summary>
    public static string NewDirectory() =>
        Path.Combine(
            Directory.Exists("/var/tmp") ? "/var/tmp" : Path.GetTempPath(),
            $"schemahub-verbs-{Guid.CreateVersion7():n}"
        );

    /// <summary>The same with another setting in its environment.</summary>
    public Installed With(string variable, string value)
    {
        var other = new Installed(dataDirectory);
        other._environment[variable] = value;
        return other;
    }

    /// <summary>Starts a verb and does not wait for it.</summary>
    public Process Start(params string[] arguments) => Start(hasInput: false, arguments);

    private Process Start(bool hasInput, string[] arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, ["exec", typeof(ApiHost).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = hasInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (
            var ours in start
                .Environment.Keys.Where(name => name.StartsWith("SCHEMAHUB_", StringComparison.Ordinal))
                .ToList()
        )
            start.Environment.Remove(ours);
        foreach (var (variable, value) in _environment)
            start.Environment[variable] = value;

        return Process.Start(start)!;
    }

    /// <summary>Runs a verb to its end.</summary>
    public Task<Ran> Run(params string[] arguments) => Run(input: null, arguments);

    /// <summary>Runs a verb to its end, with what is piped into it.</summary>
    public async Task<Ran> Run(Stream? input, string[] arguments)
    {
        using var process = Start(hasInput: input is not null, arguments);
        if (input is not null)
        {
            await using var pipe = process.StandardInput.BaseStream;
            await input.CopyToAsync(pipe);
        }

        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var late = new CancellationTokenSource(LongestRun);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException tooLate)
        {
            process.Kill();
            throw new TimeoutException(
                $"schemahub {string.Join(' ', arguments)} has not ended: {await errors}",
                tooLate
            );
        }

        return new Ran(process.ExitCode, await output, await errors);
    }

    /// <summary>Runs a verb that must succeed, with <c>--json</c>; whatever else is on standard output fails.</summary>
    public async Task<JsonElement> Json(params string[] arguments)
    {
        var ran = await Run([.. arguments, "--json"]);
        ran.Code.ShouldBe(0, ran.Errors);
        using var document = JsonDocument.Parse(ran.Output);
        return document.RootElement.Clone();
    }

    /// <summary>A new organization's id.</summary>
    public async Task<string> CreateOrganization(string slug) =>
        (
            await Json([
                "org",
                "create",
                "--name",
                slug,
                "--slug",
                slug,
                "--owner",
                $"owner@{slug}.example",
                "--plan",
                "business",
            ])
        )
            .GetProperty("id")
            .GetString()!;
}

/// <summary>How a verb ended.</summary>
internal sealed record Ran(int Code, string Output, string Errors)
{
    /// <summary>What it said last.</summary>
    public string Message => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
}
