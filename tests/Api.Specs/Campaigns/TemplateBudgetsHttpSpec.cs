using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>Templates that cost too much, and MJML that is crafted, are refused over HTTP with a code.</summary>
public sealed class TemplateBudgetsHttpSpec : TenantSpec
{
    private const string Path = "/api/v1/backstage/email-templates";

    [Test]
    public async Task A_costly_template_is_refused_by_the_name_of_its_budget()
    {
        var lists = string.Concat(Enumerable.Repeat("<ul><li>", 20_000));
        (await Ours.Post(Path, Row(html: lists)))
            .ShouldBeProblem(422, "template.too_costly")
            .Rules("htmlContent")
            .ShouldContain("the budget depth is 100");
        (await Ours.Get(Path)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);

        var loop = "{{#each metadata.l}}{{#each @root.metadata.l}}{{/each}}{{/each}}";
        var preview = JsonSerializer.Serialize(
            new
            {
                subject = "Hello",
                htmlContent = $"<p>{loop}{loop}</p>",
                @as = new { metadata = new { l = Enumerable.Repeat(1, 500) } },
            }
        );
        (await Ours.Post($"{Path}/preview", preview))
            .ShouldBeProblem(422, "template.too_costly")
            .Body.ShouldContain("rendering_steps");
    }

    [TestCase("{{#if name}}")]
    [TestCase("{{{name}}}")]
    [TestCase("{{shout name}}")]
    public async Task A_broken_subject_of_a_campaign_is_refused(string subject)
    {
        var template = (await Ours.Post(Path, Row(html: "<p>Hello</p>"))).Json.GetProperty("id").GetRawText();
        var campaign = JsonSerializer.Serialize(
            new
            {
                name = "News",
                templateId = long.Parse(template, System.Globalization.CultureInfo.InvariantCulture),
                subject,
            }
        );

        (await Ours.Post("/api/v1/campaigns", campaign))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("subject")
            .ShouldNotBeEmpty();
    }

    [Test]
    public async Task Crafted_MJML_is_never_our_mistake()
    {
        if (new MjmlOptions().Find() is null)
            Assert.Ignore("The mjml package is not installed: npm ci in src/Mjml.");

        foreach (
            var mjml in new[]
            {
                "<Mj-Include path=\"/etc/passwd\" />",
                "<mjml><mj-body><MJ-INCLUDE path=\"/etc/passwd\" type=\"html\" /></mj-body></mjml>",
                "<mjml>",
                "<mjml><mj-body><mj-text></mj-body></mjml>",
                "<html></html>",
                "<!--",
                "<mjml><mj-body></mj-body></mjml",
                "<!DOCTYPE mjml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>",
                "<mj-text a='",
                string.Concat(Enumerable.Repeat("<!--", 200_000)),
                string.Concat(Enumerable.Repeat("<mj-text ", 100_000)),
                string.Concat(Enumerable.Repeat("<mj-wrapper>", 80_000)),
            }
        )
        {
            var answer = await Ours.Post(Path, Row(mjml: mjml));

            answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, mjml.Length > 100 ? mjml[..100] : mjml);
            answer.Rules("mjmlContent").ShouldNotBeEmpty();
        }
    }

    private static string Row(string? html = null, string? mjml = null) =>
        JsonSerializer.Serialize(
            new
            {
                name = "Letter",
                subject = "Hello",
                htmlContent = html,
                mjmlContent = mjml,
                isDraft = true,
            }
        );
}
