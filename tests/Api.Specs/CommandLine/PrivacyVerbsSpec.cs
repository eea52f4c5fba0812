using System.IO.Compression;
using System.Text.Json;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>The audit and the demands of persons on the command line.</summary>
public sealed class PrivacyVerbsSpec : VerbsFixture
{
    [Test]
    public async Task A_persons_archive_is_made_fetched_and_its_request_proven()
    {
        var (zip, proof) = (Path.Combine(Files, "archive.zip"), Path.Combine(Files, "request.json"));
        var request = (
            await Schemahub.Run("gdpr", "open", "access", "--org", "acme", "--contact", "ann@x.org")
        ).Output.Trim();
        (await Schemahub.Run("gdpr", "list", "--org", "acme")).Output.ShouldContain($"{request}  access  pending");
        (await Schemahub.Run("gdpr", "archive", request, "--org", "acme", "--out", zip)).Code.ShouldBe(1);

        (await Schemahub.Run("gdpr", "fulfil", request, "--org", "acme")).Code.ShouldBe(0);
        (await Schemahub.Run("gdpr", "archive", request, "--org", "acme", "--out", zip)).Code.ShouldBe(0);
        var made = await Schemahub.Json("gdpr", "prove", request, "--org", "acme", "--out", proof);

        using (var archive = await ZipFile.OpenReadAsync(zip))
            archive.Entries.Select(entry => entry.FullName).ShouldBe(["data.json", "index.html", "proof.json"]);

        var key = made.GetProperty("key").GetString()!;
        var verified = await Schemahub.Run("verify", proof, "--key", key);
        verified.Code.ShouldBe(0, verified.Output);
        verified.Output.ShouldContain("VALID: these are all 3 events of this thing");
        verified.Output.ShouldContain("by operator");
        (await Schemahub.Run("gdpr", "show", request, "--org", "acme")).Output.ShouldContain(
            "completed (archive_made)"
        );
        (await Schemahub.Run("gdpr", "cancel", request, "--org", "acme")).Errors.ShouldContain("has ended");
    }

    [Test]
    public async Task The_audit_is_listed_exported_and_proven()
    {
        var (lines, proof) = (Path.Combine(Files, "audit.ndjson"), Path.Combine(Files, "audit.json"));
        var listed = await Schemahub.Run("audit", "list", "--org", "acme", "--type", "import", "--json");
        var entry = JsonSerializer.Deserialize<JsonElement>(listed.Output.Split('\n')[0]);
        entry.GetProperty("event").GetString().ShouldBe("import_finished");

        var exported = await Schemahub.Json("audit", "export", "--org", "acme", "--out", lines);
        var made = await Schemahub.Json(
            "audit",
            "prove",
            entry.GetProperty("id").ToString(),
            "--org",
            "acme",
            "--out",
            proof
        );

        exported.GetProperty("count").GetInt64().ShouldBe((await File.ReadAllLinesAsync(lines)).Length);
        (await Schemahub.Run("verify", proof, "--key", made.GetProperty("key").GetString()!)).Code.ShouldBe(0);
        (await Schemahub.Run("audit", "list", "--type", "permission")).Output.ShouldContain("permission_defined");
        (await Schemahub.Run("audit", "list", "--from", "yesterday")).Errors.ShouldContain("no instant");
    }
}
