using System.Text.Json;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>Back-office rows on the command line.</summary>
public sealed class RecordVerbsSpec : VerbsFixture
{
    [Test]
    public async Task The_operator_keeps_the_installations_catalogues()
    {
        var file = Path.Combine(Files, "theme.json");
        await File.WriteAllTextAsync(
            file,
            """{"name":"dark","displayName":"Dark","config":{"background":"#000000"},"isActive":true}"""
        );
        var made = await Schemahub.Json("record", "put", "saas.themes", "--file", file);
        var id = made.GetProperty("id").GetString()!;

        var second = await Schemahub.Run("record", "put", "saas.themes", "--file", file);
        second.Code.ShouldBe(1);
        second.Errors.ShouldContain("Another record has it already.");
        (await Schemahub.Run("record", "put", "saas.themes", "--org", "acme", "--file", file)).Errors.ShouldContain(
            "Only the installation's operator"
        );

        await File.WriteAllTextAsync(file, """{"name":"dark","displayName":"Night","config":{}}""");
        (await Schemahub.Json("record", "put", "saas.themes", "--id", id, "--file", file))
            .GetProperty("version")
            .GetInt64()
            .ShouldBe(2);
        var listed = await Schemahub.Run("record", "list", "saas.themes");
        JsonSerializer
            .Deserialize<JsonElement>(listed.Output)
            .GetProperty("row")
            .GetProperty("displayName")
            .GetString()
            .ShouldBe("Night");
        (await Schemahub.Run("record", "delete", "saas.themes", "--id", id)).Output.ShouldContain($"Deleted {id}.");
        (await Schemahub.Run("record", "list", "saas.themes")).Output.ShouldBeEmpty();
    }

    [Test]
    public async Task An_organizations_records_are_named_with_it_and_bad_ones_by_their_field()
    {
        var file = Path.Combine(Files, "label.json");
        await File.WriteAllTextAsync(file, """{"name":"Urgent","color":"#ff0000"}""");
        var made = await Schemahub.Json("record", "put", "snorq.labels", "--org", "acme", "--file", file);
        made.GetProperty("id").GetString()!.ShouldStartWith("c");
        (await Schemahub.Run("record", "list", "snorq.labels", "--org", "acme")).Output.ShouldContain("Urgent");

        (await Schemahub.Run("record", "put", "snorq.labels", "--file", file)).Errors.ShouldContain(
            "Name the organization"
        );
        await File.WriteAllTextAsync(file, """{"name":"Urgent","colour":"red"}""");
        (await Schemahub.Run("record", "put", "snorq.labels", "--org", "acme", "--file", file)).Errors.ShouldContain(
            "colour: "
        );
        (await Schemahub.Run("record", "list", "snorq.messages", "--org", "acme")).Errors.ShouldContain(
            "docs/tables.md"
        );
    }
}
