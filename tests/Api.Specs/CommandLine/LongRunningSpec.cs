using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>What starts a private server by itself leaves none behind.</summary>
[NeedsPrivateServer]
public sealed partial class LongRunningSpec
{
    private Installed _schemahub = null!;

    [SetUp]
    public void NewInstallation() => _schemahub = new Installed(Installed.NewDirectory());

    [TearDown]
    public void Remove()
    {
        if (Directory.Exists(_schemahub.DataDirectory))
            Directory.Delete(_schemahub.DataDirectory, recursive: true);
    }

    [Test]
    public async Task Two_verbs_at_once_share_a_server_and_the_service_answers_until_it_is_told_to_end()
    {
        await _schemahub.CreateOrganization("acme");
        var keys = await Task.WhenAll(
            _schemahub.Json("key", "create", "--org", "acme"),
            _schemahub.Json("key", "create", "--org", "acme", "--test")
        );
        IsServerRunning().ShouldBeFalse();
        var witness = Path.Combine(_schemahub.DataDirectory, "witness.jsonl");
        using var serve = _schemahub
            .With("SchemaHub__Witnesses__Files__0", witness)
            .Start("serve", "--urls", "http://127.0.0.1:0");
        var errors = "";
        while (!errors.Contains("Serving", StringComparison.Ordinal))
            errors += await serve.StandardError.ReadLineAsync() ?? throw new InvalidOperationException(errors);

        using var client = new HttpClient { BaseAddress = new Uri(Address().Match(errors).Value) };
        foreach (var key in keys)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer",
                key.GetProperty("key").GetString()
            );
            using var added = await client.PostAsJsonAsync(
                "/api/v1/contacts",
                new { email = $"{key.GetProperty("key").GetString()![..7]}@x.org" }
            );
            added.IsSuccessStatusCode.ShouldBeTrue(await added.Content.ReadAsStringAsync());
        }

        await Eventually.True(() => File.Exists(witness) && new FileInfo(witness).Length > 0);
        await Tell(serve, "TERM");
        serve.ExitCode.ShouldBe(0);
        IsServerRunning().ShouldBeFalse();
        await AProofContinuesTheWitness(witness);
    }

    [Test]
    public async Task The_demo_says_what_it_did_and_leaves_nothing_behind()
    {
        using var demo = _schemahub.Start("demo", "--json");
        var (output, errors) = (demo.StandardOutput.ReadToEndAsync(), demo.StandardError.ReadToEndAsync());
        await demo.WaitForExitAsync();

        demo.ExitCode.ShouldBe(0, await errors);
        using var document = JsonDocument.Parse(await output);
        var result = document.RootElement;
        result
            .EnumerateObject()
            .Select(property => property.Name)
            .ShouldBe([
                "contacts_imported",
                "rows_rejected",
                "consents",
                "withdrawals",
                "proof_verified",
                "tampering_detected",
                "erased_and_still_proven",
                "mails_sent",
                "mails_duplicated",
                "mails_in_doubt",
                "mails_skipped",
                "killed_and_resumed",
                "seconds",
            ]);
        (result.GetProperty("contacts_imported").GetInt64(), result.GetProperty("rows_rejected").GetInt64()).ShouldBe(
            (11_000, 957)
        );
        result.GetProperty("proof_verified").GetBoolean().ShouldBeTrue();
        result.GetProperty("erased_and_still_proven").GetBoolean().ShouldBeTrue();
        result.GetProperty("mails_sent").GetInt32().ShouldBeGreaterThan(7_000);
        result.GetProperty("mails_duplicated").GetInt32().ShouldBe(0);
        result.GetProperty("mails_in_doubt").GetInt32().ShouldBeLessThanOrEqualTo(12);
        result.GetProperty("mails_skipped").GetInt32().ShouldBe(0);
        result.GetProperty("killed_and_resumed").GetInt32().ShouldBe(3);
        result.GetProperty("tampering_detected").GetArrayLength().ShouldBeGreaterThan(8);
        var directory = $"schemahub-demo-{demo.Id.ToString(CultureInfo.InvariantCulture)}";
        (await errors).ShouldContain(directory);
        Directory.GetDirectories("/var/tmp", directory).ShouldBeEmpty();
        ProcessesThatName(directory).ShouldBeEmpty();
        Directory.Exists(_schemahub.DataDirectory).ShouldBeFalse();
    }

    /// <summary>The installation does not know the witness any more, and has sealed more since.</summary>
    private async Task AProofContinuesTheWitness(string witness)
    {
        await using var server = await TestServer.Start(_schemahub.DataDirectory);
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "schemahub" }
        );
        await using var forget = source.CreateCommand("delete from events.checkpoint_deliveries");
        await forget.ExecuteNonQueryAsync();
        await _schemahub.Json("key", "create", "--org", "acme");
        var bundle = Path.Combine(_schemahub.DataDirectory, "bundle.json");
        string[] prove = ["consent", "proof", "--org", "acme", "--contact", "sk_live@x.org", "--out", bundle];

        var unasked = await _schemahub.Json(prove);
        var unproven = await _schemahub.Run([.. Check(unasked), "--witness", witness]);
        unproven.Code.ShouldBe(1);
        unproven.Output.ShouldContain("witness_unproven");

        var asked = await _schemahub.Json([.. prove, "--witness", witness]);
        Check(asked)[^2..].ShouldBe(["--witness", witness]);
        var proven = await _schemahub.Run(Check(asked));
        proven.Code.ShouldBe(0, proven.Output);
    }

    /// <summary>The arguments of the command that a proof says it is checked with.</summary>
    private static string[] Check(JsonElement proof) => proof.GetProperty("check").GetString()!.Split(' ')[1..];

    private bool IsServerRunning() =>
        File.Exists(Path.Combine(_schemahub.DataDirectory, "postgres", "data", "postmaster.pid"));

    private static List<string> ProcessesThatName(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return [];

        var named = new List<string>();
        foreach (var process in Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(path[^1])))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (line.Contains(directory, StringComparison.Ordinal))
                    named.Add(line);
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return named;
    }

    private static async Task Tell(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await process.WaitForExitAsync(late.Token);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address();
}
