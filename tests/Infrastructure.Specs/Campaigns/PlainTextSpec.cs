namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>The plain-text alternative is made of the HTML.</summary>
public sealed class PlainTextSpec
{
    [TestCase("<h1>News</h1><p>Hello\n  <b>{{name}}</b>,</p><p>a<br>b</p>", "News\n\nHello {{name}},\n\na\nb\n")]
    [TestCase("<a href=\"https://a.example/x\">Read on</a>.", "Read on: https://a.example/x .\n")]
    [TestCase("<a href=\"https://a.example/x\">\n  Read on\n</a>", "Read on: https://a.example/x\n")]
    [TestCase("<a href=\"https://a.example/\">a.example</a>", "a.example\n")]
    [TestCase("<a href=\"https://a.example/x\">https://a.example/x</a>", "https://a.example/x\n")]
    [TestCase("<a href=\"mailto:a@b.example?subject=x\">a@b.example</a>", "a@b.example\n")]
    [TestCase("<a href=\"mailto:a@b.example\">Write</a>", "Write: a@b.example\n")]
    [TestCase(
        "<a href=\"https://a.example/\"><img src=\"https://a.example/i.png\" alt=\"Our shop\"></a>",
        "Our shop: https://a.example/\n"
    )]
    [TestCase("<a href=\"https://a.example/\"><img src=\"https://a.example/i.png\"></a>", "https://a.example/\n")]
    [TestCase("<a href=\"{{unsubscribe_url}}\">No\nmore</a>", "No more: {{unsubscribe_url}}\n")]
    [TestCase("<a href=\"https://a.example/{{metadata.c}}\">x</a>", "x: https://a.example/{{metadata.c}}\n")]
    [TestCase("<ul><li>a<li>b</ul><ol><li>c</li><li>d<ul><li>e</ul></ol>f", "- a\n- b\n\n1. c\n2. d\n  - e\n\nf\n")]
    [TestCase(
        "<ul>{{#each metadata.items}}<li>{{n}}</li>{{/each}}</ul><p>x",
        "{{#each metadata.items}}- {{n}}\n{{/each}}\nx\n"
    )]
    [TestCase("a {{#if name}}b{{else}}c{{/if}} d", "a {{#if name}}b{{else}}c{{/if}} d\n")]
    [TestCase("foo{{#if name}} bar {{/if}} baz", "foo{{#if name}} bar{{/if}} baz\n")]
    [TestCase("foo{{#if name}} bar {{/if}}baz", "foo{{#if name}} bar {{/if}}baz\n")]
    [TestCase("foo{{#if name}} a {{else}} b {{/if}} c", "foo{{#if name}} a {{else}} b{{/if}} c\n")]
    [TestCase("a{{#each metadata.l}} {{this}} {{/each}} b", "a{{#each metadata.l}} {{this}} {{/each}} b\n")]
    [TestCase("a{{#if name}}{{#if email}} b {{/if}}{{/if}} c", "a{{#if name}}{{#if email}} b{{/if}}{{/if}} c\n")]
    [TestCase("<b>a{{#if name}} b </b>{{/if}}<p>c</p>", "a{{#if name}} b{{/if}}\n\nc\n")]
    [TestCase("<a href=\"#news\">to the news</a><h2 id=\"news\">News</h2>", "to the news\n\nNews\n")]
    [TestCase("Web: <a href=\"https://a.example/x\">Web:</a>", "Web: Web: https://a.example/x\n")]
    [TestCase("<p>A</p>{{#if name}}<p>B</p>{{/if}}<p>C</p>", "A\n\n{{#if name}}B\n\n{{/if}}C\n")]
    [TestCase(
        "<table><tr><td>a</td><td>b</td></tr>{{#each metadata.l}}<tr><td>{{this}}</td></tr>{{/each}}</table>",
        "a\nb\n{{#each metadata.l}}{{this}}\n{{/each}}\n"
    )]
    [TestCase(
        "<style>p{}</style><title>t</title><p hidden>a</p><p style=\"DISPLAY : none\">b{{#if name}}{{/if}}</p>c",
        "{{#if name}}{{/if}}c\n"
    )]
    [TestCase("a&nbsp;&amp; &lt;b&gt;&zwnj;", "a & <b>\u200C\n")]
    [TestCase("<pre>a\n  b</pre>c", "a\n  b\n\nc\n")]
    [TestCase("a<hr>b", "a\n\n----------\n\nb\n")]
    [TestCase("&#123;&#123;name}} {<b>{{name}}</b>}", "{ {name} } { {{name}} }\n")]
    [TestCase("<!--[if mso]><p>no</p><![endif]-->a<!-- b -->", "a\n")]
    public void The_text_is_derived_with_its_expressions(string html, string text) =>
        Templates.TextOf(html).ShouldBe(text);

    [TestCase("foo{{#if metadata.x}} bar {{/if}} baz", "foo baz", "foo bar baz")]
    [TestCase("foo{{#if metadata.x}} bar {{/if}}baz", "foobaz", "foo bar baz")]
    [TestCase("foo {{#if metadata.x}}bar{{/if}}", "foo", "foo bar")]
    [TestCase("foo{{#if metadata.x}} bar{{/if}} baz", "foo baz", "foo bar baz")]
    [TestCase("foo{{#unless metadata.x}} bar {{/unless}} baz", "foo bar baz", "foo baz")]
    [TestCase("foo{{#if metadata.x}} a {{else}} b {{/if}} c", "foo b c", "foo a c")]
    [TestCase("foo{{#with metadata.o}} bar {{/with}} baz", "foo baz", "foo bar baz")]
    [TestCase("foo{{#each metadata.l}} {{this}} {{/each}} baz", "foo baz", "foo 1 2 baz")]
    [TestCase("foo{{#if metadata.x}}{{#if metadata.x}} b {{/if}}{{/if}} c", "foo c", "foo b c")]
    public void A_block_keeps_the_space_around_it(string html, string absent, string present)
    {
        var text = Templates.TextOf($"<p>{html}</p>");

        Squeezed(Templates.Text(text, Templates.With("{}"))).ShouldBe(absent);
        Squeezed(Templates.Text(text, Templates.With("""{"x":1,"o":{"a":1},"l":[1,2]}"""))).ShouldBe(present);

        static string Squeezed(string text) =>
            string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Trim();
    }

    [Test]
    public void The_text_is_filled_in_as_the_HTML_is()
    {
        var text = Templates.TextOf(
            """
            <h1>Hello {{name}}</h1>
            <ul>{{#each metadata.items}}<li><a href="https://a.example/{{n}}">Item {{n}}</a></li>{{/each}}</ul>
            {{#if metadata.vip}}<p>Thank you &amp; welcome.</p>{{/if}}
            <p>{{postal_address}}<br><a href="{{unsubscribe_url}}">Unsubscribe</a></p>
            """
        );

        Templates
            .Text(text, Templates.With("""{"items":[{"n":"a b"},{"n":"<c>"}],"vip":true}"""))
            .ShouldBe(
                """
                Hello Ann

                - Item a b: https://a.example/a%20b
                - Item <c>: https://a.example/%3Cc%3E

                Thank you & welcome.

                Street 1
                1000 Town
                Unsubscribe: https://example.com/unsubscribe/abc?a=1&b=2

                """.ReplaceLineEndings("\n")
            );
    }
}
