using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>Templates in MJML over HTTP, with Node and without.</summary>
public sealed class MjmlTemplatesSpec : TenantSpec
{
    private const string Path = "/api/v1/backstage/email-templates";

    private const string Mjml = """
        <mjml><mj-body><mj-section><mj-column>
        <mj-text>Hello {{name}}</mj-text>
        <mj-text>{{postal_address}} <a href="{{unsubscribe_url}}">No more</a></mj-text>
        </mj-column></mj-section></mj-body></mjml>
        """;

    [Test]
    public async Task MJML_is_saved_with_the_HTML_that_it_makes()
    {
        RequireNode();
        var made = await Ours.Post(Path, Row(Mjml));
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        var id = made.Json.GetProperty("id").GetRawText();
        var row = (await Ours.Get($"{Path}/{id}")).Json.GetProperty("row");
        row.GetProperty("mjmlContent").GetString().ShouldBe(Mjml);
        row.GetProperty("htmlContent").GetString()!.ShouldContain("<!doctype html>");
        row.GetProperty("htmlContent").GetString()!.ShouldContain("Hello {{name}}");

        // What was read may be sent back.
        (await Ours.Put($"{Path}/{id}", row.GetRawText(), ("If-Match", "\"1\""))).ETag.ShouldBe("\"1\"");
        var shown = (await Ours.Post($"{Path}/{id}/preview", """{"as":{"name":"Zoë"}}""")).Json;
        shown.GetProperty("html").GetString()!.ShouldContain("Hello Zoë");
        shown.GetProperty("text").GetString()!.ShouldStartWith("Hello Zoë\n");
    }

    [TestCase("<mj-text>Hello", "<mj-txt>Hello", "Line 2, column 1: <mj-txt> is not closed")]
    [TestCase("<mj-text>Hello", "<mj-text font-size=\"x\">Hello", "Line 2, column 1: Attribute font-size")]
    [TestCase("{{name}}", "{{shout name}}", "Line 2, column 16: There is no helper shout")]
    [TestCase("{{postal_address}}", "", "postal address is missing")]
    public async Task Broken_MJML_is_refused_with_its_place(string right, string wrong, string told)
    {
        RequireNode();
        (await Ours.Post(Path, Row(Mjml.Replace(right, wrong, StringComparison.Ordinal))))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("mjmlContent")
            .ShouldContain(JsonSerializer.Serialize(told).Trim('"'));
        (await Ours.Get(Path)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Test]
    public async Task Without_Node_HTML_is_saved_and_MJML_says_what_is_missing()
    {
        await using var nodeless = await TestApi.StartBeside(
            new ApiOptions { Mjml = new MjmlOptions { Node = "no-such-node" } }
        );
        using var ours = await nodeless.NewTenant();
        var refused = (await ours.Post(Path, Row(Mjml))).ShouldBeProblem(503, "mjml.unavailable");
        refused.Rules("mjmlContent").ShouldContain("is not installed");
        const string footer = """<p>{{postal_address}} <a href="{{unsubscribe_url}}">No more</a></p>""";
        (
            await ours.Post(
                Path,
                JsonSerializer.Serialize(
                    new
                    {
                        name = "a",
                        subject = "b",
                        htmlContent = footer,
                    }
                )
            )
        ).Status.ShouldBe(HttpStatusCode.Created);
    }

    private static void RequireNode()
    {
        if (new MjmlOptions().Find() is null)
            Assert.Ignore("The mjml package is not installed: npm ci in src/Mjml.");
    }

    private static string Row(string mjml) =>
        JsonSerializer.Serialize(
            new
            {
                name = "Letter",
                subject = "Hello",
                mjmlContent = mjml,
            }
        );
}
