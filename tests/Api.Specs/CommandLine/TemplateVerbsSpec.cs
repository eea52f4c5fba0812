using System.Text.Json;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>Templates on the command line.</summary>
public sealed class TemplateVerbsSpec : VerbsFixture
{
    [Test]
    public async Task A_template_is_saved_listed_previewed_and_replaced()
    {
        var file = Sample("newsletter.html");
        var made = await Schemahub.Json([
            "template",
            "save",
            file,
            "--org",
            "acme",
            "--subject",
            "Hello {{name}}",
            "--draft",
        ]);
        var id = made.GetProperty("id").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);
        (await Schemahub.Run("template", "list", "--org", "acme")).Output.ShouldContain(
            "draft  newsletter: Hello {{name}}"
        );

        var html = Path.Combine(Files, "newsletter-preview.html");
        var shown = await Schemahub.Run(
            "template",
            "preview",
            id,
            "--org",
            "acme",
            "--name",
            "Zoë",
            "--metadata",
            """{"shows":["Bern, 3 May"]}""",
            "--html",
            html
        );
        shown.Output.ShouldContain("Subject: Hello Zoë");
        shown.Output.ShouldContain("- Bern, 3 May");
        shown.Output.ShouldContain("Nothing was there for: metadata.city");
        (await File.ReadAllTextAsync(html)).ShouldContain("Hello Zoë, we are back on the road");

        (await Schemahub.Json("template", "save", file, "--org", "acme", "--id", id))
            .GetProperty("version")
            .GetInt64()
            .ShouldBe(2);
        (await Schemahub.Run("template", "list", "--org", "acme")).Output.ShouldNotContain("draft");
    }

    [Test]
    public async Task What_is_wrong_is_said_with_its_place()
    {
        var file = Path.Combine(Files, "broken.html");
        await File.WriteAllTextAsync(file, "<p>\n{{#if name}}</p>");
        var refused = await Schemahub.Run("template", "save", file, "--org", "acme", "--subject", "a");
        refused.Code.ShouldBe(1);
        refused.Errors.ShouldContain("HtmlContent: Line 2, column 1: {{#if}} is not closed");
        (await Schemahub.Run("template", "preview", "1", "--org", "acme")).Errors.ShouldContain("no such template");
    }

    [Test]
    public async Task MJML_is_told_by_the_files_name()
    {
        if (new MjmlOptions().Find() is null)
            Assert.Ignore("The mjml package is not installed: npm ci in src/Mjml.");

        var saved = await Schemahub.Json([
            "template",
            "save",
            Sample("welcome.mjml"),
            "--org",
            "acme",
            "--subject",
            "Welcome",
        ]);
        var id = saved.GetProperty("id").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var shown = await Schemahub.Json("template", "preview", id, "--org", "acme", "--name", "Zoë");
        shown.GetProperty("text").GetString()!.ShouldContain("Welcome aboard, Zoë");
        shown.GetProperty("warnings").GetArrayLength().ShouldBe(0);
    }

    private static string Sample(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent!;

        return Path.Combine(folder.FullName, "samples", "templates", name);
    }
}
