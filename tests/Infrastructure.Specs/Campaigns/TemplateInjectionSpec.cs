using System.Text;
using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using FsCheck;
using FsCheck.Fluent;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Whatever a contact's data holds, the mail's HTML has the elements of its template, and no other.</summary>
public sealed class TemplateInjectionSpec
{
    private const string Html = """
        <!doctype html><html lang="{{metadata.a}}"><head><title>{{name}} {{metadata.a}}</title>
        <style>p { color: red }</style></head><body class="{{#if metadata.b}}x{{metadata.b}}{{else}}y{{/if}}">
        <!--[if mso]><table><tr><td><![endif]-->{{name}}<p title='{{metadata.a}}' lang="{{name}}">{{metadata.b}}</p>
        <a href="https://example.com/{{metadata.a}}?{{name}}#{{metadata.b}}">{{metadata.a}}</a>
        <a href='mailto:a@example.com?subject={{name}}{{metadata.a}}'>b</a>
        <img src="http://example.com/?{{metadata.b}}" alt="{{metadata.a}}{{name}}">
        <table>{{#each metadata.l}}<tr><td align="{{this}}">{{this}}{{../metadata.a}}</td></tr>{{/each}}</table>
        {{#with metadata.o}}<b>{{k}}</b>{{/with}}
        <p>{{postal_address}}<a href="{{unsubscribe_url}}">x</a></p></body></html>
        """;

    // What breaks out of one place or another, in pieces that random order puts together.
    private static readonly string[] s_breaking =
    [
        "<script>alert(1)</script>",
        "<",
        ">",
        "\"",
        "'",
        "`",
        "=",
        "&",
        "--",
        "-->",
        "--!>",
        "]]>",
        "<![endif]-->",
        "</title>",
        "</style>",
        "</p>",
        "<img src=x onerror=a>",
        "javascript:",
        "\" onload=\"",
        "' onload='",
        "{{",
        "}}",
        "{{{name}}}",
        "{{#each metadata}}",
        "\0",
        "\r\n",
        "\t",
        "/",
        "\\",
        "#",
        "?",
        "%00",
        "%3C",
        "&lt;",
        "&#60;",
        "&#x3c",
        "\u2028",
        "\uFEFF",
        "\uD800",
        "\uDC00",
        "\uE000",
        "\uE001",
        "\uE0001\uE001",
        "😀",
        " ",
        "a",
        "http://x",
        "\u00A0",
        "<!--",
        "<?",
        "</",
    ];

    private static readonly ICompiledTemplate s_template = Templates.Compiler.Compile(
        "{{name}} {{metadata.a}}",
        Html,
        "{{name}}"
    );

    private static readonly string s_plain = Structure(Rendered("n", "a", "b").Html);

    [Test]
    public void No_data_change_the_elements_of_a_mail()
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(3_000).WithEndSize(30);
        Prop.ForAll(
                Arb.From(Texts().Three()),
                data =>
                {
                    var (name, a, b) = (data.Item1, data.Item2, data.Item3);
                    var mail = Rendered($"n{name}", $"a{a}", $"b{b}");
                    return Structure(mail.Html) == s_plain && mail.Subject.All(c => !char.IsControl(c));
                }
            )
            .Check(config);
    }

    [Test]
    public void Data_are_shown_as_they_are()
    {
        const string odd = "<b>\"'&lt;{{name}}</b>";
        var document = new HtmlParser().ParseDocument(Rendered(odd, odd, odd).Html);

        document.QuerySelector("body > p")!.TextContent.ShouldBe(odd);
        document.QuerySelector("body > p")!.GetAttribute("title").ShouldBe(odd);
        document.Title.ShouldBe($"{odd} {odd}");
        Uri.UnescapeDataString(document.QuerySelector("a")!.GetAttribute("href")!)
            .ShouldBe($"https://example.com/{odd}?{odd}#{odd}");
    }

    private static RenderedMail Rendered(string name, string a, string b) =>
        s_template.Render(
            Templates.Ann with
            {
                Name = name,
                Metadata = JsonSerializer.SerializeToElement(
                    new Dictionary<string, object>
                    {
                        ["a"] = a,
                        ["b"] = b,
                        ["l"] = new[] { a, b },
                        ["o"] = new { k = a },
                    }
                ),
            }
        );

    private static Gen<string> Texts() =>
        Gen.OneOf(Gen.Elements(s_breaking), Gen.Choose(0, char.MaxValue).Select(c => ((char)c).ToString()))
            .ListOf()
            .Select(pieces => string.Concat(pieces));

    /// <summary>Elements with the names of their attributes, and the schemes of links.</summary>
    private static string Structure(string html)
    {
        var structure = new StringBuilder();
        Add(new HtmlParser().ParseDocument(html));
        return structure.ToString();

        void Add(INode node)
        {
            if (node is IComment comment)
                structure.Append("<!--").Append(comment.Data).Append("-->");

            if (node is IElement element)
            {
                var attributes = element.Attributes.Select(attribute =>
                    attribute.Name is "href" or "src" ? $"{attribute.Name}={attribute.Value[..12]}" : attribute.Name
                );
                structure.Append('<').Append(element.LocalName).Append(' ').AppendJoin(' ', attributes).Append('>');
            }

            foreach (var child in node.ChildNodes)
                Add(child);

            structure.Append("</>");
        }
    }
}
