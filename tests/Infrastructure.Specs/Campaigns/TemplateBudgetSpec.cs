using System.Text;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// Whatever a template is made of, working on it ends within its budgets. Nothing here looks at a clock: what is too
/// much is refused by what it counts, and what is taken is taken in linear time or the spec does not end.
/// </summary>
public class TemplateBudgetSpec
{
    private const int MostCharacters = 1_048_576;

    private static readonly string s_list = $"{{\"l\":[{string.Join(',', Enumerable.Repeat("1", 500))}]}}";

    private static readonly (string Name, string? Budget, string Repeated)[] s_repeated =
    [
        ("lists", "depth", "<ul><li>"),
        ("definitions", "depth", "<dl><dd>"),
        ("tables", "depth", "<table><tr><td>"),
        ("quotes", "depth", "<blockquote>"),
        ("blocks", "depth", "<div>"),
        ("unknown elements", "depth", "<x>"),
        ("spans", "depth", "<span>"),
        ("formatting", "depth", "<b>"),
        ("fonts", "depth", "<font size=1>"),
        ("formatting of blocks", "depth", "<b><div>"),
        ("links of blocks", "depth", "<a href=\"https://x.example\"><div>"),
        ("links of tables", "depth", "<a href=\"https://x.example\"><table><tr><td>"),
        ("no breaks", "depth", "<nobr><div>"),
        ("drawings", "depth", "<svg><g>"),
        ("formulas", "depth", "<math><mi>"),
        ("paragraphs in blocks", "depth", "<div><p>"),
        ("open paragraphs", "elements", "<p>"),
        ("open rows outside of tables", null, "<tr>"),
        ("headings", "elements", "<h1>a</h1>"),
        ("links", "elements", "<a href=\"https://x.example\">a</a>"),
        ("open links", "elements", "<a href=\"https://x.example\">"),
        ("pictures", "elements", "<img src=\"https://x.example/a\" alt=\"a\">"),
        ("line ends", "elements", "<br>"),
        ("options", "elements", "<option>"),
        ("text in tables", "elements", "<div><table>a</table></div>"),
        ("ends of paragraphs before the body", null, "</p>"),
        ("ends of nothing", null, "</y>"),
        ("comments", null, "<!--a-->"),
        ("open comments", null, "<!--"),
        ("comments of another form", null, "<!x>"),
        ("document types", null, "<!DOCTYPE html>"),
        ("conditions", null, "<!--[if mso]><meta --><!--[if mso]> on on -->"),
        ("entities", null, "&amp;"),
        ("open entities", null, "&am"),
        ("references", null, "&#x41;"),
        ("ampersands", null, "&"),
        ("less-thans", null, "<"),
        ("spaces", null, " "),
        ("line feeds", null, "\n"),
        ("text", null, "a"),
        ("braces shown", null, "&#123;&#123;"),
        ("templates' comments", null, "{{!a}}"),
        ("templates' long comments", null, "{{!--a--}}"),
        ("expressions", "parts", "{{name}}"),
        ("expressions in text", "parts", "a{{name}} "),
        ("conditions of a template", "parts", "{{#if name}}a{{/if}}"),
        ("alternatives", null, "{{else if name}}"),
        ("loops", "parts", "{{#each metadata.l}}a{{/each}}"),
        ("nested conditions", null, "{{#if name}}"),
        ("nested loops", null, "{{#each metadata.l}}"),
        ("nested contexts", null, "{{#with metadata.a}}"),
        ("ends of blocks", null, "{{/if}}"),
        ("triple braces", null, "{{{a}}}"),
        ("open expressions", null, "{{"),
        ("open comments of a template", null, "{{!--"),
    ];

    /// <summary>What is repeated up to the longest body, and the budget that refuses it; none if linear.</summary>
    private static IEnumerable<TestCaseData> Bodies()
    {
        foreach (var (name, budget, repeated) in s_repeated)
            yield return new TestCaseData(
                Repeated(repeated, MostCharacters / repeated.Length),
                budget
            ).SetArgDisplayNames(name);

        foreach (var (name, budget, body) in Long())
            yield return new TestCaseData(body, budget).SetArgDisplayNames(name);
    }

    private static IEnumerable<(string Name, string? Budget, string Body)> Long()
    {
        var names = string.Concat(Enumerable.Range(0, 90).Select(i => $"<font size={i}>"));
        yield return (
            "formatting that is opened again",
            "parser_steps",
            $"<p>{names}</p>{Repeated("<p>x</p>", 100_000)}"
        );
        yield return (
            "formatting that is opened again in blocks",
            "parser_steps",
            $"<p>{names}</p>{Repeated("<div>x</div>", 80_000)}"
        );
        yield return ("attributes", "attributes", $"<p {Repeated("a ", 500_000)}>");
        yield return (
            "attributes with values",
            "attributes",
            $"<p {string.Concat(Enumerable.Range(0, 90_000).Select(i => $"a{i}=\"\" "))}>"
        );
        yield return ("a name of an attribute", null, $"<p {new string('a', 1_000_000)}>");
        yield return ("a value", null, $"<p title=\"{new string('a', 1_000_000)}\">");
        yield return ("an open value", null, $"<p title=\"{new string('a', 1_000_000)}");
        yield return ("a name of an element", null, $"<{new string('a', 1_000_000)}>");
        yield return ("a style", null, $"<style>{Repeated("a{b:c}", 150_000)}</style>");
        yield return ("an open style", null, $"<style>{Repeated("</styl", 150_000)}");
        yield return ("a reference of many digits", null, $"&#{new string('0', 1_000_000)}65;");
        yield return ("a way up", null, $"{{{{{Repeated("../", 300_000)}a}}}}");
        yield return ("a path", null, $"{{{{{Repeated("a.", 400_000)}a}}}}");
        yield return ("an expression of spaces", null, $"{{{{{new string(' ', 1_000_000)}name}}}}");
        yield return ("a list of many items", null, $"<ol>{Repeated("<li>a", 19_000)}</ol>");
        yield return ("text that foster parents get", null, $"<table>{Repeated("a<tr>", 9_000)}</table>");
        yield return ("ends of formatting", "depth", $"{Repeated("<b><div>", 1_000)}{Repeated("</b>", 100_000)}");
        yield return ("open rows", "elements", $"<table>{Repeated("<tr>", 200_000)}");
        yield return ("ends of paragraphs", "elements", $"<div>{Repeated("</p>", 200_000)}");
        yield return ("ends of nothing deep within", null, $"{Repeated("<div>", 90)}{Repeated("</y>", 250_000)}");
        yield return (
            "one conditional comment",
            null,
            $"<!--[if mso]>{Repeated("<meta ", 80_000)}{Repeated("on", 100_000)}{new string(' ', 100_000)}-->"
        );
        yield return ("an address", null, $"<a href=\"https://x.example/{new string('a', 1_000_000)}\">a</a>");
    }

    [TestCaseSource(nameof(Bodies))]
    public void Working_on_a_body_ends_within_its_budgets(string html, string? budget)
    {
        html.Length.ShouldBeLessThan(MostCharacters + 20_000);
        string? spent = null;
        try
        {
            Templates.Workshop.Review(new TemplateSource("Hello", html, Mjml: null, IsDraft: true));
        }
        catch (TemplateTooCostlyException costly)
        {
            spent = costly.Budget;
            costly.Message.ShouldContain(costly.Budget);
        }

        spent.ShouldBe(budget);
    }

    [TestCase("{{#each metadata.l}}{{#each @root.metadata.l}}{{/each}}{{/each}}", 4)]
    [TestCase("{{#each metadata.l}}{{#each @root.metadata.l}}{{this}}{{/each}}{{/each}}", 1)]
    [TestCase("{{#each metadata.l}}{{#each @root.metadata.l}}{{#if @first}}{{/if}}{{/each}}{{/each}}", 1)]
    [TestCase("{{#each metadata.l}}{{#each @root.metadata.l}}{{else}}a{{/each}}{{/each}}", 1)]
    public void Loops_that_turn_too_often_are_ended(string template, int times)
    {
        var source = Repeated(template, times);

        var costly = Should.Throw<TemplateTooCostlyException>(() => Templates.Html(source, Templates.With(s_list)));

        costly.Budget.ShouldBe("rendering_steps");
        costly.Field.ShouldBe("Html");
        Should
            .Throw<TemplateTooCostlyException>(() => Templates.Text(source, Templates.With(s_list)))
            .Field.ShouldBe("Text");
    }

    [Test]
    public void A_turn_costs_as_many_steps_as_there_are_parts_in_it()
    {
        Templates.Html("<p>{{#each metadata.l}}{{this}}, {{/each}}</p>", Templates.With(s_list));
        // An expression, a comma, the end of the loop.
        RenderingBudget.Spent.ShouldBe(500 * 3);

        Templates.Html("<p>{{name}}</p>");
        RenderingBudget.Spent.ShouldBe(0);
    }

    [TestCase(
        "<ul>\n{{#each metadata.items}}\n  <li>{{n}}</li>\n{{/each}}\n</ul>",
        "<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>"
    )]
    [TestCase("<ul>{{#each metadata.items~}}  \n <li>{{n}}</li>{{~/each}}</ul>", "<ul><li>a</li><li>b</li></ul>")]
    [TestCase("<p>{{#each metadata.items}} {{n}}{{/each}}</p>", "<p> a b</p>")]
    [TestCase("<p>{{#each metadata.items}}{{n}}{{/each}}</p>", "<p>ab</p>")]
    public void Counting_changes_no_white_space(string template, string html) =>
        Templates.Html(template).ShouldBe(html);

    [Test]
    public void Whoever_leaves_ends_the_work()
    {
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        var template = Templates.Compiler.Compile("Hello", "<p>{{name}}</p>", "Hello");

        Should.Throw<OperationCanceledException>(() => template.Render(Templates.Ann, gone.Token));
        Should.Throw<OperationCanceledException>(() =>
            Templates.Compiler.Compile("Hello", "<p>{{name}}</p>", "Hello", gone.Token)
        );
        Should.Throw<OperationCanceledException>(() =>
            Templates.Workshop.Review(
                new TemplateSource("Hello", Repeated("<p>a</p>", 2_000), Mjml: null, IsDraft: true),
                gone.Token
            )
        );
    }

    [Test]
    public void A_caller_who_leaves_in_the_middle_of_a_loop_ends_it()
    {
        using var leaving = new CancellationTokenSource();
        var template = Templates.Compiler.Compile("Hello", "<p>{{#each metadata.l}}{{this}}{{/each}}</p>", "Hello");
        RenderingBudget.Begin(leaving.Token);
        leaving.Cancel();

        Should.Throw<OperationCanceledException>(() => RenderingBudget.Spend(1));
        template.Render(Templates.With(s_list)).Html.ShouldNotBeEmpty();
    }

    private static string Repeated(string text, int times) => new StringBuilder().Insert(0, text, times).ToString();
}
