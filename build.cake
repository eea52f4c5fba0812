// The whole of CI as one list, the same on a developer's machine: `dotnet cake --target=Ci`.
// Debug is what `dotnet test` builds; CI builds and tests what is shipped.
#load "audit.cake"

var target = Argument("target", "Ci");
var configuration = Argument("configuration", "Release");
var faultSeconds = Argument("faultSeconds", 120);
var nightHours = Argument("hours", 4.0);

const string Solution = "SchemaHub.sln";

Task("Restore")
    .Does(() => DotNetRestore(Solution, new DotNetRestoreSettings { LockedMode = true }));

Task("Format")
    .Description("Formats every file in place.")
    .Does(() => Run("csharpier format ."));

Task("FormatCheck")
    .Does(() => Run("csharpier check ."));

Task("Audit")
    .Description("Asks for known vulnerabilities in packages; high and critical ones fail, where a source answers.")
    .IsDependentOn("Restore")
    .Does(AuditPackages);

Task("Build")
    .IsDependentOn("Restore")
    .Does(() => DotNetBuild(Solution, new DotNetBuildSettings { Configuration = configuration, NoRestore = true }));

Task("Test")
    .IsDependentOn("Build")
    .Does(() => Specs(Solution, "specs.trx", "TestCategory!=Docs"));

Task("Client")
    .Description("Generates the TypeScript client from the service's own description of its API.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        NpmInstall("clients/typescript");
        System.Environment.SetEnvironmentVariable("SCHEMAHUB_WRITE_CLIENT", "1");
        Specs("tests/Api.Specs/Api.Specs.csproj", "client.trx", "FullyQualifiedName~TypeScriptClientSpec");
    });

Task("Faults")
    .Description("Injects faults into running nodes for a while: docs/faults.md.")
    .IsDependentOn("Build")
    .Does(() => Faults(faultSeconds));

Task("DocsCheck")
    .Description("Every relative link in the documentation leads to a file.")
    .IsDependentOn("Build")
    .Does(() => Specs("tests/Architecture.Specs/Architecture.Specs.csproj", "docs.trx", "TestCategory=Docs"));

Task("Ci")
    .IsDependentOn("Restore")
    .IsDependentOn("FormatCheck")
    .IsDependentOn("Audit")
    .IsDependentOn("Build")
    .IsDependentOn("Test")
    .IsDependentOn("DocsCheck")
    .IsDependentOn("Faults");

Task("Nightly")
    .Description("Everything that is long: the specs at full size, and faults for hours (--hours=4).")
    .IsDependentOn("Build")
    .Does(() =>
    {
        System.Environment.SetEnvironmentVariable("SCHEMAHUB_NIGHTLY", "1");
        Specs(Solution, "nightly.trx", "TestCategory!=Docs", hangMinutes: 60);
        Faults((int)(nightHours * 3600));
    });

RunTarget(target);

// Each test project leaves its results in its own TestResults folder, where .ci/run counts them.
void Specs(string project, string results, string filter, int hangMinutes = 8) =>
    DotNetTest(
        project,
        new DotNetTestSettings
        {
            Configuration = configuration,
            NoBuild = true,
            Filter = filter,
            Loggers = [$"trx;LogFileName={results}", "console;verbosity=minimal"],
            // A spec that hangs is named and ended, instead of the whole run being cut off without a word.
            ArgumentCustomization = arguments =>
                arguments.Append($"--blame-hang-timeout {hangMinutes}m").Append("--blame-hang-dump-type none"),
        }
    );

// Ends with the seed, and on a violation with what happened and where it lies.
void Faults(int seconds) =>
    Run($"run --project tests/Faults --configuration {configuration} --no-build -- --seconds {seconds}");

async Task AuditPackages()
{
    var probe = System.IO.Directory.CreateTempSubdirectory("schemahub-audit-");
    try
    {
        Write("vulnerable.csproj", Audit.VulnerableProject);
        Write("package.json", Audit.VulnerablePackage);
        Write("package-lock.json", Audit.VulnerableLock);
        string[] list = ["--vulnerable", "--include-transitive", "--format", "json"];
        var locks = GetFiles("./**/package-lock.json")
            .Select(file => file.GetDirectory().FullPath)
            .Where(folder => !folder.Contains("/node_modules/") && !folder.Contains("/bin/"));

        var nuget = Ask(probe.FullName, "dotnet", ["list", "vulnerable.csproj", "package", .. list]);
        var ours = Ask(".", "dotnet", ["list", Solution, "package", "--no-restore", .. list]);
        var npm = Ask(probe.FullName, "npm", ["audit", "--json", "--package-lock-only"]);
        var theirs = locks.Select(folder => Ask(folder, "npm", ["audit", "--json", "--package-lock-only"])).ToList();
        var answers = new List<IReadOnlyList<Audit.Finding>?>();
        foreach (var answer in theirs)
            answers.Add(Audit.ReadNpm(await answer));
        Audit.Verdict[] verdicts =
        [
            Audit.Judge("NuGet", Audit.ReadNuGet(await nuget), [Audit.ReadNuGet(await ours)]),
            Audit.Judge("npm", Audit.ReadNpm(await npm), answers),
        ];

        foreach (var line in verdicts.SelectMany(verdict => verdict.Lines))
            Information(line);
        if (verdicts.Any(verdict => verdict.Fails))
            throw new CakeException("A package has a known vulnerability that is high or critical: update it.");
    }
    finally
    {
        probe.Delete(recursive: true);
    }

    void Write(string file, string text) =>
        System.IO.File.WriteAllText(System.IO.Path.Combine(probe.FullName, file), text);

    Task<string?> Ask(string folder, string program, string[] arguments) =>
        Audit.Ask(folder, Audit.Limit, program, arguments);
}

void NpmInstall(string folder)
{
    if (StartProcess("npm", $"ci --prefix {folder} --no-audit --no-fund") != 0)
        throw new CakeException($"`npm ci` failed in {folder}.");
}

void Run(string tool)
{
    if (StartProcess("dotnet", tool) != 0)
        throw new CakeException($"`dotnet {tool}` failed.");
}
