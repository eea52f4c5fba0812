using SchemaHub.Api.Specs.CommandLine;
using SchemaHub.Api.Specs.Support;

namespace SchemaHub.Api.Specs.Schema;

/// <summary>The review over HTTP.</summary>
public sealed class SchemaSpec : TenantSpec
{
    [Test]
    public async Task The_service_says_whether_its_database_is_what_the_documents_say()
    {
        var all = (await Ours.Get("/api/v1/schema/check")).Json;
        all.GetProperty("errors").GetInt32().ShouldBe(0);
        all.GetProperty("ours").GetBoolean().ShouldBeTrue();
        all.GetProperty("schemas").EnumerateObject().Count().ShouldBe(5);

        var some = (await Ours.Get("/api/v1/schema/check?schema=saas&schema=snorq")).Json.GetProperty("schemas");
        some.EnumerateObject().Select(schema => schema.Name).ShouldBe(["saas", "snorq"]);
    }

    [Test]
    public async Task A_schema_that_no_document_describes_is_refused() =>
        (await Ours.Get("/api/v1/schema/check?schema=public"))
            .ShouldBeProblem(422, "request.invalid")
            .Body.ShouldContain("\"schema");
}

/// <summary>The review on the command line.</summary>
public sealed class SchemaVerbsSpec : VerbsFixture
{
    [Test]
    public async Task A_database_is_checked_and_described()
    {
        var check = await Schemahub.Run("schema", "check");
        check.Code.ShouldBe(0, check.Errors);
        check.Output.ShouldContain("0 errors");

        var json = await Schemahub.Json("schema", "check");
        json.EnumerateObject().First().Name.ShouldBe("errors");
        json.GetProperty("errors").GetInt32().ShouldBe(0);
        var facts = json.GetProperty("schemas").EnumerateObject().Select(schema => schema.Value).ToList();
        facts.Sum(schema => schema.GetProperty("facts").GetInt32()).ShouldBe(1_322);
        facts
            .Sum(schema => schema.GetProperty("hold").GetInt32() + schema.GetProperty("exceptions").GetArrayLength())
            .ShouldBe(1_322);

        var dictionary = Path.Combine(Files, "dictionary.md");
        await Schemahub.Json("schema", "docs", "--out", dictionary);
        (await File.ReadAllTextAsync(dictionary)).ShouldContain("### backstage.contacts");
        var diagrams = Path.Combine(Files, "erd");
        await Schemahub.Json("schema", "erd", "--out", diagrams);
        Directory.GetFiles(diagrams).Length.ShouldBe(5);
    }

    [Test]
    public async Task Any_database_is_checked_by_its_address_and_errors_are_the_exit_code()
    {
        // One without any of the tables: the server's own.
        var address = new Npgsql.NpgsqlConnectionStringBuilder(Administrator()) { Database = "postgres" };

        var none = await Schemahub.Run("schema", "check", "--database", address.ConnectionString);
        (none.Code, none.Output).ShouldBe((1, ""));
        none.Message.ShouldContain("saas=public");

        string[] saas = ["schema", "check", "--database", address.ConnectionString, "--schema", "saas=public"];
        var found = await Schemahub.Run(saas);
        found.Code.ShouldBe(1);
        var lines = found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Count(line => line.StartsWith("error\ttable.missing\tsaas.", StringComparison.Ordinal)).ShouldBe(17);
        lines.ShouldContain(line => line.Contains("create table public.files (", StringComparison.Ordinal));
        lines[^1].ShouldStartWith("17 errors, 0 warnings");

        var unknown = await Schemahub.Run("schema", "check", "--schema", "public");
        (unknown.Code, unknown.Output).ShouldBe((1, ""));
        unknown.Message.ShouldContain("--schema");
    }
}
