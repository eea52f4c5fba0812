using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>What no template may hold, drafts neither, and how it is told.</summary>
public sealed class TemplateSyntaxSpec
{
    [TestCase("a\n  {{{name}}}", "Line 2, column 3: {{{ }}} is not allowed")]
    [TestCase("{{&name}}", "Line 1, column 1: {{& }} is not allowed")]
    [TestCase("{{~& name}}", "{{& }} is not allowed")]
    [TestCase("{{{{raw}}}}a{{{{/raw}}}}", "is not allowed")]
    [TestCase("{{> footer}}", "Partials")]
    [TestCase("{{#> layout}}a{{/layout}}", "{{#>}} is not supported")]
    [TestCase("{{* d}}", "Decorators")]
    [TestCase("{{#*inline \"x\"}}a{{/inline}}", "not supported")]
    [TestCase("\r\n\r\n {{upper name}}", "Line 3, column 2: There is no helper upper")]
    [TestCase("{{lookup metadata name}}", "There is no helper lookup")]
    [TestCase("{{name \"x\"}}", "helpers and parameters are not supported")]
    [TestCase("{{(name)}}", "not supported")]
    [TestCase("{{name a=b}}", "not supported")]
    [TestCase("{{\"text\"}}", "not supported")]
    [TestCase("{{#each metadata.l as |x|}}{{/each}}", "not supported")]
    [TestCase("{{#list metadata.l}}{{/list}}", "There is no block {{#list}}")]
    [TestCase("{{^name}}a{{/name}}", "use {{#unless }}")]
    [TestCase("{{name", "Line 1, column 1: {{ is not closed")]
    [TestCase("{{name\n{{email}}", "Line 1, column 1: {{ is not closed")]
    [TestCase("{{name}", "is not closed")]
    [TestCase("{{name}}}", "Line 1, column 9: A third }")]
    [TestCase("{{}}", "nothing between")]
    [TestCase("{{~ ~}}", "nothing between")]
    [TestCase("{{! never ends", "The comment is not closed")]
    [TestCase("{{!-- never }} ends", "The comment is not closed")]
    [TestCase("\\{{name}}", "Line 1, column 1: A backslash")]
    [TestCase("x\n{{#if name}}y", "Line 2, column 1: {{#if}} is not closed")]
    [TestCase("{{/if}}", "closes a block that was not opened")]
    [TestCase("\n{{#if name}}\n{{/each}}", "Line 3, column 1: {{/each}} closes {{#if}} of line 2")]
    [TestCase("{{else}}", "stands in no block")]
    [TestCase("{{#if name}}{{else}}{{else}}{{/if}}", "a second {{else}}")]
    [TestCase("{{#each metadata.l}}{{else if name}}{{/each}}", "{{else if …}}")]
    [TestCase("{{#if}}a{{/if}}", "needs a variable")]
    [TestCase("{{#if }}a{{/if}}", "needs a variable")]
    [TestCase("{{../name}}", "leads out")]
    [TestCase("{{#each metadata.l}}{{../../name}}{{/each}}", "leads out")]
    [TestCase("{{@index}}", "is not known here")]
    [TestCase("{{@partial-block}}", "is not known here")]
    [TestCase("{{this}}", "not one value")]
    [TestCase("{{metadata..x}}", "is no variable")]
    [TestCase("{{metadata.}}", "is no variable")]
    [TestCase("{{metadata.[x}}", "is no variable")]
    [TestCase("{{metadata.[]}}", "is no variable")]
    [TestCase("{{metadata.[<b>]}}", "is no variable")]
    [TestCase("{{metadata/x}}", "is no variable")]
    [TestCase("{{na;me}}", "is no variable")]
    public void Broken_or_unsafe_Handlebars_are_refused_with_their_place(string template, string told)
    {
        Templates.Faults(template).ShouldContain(fault => fault.StartsWith("HtmlContent: ") && fault.Contains(told));
        Templates
            .Faults(template, Templates.Footer, isDraft: true)
            .ShouldContain(fault => fault.StartsWith("Subject: ") && fault.Contains(told));
    }

    [Test]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        Templates
            .Faults("{{{a}}}", "{{{name}}} {{> b}}", isDraft: true)
            .Select(fault => fault.Split(": ")[0])
            .ShouldBe(["Subject", "HtmlContent", "HtmlContent"]);
    }

    [Test]
    public void Blocks_are_not_nested_without_end()
    {
        var open = string.Concat(Enumerable.Repeat("{{#if name}}", 17));
        var close = string.Concat(Enumerable.Repeat("{{/if}}", 17));
        Templates.Faults(open + close).ShouldContain(fault => fault.Contains("At most 16 blocks"));

        const string loop = "{{#each metadata.l}}";
        Templates.Faults($"{loop}{loop}{loop}{{{{/each}}}}{{{{/each}}}}{{{{/each}}}}").ShouldNotBeEmpty();
    }

    [Test]
    public void There_are_not_expressions_without_end() =>
        Should
            .Throw<TemplateTooCostlyException>(() =>
                Templates.Faults(string.Concat(Enumerable.Repeat("{{name}} ", 10_000)))
            )
            .Budget.ShouldBe("parts");

    [TestCase("{{first_name}}", "first_name is no variable")]
    [TestCase("{{name.first}}", "name holds nothing within")]
    [TestCase("{{#if vip}}a{{/if}}", "vip is no variable")]
    public void Variables_that_are_not_there_are_refused_unless_in_a_draft(string template, string told)
    {
        Templates.Faults(template + Templates.Footer).ShouldBeEmpty();
        Templates.Faults("Hello", template + Templates.Footer, isDraft: false).Single().ShouldContain(told);
        Templates.Html(template).ShouldBe("");
    }
}
