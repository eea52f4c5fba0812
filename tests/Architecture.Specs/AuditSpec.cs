using System.Diagnostics;

namespace SchemaHub.Architecture.Specs;

/// <summary>The audit of packages in <c>audit.cake</c>: what fails the build, and what does not.</summary>
public sealed class AuditSpec
{
    private static readonly Audit.Finding s_known = new("Known 1.0.0", "low", "https://advisories.example/1");

    [TestCase("Critical", true)]
    [TestCase("High", true)]
    [TestCase("Moderate", false)]
    [TestCase("Low", false)]
    public void NuGets_findings_are_listed_and_the_severe_ones_fail(string severity, bool fails)
    {
        var answer = Audit.ReadNuGet(
            """
            {
              "version": 1,
              "parameters": "--vulnerable --include-transitive",
              "projects": [
                { "path": "Domain.csproj" },
                {
                  "path": "Api.csproj",
                  "frameworks": [
                    {
                      "framework": "net10.0",
                      "transitivePackages": [
                        {
                          "id": "Newtonsoft.Json",
                          "resolvedVersion": "12.0.3",
                          "vulnerabilities": [
                            { "severity": "High", "advisoryurl": "https://github.com/advisories/GHSA-5crp-9r3c-p9vr" }
                          ]
                        }
                      ]
                    }
                  ]
                }
              ]
            }
            """.Replace("High", severity, StringComparison.Ordinal)
        );

        var verdict = Audit.Judge("NuGet", [s_known], [answer]);

        verdict.Fails.ShouldBe(fails);
        verdict
            .Lines.ShouldHaveSingleItem()
            .ShouldBe(
                $"NuGet: Newtonsoft.Json 12.0.3: {severity.ToLowerInvariant()}, "
                    + "https://github.com/advisories/GHSA-5crp-9r3c-p9vr"
            );
    }

    [TestCase("critical", true)]
    [TestCase("high", true)]
    [TestCase("moderate", false)]
    [TestCase("info", false)]
    public void Npms_findings_are_listed_and_the_severe_ones_fail(string severity, bool fails)
    {
        var answer = Audit.ReadNpm(
            """
            {
              "auditReportVersion": 2,
              "vulnerabilities": {
                "lodash": {
                  "name": "lodash",
                  "severity": "high",
                  "via": [
                    { "title": "Pollution", "url": "https://github.com/advisories/GHSA-jf85-cpcp-j695" },
                    "other"
                  ],
                  "range": "<4.17.12"
                }
              },
              "metadata": { "vulnerabilities": { "high": 1, "total": 1 } }
            }
            """.Replace("\"high\",", $"\"{severity}\",", StringComparison.Ordinal)
        );

        var verdict = Audit.Judge(
            "npm",
            [s_known],
            [
                [],
                answer,
            ]
        );

        verdict.Fails.ShouldBe(fails);
        verdict
            .Lines.ShouldHaveSingleItem()
            .ShouldBe($"npm: lodash <4.17.12: {severity}, https://github.com/advisories/GHSA-jf85-cpcp-j695, other");
    }

    [Test]
    public void Nothing_found_by_a_source_that_knows_the_vulnerable_package_is_said()
    {
        var answer = Audit.ReadNuGet("""{ "version": 1, "projects": [{ "path": "Api.csproj" }] }""");

        var verdict = Audit.Judge("NuGet", [s_known], [answer]);

        verdict.Fails.ShouldBeFalse();
        verdict.Lines.ShouldBe(["NuGet: no known vulnerabilities."]);
    }

    [Test]
    public void A_source_that_does_not_know_the_vulnerable_package_is_no_audit_source()
    {
        var verdict = Audit.Judge(
            "NuGet",
            probe: [],
            [
                [],
            ]
        );

        verdict.Fails.ShouldBeFalse();
        verdict.Lines.ShouldBe(["NuGet: no audit source answered; vulnerabilities were not looked for."]);
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("<html>Bad gateway</html>")]
    [TestCase("[]")]
    [TestCase("""{ "message": "405 Method Not Allowed", "statusCode": 405, "error": { "summary": "" } }""")]
    [TestCase("""{ "version": 1, "problems": [{ "level": "error", "text": "Unreachable." }], "projects": [] }""")]
    [TestCase("""{ "auditReportVersion": 2 }""")]
    public void What_is_no_answer_is_said_and_the_build_goes_on(string? output)
    {
        foreach (var answer in new[] { Audit.ReadNuGet(output), Audit.ReadNpm(output) })
        {
            answer.ShouldBeNull();
            var verdict = Audit.Judge(
                "source",
                [s_known],
                [
                    [],
                    answer,
                ]
            );
            verdict.Fails.ShouldBeFalse();
            verdict.Lines.ShouldHaveSingleItem().ShouldContain("no audit source");
        }
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "sh is run.")]
    public async Task A_source_that_hangs_costs_its_time_and_no_more()
    {
        var limit = TimeSpan.FromMilliseconds(200);
        var asked = Stopwatch.StartNew();

        // The child holds the pipe, as a build server would.
        (await Audit.Ask(Repository.Root, limit, "sh", "-c", "sleep 60 & sleep 60")).ShouldBeNull();
        (await Audit.Ask(Repository.Root, limit, "no-such-program")).ShouldBeNull();

        asked.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        (await Audit.Ask(Repository.Root, Audit.Limit, "echo", "answer")).ShouldBe("answer\n");
    }
}
