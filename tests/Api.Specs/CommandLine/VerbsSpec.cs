using System.Text.Json;
using Npgsql;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>Every verb, run as people run it, on one data directory.</summary>
public sealed class VerbsSpec : VerbsFixture
{
    private static readonly string[] Verbs =
    [
        "serve",
        "migrate",
        "demo",
        "org create",
        "org plan",
        "org invite",
        "user create",
        "user role add",
        "role show",
        "key create",
        "reader create",
        "reader list",
        "reader revoke",
        "contacts import",
        "contacts export",
        "contacts undo",
        "record put",
        "record delete",
        "record list",
        "sender set",
        "sender show",
        "sender domain add",
        "sender domain verify",
        "sender domain remove",
        "mail check",
        "consent replay",
        "consent as-of",
        "consent proof",
        "verify",
        "erase",
        "schema check",
        "schema docs",
        "schema erd",
        "schema snapshot",
        "rebuild",
        "restore reapply",
        "restore status",
    ];

    [Test]
    public async Task Every_verb_has_help()
    {
        foreach (var some in Verbs.Chunk(4))
        {
            var all = await Task.WhenAll(some.Select(verb => Schemahub.Run([.. verb.Split(' '), "--help"])));
            all.ShouldAllBe(ran => ran.Code == 0 && ran.Errors == "");
            all.Zip(some).ShouldAllBe(help => help.First.Output.Contains($"schemahub {help.Second}"));
        }

        (await Schemahub.Run("--help")).Output.ShouldContain("SCHEMAHUB_DATABASE");
    }

    [Test]
    public async Task A_list_comes_in_goes_out_and_is_taken_back()
    {
        await Schemahub.CreateOrganization("lists");
        var again = await Schemahub.Json("contacts", "import", "--org", "acme", People);
        again.GetProperty("wasFinished").GetBoolean().ShouldBeTrue();
        (await File.ReadAllLinesAsync(Path.Combine(Files, "people.rejects.csv"))).ShouldBe([
            "line,code,reason,row",
            "4,row.email,The address has no @.,\"nobody,,\"",
        ]);

        var imported = await Schemahub.Run("contacts", "import", "--org", "lists", People, "--format", "own");
        imported.Output.ShouldContain("2 contacts added");
        imported.Output.ShouldContain("people.rejects.csv");
        var number = imported.Output.Split(' ', ':')[1];
        var exported = Path.Combine(Files, "exported.csv");
        (await Schemahub.Json("contacts", "export", "--org", "lists", exported))
            .GetProperty("contacts")
            .GetInt64()
            .ShouldBe(2);
        (await File.ReadAllTextAsync(exported)).ShouldContain("ann@x.org,Ann,true,2024-01-01T10:00:00Z");

        var undone = await Schemahub.Json("contacts", "undo", "--org", "lists", number);
        undone.GetProperty("contactsErased").GetInt64().ShouldBe(2);
        var refused = await Schemahub.Run("contacts", "import", "--org", "lists", People, "--format", "own");
        (refused.Code, refused.Output).ShouldBe((1, ""));
        refused.Message.ShouldContain("undone");
    }

    [Test]
    public async Task A_broken_file_says_where_and_the_rest_is_in()
    {
        await Schemahub.CreateOrganization("broken");
        var file = Path.Combine(Files, "broken.csv");
        await File.WriteAllTextAsync(file, "email,name\nann@x.org,Ann\nben@x.org,\"Ben\n");

        var ran = await Schemahub.Run("contacts", "import", "--org", "broken", file, "--json");

        ran.Code.ShouldBe(1);
        ran.Message.ShouldStartWith("The file cannot be read from line 3 on (file.quotes)");
        using var json = JsonDocument.Parse(ran.Output);
        json.RootElement.GetProperty("counts").GetProperty("added").GetInt64().ShouldBe(1);
    }

    [Test]
    public async Task What_a_person_agreed_to_is_told_proven_and_erased()
    {
        var replay = await Schemahub.Run("consent", "replay", "--org", "acme", "--contact", "ben@x.org");
        replay.Output.ShouldContain("newsletter: may be written to");
        var at = DateTimeOffset.MaxValue.ToString("yyyy", null);
        (await Schemahub.Run("consent", "as-of", "--org", "acme", "--at", $"{at}-01-01T00:00:00Z")).Code.ShouldBe(1);
        var bundle = Path.Combine(Files, "ben's proof.json");
        var proof = await Schemahub.Json(
            "consent",
            "proof",
            "--org",
            "acme",
            "--contact",
            "ben@x.org",
            "--out",
            bundle
        );
        var key = proof.GetProperty("key").GetString()!;
        proof
            .GetProperty("check")
            .GetString()
            .ShouldBe($"schemahub verify '{bundle.Replace("'", "'\\''", StringComparison.Ordinal)}' --key {key}");

        var valid = await Schemahub.Run("verify", bundle, "--key", key);
        (valid.Code, valid.Errors).ShouldBe((0, ""));
        valid.Output.ShouldStartWith("VALID");
        await TamperedProofsAreFound(bundle, key);

        var erased = await Schemahub.Run("erase", "--org", "acme", "--contact", "ben@x.org");
        erased.Output.ShouldContain("is erased");
        (await Schemahub.Run("erase", "--org", "acme", "--contact", "ben@x.org")).Output.ShouldContain("erased before");
        await Schemahub.Json("consent", "proof", "--org", "acme", "--contact", "ben@x.org", "--out", bundle);
        (await Schemahub.Json("verify", bundle, "--key", key)).GetProperty("valid").GetBoolean().ShouldBeTrue();
        (await File.ReadAllTextAsync(bundle)).ShouldNotContain("ben@x.org");
    }

    [Test]
    public async Task As_of_is_one_line_of_JSON_a_person()
    {
        await Schemahub.CreateOrganization("reach");
        await Schemahub.Json("contacts", "import", "--org", "reach", People);
        await using var source = NpgsqlDataSource.Create(Administrator());
        await using var command = source.CreateCommand(
            "select to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        );
        var now = (string)(await command.ExecuteScalarAsync())!;

        var ran = await Schemahub.Run("consent", "as-of", "--org", "reach", "--at", now, "--json");

        ran.Code.ShouldBe(0, ran.Errors);
        ran.Message.ShouldBe("2 people could be written to.");
        ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("email").GetString())
            .ShouldBe(["ann@x.org", "ben@x.org"], ignoreOrder: true);
    }

    [Test]
    public async Task A_reader_sees_its_own_organization_and_no_other()
    {
        var theirs = await Schemahub.CreateOrganization("theirs");
        await Schemahub.Json("contacts", "import", "--org", theirs, People);

        var reader = await Schemahub.Json("reader", "create", "--org", "theirs");

        await using var source = NpgsqlDataSource.Create(reader.GetProperty("connectionString").GetString()!);
        await using var command = source.CreateCommand(
            $"""
            select set_config('app.current_tenant', '{Acme}', false);
            select string_agg(distinct organization_id::text, ' ') from backstage.contacts
            """
        );
        await using var rows = await command.ExecuteReaderAsync();
        await rows.NextResultAsync();
        (await rows.ReadAsync()).ShouldBeTrue();
        rows.GetString(0).ShouldBe(theirs);
    }

    [Test]
    public async Task Tables_are_rebuilt_and_an_installation_that_was_not_restored_has_nothing_to_reapply()
    {
        var rebuilt = await Schemahub.Json("rebuild", "backstage");
        rebuilt.GetProperty("rowsMended").GetInt64().ShouldBe(0);
        rebuilt.GetProperty("events").GetInt64().ShouldBeGreaterThan(0);
        (await Schemahub.Json("restore", "reapply")).GetProperty("entries").GetInt64().ShouldBe(0);
        (await Schemahub.Json("migrate")).GetProperty("keys").GetString().ShouldStartWith(Schemahub.DataDirectory);
    }

    [TestCase("There is no such organization: nowhere.", "contacts", "undo", "--org", "nowhere", "1")]
    [TestCase("There is no such import.", "contacts", "undo", "--org", "acme", "1")]
    [TestCase("'yesterday' is no instant", "consent", "as-of", "--org", "acme", "--at", "yesterday")]
    [TestCase("There is no such contact.", "erase", "--org", "acme", "--contact", "zoe@x.org")]
    [TestCase("No published schema is named front, or it is switched off.", "rebuild", "front")]
    [TestCase(
        "File does not exist: 'nothing.csv'. See schemahub contacts import --help.",
        "contacts",
        "import",
        "--org",
        "acme",
        "nothing.csv"
    )]
    [TestCase("Option '--org' is required. See schemahub key create --help.", "key", "create")]
    [TestCase(
        "Must be one of: 'own' 'mailchimp' 'listmonk'",
        "contacts",
        "import",
        "--org",
        "a",
        "/dev/null",
        "--format",
        "x"
    )]
    [TestCase("Could not find a part of the path", "contacts", "export", "--org", "acme", "/nowhere/list.csv")]
    public async Task What_cannot_be_done_is_one_line_on_standard_error(string message, params string[] arguments)
    {
        var ran = await Schemahub.Run([.. arguments, "--json"]);

        (ran.Code, ran.Output).ShouldBe((1, ""));
        ran.Message.ShouldContain(message);
        ran.Errors.Split('\n')
            .Count(line => line.Length > 0 && !line.StartsWith("Joining", StringComparison.Ordinal))
            .ShouldBe(1, ran.Errors);
    }

    [Test]
    public async Task Without_its_keys_nothing_starts_and_no_new_ones_are_made()
    {
        var empty = Directory.CreateDirectory(Path.Combine(Files, "no keys")).FullName;

        var ran = await Schemahub.With("SCHEMAHUB_KEYS", empty).Run("key", "create", "--org", "acme");

        (ran.Code, ran.Output).ShouldBe((1, ""));
        ran.Message.ShouldContain($"keys that are not in {empty}");
        Directory.EnumerateFileSystemEntries(empty).ShouldBeEmpty();
    }

    [Test]
    public async Task An_import_that_was_killed_goes_on_where_it_was()
    {
        var tenant = await Schemahub.CreateOrganization("killed");
        var file = Path.Combine(Files, "long.csv");
        const int rows = 12_000;
        var lines = Enumerable.Range(0, rows).Select(i => i % 100 == 9 ? "nobody" : $"p{i}@x.org");
        await File.WriteAllLinesAsync(file, ["email", .. lines]);
        await using var source = NpgsqlDataSource.Create(Administrator());
        using (var import = Schemahub.Start("contacts", "import", "--org", "killed", file))
        {
            await Eventually.True(async () => await Batches(source, tenant) > 0);
            import.Kill();
            await import.WaitForExitAsync();
        }

        (await Batches(source, tenant)).ShouldBeLessThan(6);
        var counts = (await Schemahub.Json("contacts", "import", "--org", "killed", file)).GetProperty("counts");

        counts.GetProperty("added").GetInt64().ShouldBe(rows - rows / 100);
        (counts.GetProperty("existing").GetInt64(), counts.GetProperty("rejected").GetInt64()).ShouldBe(
            (0, rows / 100)
        );
        (await File.ReadAllLinesAsync(Path.Combine(Files, "long.rejects.csv"))).Length.ShouldBe(1 + rows / 100);
    }

    private async Task TamperedProofsAreFound(string bundle, string key)
    {
        var whole = await File.ReadAllTextAsync(bundle);
        var forged = Path.Combine(Files, "forged.json");
        var rewritten = whole.Replace("contact_added", "contact_erased", StringComparison.Ordinal);
        await File.WriteAllTextAsync(forged, rewritten);
        var tampered = await Schemahub.Run("verify", forged, "--key", key, "--json");
        tampered.Code.ShouldBe(1);
        using var found = JsonDocument.Parse(tampered.Output);
        found.RootElement.GetProperty("valid").GetBoolean().ShouldBeFalse();
        found.RootElement.GetProperty("findings").GetArrayLength().ShouldBeGreaterThan(0);

        await File.WriteAllTextAsync(forged, whole[..(whole.Length / 2)]);
        var cut = await Schemahub.Run("verify", forged, "--key", key);
        cut.Code.ShouldBe(1);
        cut.Output.ShouldContain("not a whole proof bundle");

        var wrongKey = await Schemahub.Run("verify", bundle, "--key", bundle);
        (wrongKey.Code, wrongKey.Output).ShouldBe((1, ""));
        wrongKey.Errors.ShouldBe("There is no public key of ECDSA on P-256 in PEM.\n");
    }

    private static async Task<long> Batches(NpgsqlDataSource source, string tenant)
    {
        await using var command = source.CreateCommand(
            $"select count(*) from events.mt_events where tenant_id = '{tenant}' and type = 'import_progressed'"
        );
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
