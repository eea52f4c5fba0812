using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>What a template becomes for one recipient.</summary>
public sealed class TemplateCompilerSpec
{
    [TestCase("Hello {{name}} of {{metadata.city}}", "Hello Ann of Bern")]
    [TestCase("{{ name }}{{email}}", "Annann@example.com")]
    [TestCase("{{metadata.deep.er.still}}", "x")]
    [TestCase("{{metadata.nothing.at.all}}.", ".")]
    [TestCase("{{metadata.count}} {{metadata.vip}}", "0 true")]
    [TestCase("{{metadata.deep}}{{metadata.items}}.", ".")]
    [TestCase("{{metadata.items.[1].n}}{{metadata.items.0.n}}", "ba")]
    [TestCase("{{#if metadata.vip}}yes{{else}}no{{/if}}", "yes")]
    [TestCase("{{#if metadata.count}}yes{{else}}no{{/if}}", "no")]
    [TestCase("{{#if metadata.none}}a{{else if metadata.vip}}b{{else}}c{{/if}}", "b")]
    [TestCase("{{#unless metadata.none}}a{{/unless}}", "a")]
    [TestCase("{{#each metadata.items}}{{@index}}{{n}}{{this.n}},{{/each}}", "0aa,1bb,")]
    [TestCase("{{#each metadata.items}}{{../name}}{{@root.name}}{{/each}}", "AnnAnnAnnAnn")]
    [TestCase("{{#each metadata.items}}{{#if @first}}{{n}}{{/if}}{{/each}}", "a")]
    [TestCase("{{#each metadata.items}}{{#if n}}{{../metadata.city}}{{/if}}{{/each}}", "BernBern")]
    [TestCase("{{#each metadata.items}}{{name}}{{/each}}.", ".")]
    [TestCase("{{#each metadata.none}}a{{else}}none{{/each}}", "none")]
    [TestCase("{{#with metadata.deep}}{{er.still}}{{#with er}}{{still}}{{../../name}}{{/with}}{{/with}}", "xxAnn")]
    [TestCase("{{#each metadata.deep}}{{@key}}{{/each}}", "er")]
    [TestCase("a{{! not shown }}b{{!-- nor {{this}} --}}c", "abc")]
    [TestCase("a  {{~name~}}  b", "aAnnb")]
    [TestCase("{ {{name}} }", "{ Ann }")]
    [TestCase("{{name}} }", "Ann }")]
    public void A_template_is_filled_in(string template, string expected)
    {
        Templates.Html(template).ShouldBe(expected);
        Templates.Text(template).Trim().ShouldBe(expected);
        Templates.Subject(template).ShouldBe(expected);
    }

    [TestCase("""{"first name":"A","First Name":"B"}""", "{{metadata.[first name]}}", "A")]
    [TestCase("""{"größe":"A"}""", "{{metadata.größe}}", "A")]
    [TestCase("""{"City":"A","city":"B"}""", "{{metadata.City}}{{metadata.city}}", "AB")]
    [TestCase("""{"a-b":"A","if":"B","log":"C"}""", "{{metadata.a-b}}{{metadata.if}}{{metadata.log}}", "ABC")]
    [TestCase(
        """{"l":[{"if":"A","each":"B","html":"C"}]}""",
        "{{#each metadata.l}}{{if}}{{each}}{{html}}{{/each}}",
        "ABC"
    )]
    [TestCase(
        """{"n":1.50,"m":-3,"big":12345678901234567890}""",
        "{{metadata.n}} {{metadata.m}} {{metadata.big}}",
        "1.50 -3 12345678901234567890"
    )]
    [TestCase("""{"l":["a","b"]}""", "{{#each metadata.l}}{{this}}{{.}}{{/each}}", "aabb")]
    [TestCase(
        """{"l":[["a"],["b"]]}""",
        "{{#each metadata.l}}{{#each this}}{{this}}{{@../index}}{{/each}}{{/each}}",
        null
    )]
    [TestCase("""{"a":1,"b":2}""", "{{#each metadata}}{{@key}}{{this}}{{/each}}", "a1b2")]
    [TestCase("""[1]""", "{{metadata.Count}}{{metadata.Length}}.", ".")]
    public void Metadata_are_read_by_their_own_names(string metadata, string template, string? expected)
    {
        if (expected is null)
            Should.Throw<TemplateBrokenException>(() => Templates.Html(template, Templates.With(metadata)));
        else
            Templates.Html(template, Templates.With(metadata)).ShouldBe(expected);
    }

    [Test]
    public void Data_become_text_in_HTML_and_stay_themselves_in_text()
    {
        var odd = Templates.Ann with { Name = "<b onload='x'>\"Ann\" & `co`</b>" };

        Templates
            .Html("<p title=\"{{name}}\">{{name}}</p>", odd)
            .ShouldBe(
                "<p title=\"&lt;b onload&#61;&#39;x&#39;&gt;&quot;Ann&quot; &amp; &#96;co&#96;&lt;/b&gt;\">"
                    + "&lt;b onload&#61;&#39;x&#39;&gt;&quot;Ann&quot; &amp; &#96;co&#96;&lt;/b&gt;</p>"
            );
        Templates.Text("{{name}}", odd).ShouldBe("<b onload='x'>\"Ann\" & `co`</b>\n");
    }

    [Test]
    public void Data_in_an_address_are_percent_encoded_and_our_own_addresses_are_whole()
    {
        var odd = Templates.With("""{"q":"a b&c=ü/../\"#"}""");
        const string link = """<a href="https://example.com/s?q={{metadata.q}}">{{metadata.q}}</a>""";
        const string encoded = "https://example.com/s?q=a%20b%26c%3D%C3%BC%2F..%2F%22%23";

        Templates.Html(link, odd).ShouldStartWith($"<a href=\"{encoded}\">a b&amp;c");
        Templates
            .Text("See (https://example.com/s?q={{metadata.q}}) {{metadata.q}}", odd)
            .ShouldBe($"See ({encoded}) a b&c=ü/../\"#\n");
        Templates
            .Html("""<a href="{{unsubscribe_url}}">x</a>""")
            .ShouldBe("<a href=\"https://example.com/unsubscribe/abc?a&#61;1&amp;b&#61;2\">x</a>");
        Templates.Text("{{unsubscribe_url}}").ShouldBe("https://example.com/unsubscribe/abc?a=1&b=2\n");
    }

    [Test]
    public void A_postal_address_keeps_its_lines()
    {
        Templates.Html("<p>{{postal_address}}</p>").ShouldBe("<p>Street 1<br>1000 Town</p>");
        Templates.Text("{{postal_address}}").ShouldBe("Street 1\n1000 Town\n");
    }

    [Test]
    public void A_subject_is_one_line_of_bounded_length()
    {
        var odd = Templates.Ann with { Name = "Ann\r\nBcc: eve@example.com\u2028\u0085\0\u007F" };
        Templates.Subject("Hello {{name}}", odd).ShouldBe("Hello Ann Bcc: eve@example.com");

        var subject = Templates.Subject(
            "{{name}}",
            Templates.Ann with
            {
                Name = string.Concat(Enumerable.Repeat("😀", 300)),
            }
        );
        subject.EnumerateRunes().Count().ShouldBe(255);
        subject.EnumerateRunes().ShouldAllBe(rune => rune.Value == 0x1F600);
    }

    [Test]
    public void A_recipient_without_data_gets_the_rest()
    {
        var nobody = Templates.Ann with { Name = null, Metadata = null };
        Templates.Html("Hello {{name}}{{metadata.city}}{{#each metadata}}x{{/each}}!", nobody).ShouldBe("Hello !");
        Templates.Subject("Hello {{name}}", nobody).ShouldBe("Hello");
    }

    [Test]
    public void A_mail_that_data_make_endless_is_refused()
    {
        var items = string.Join(',', Enumerable.Repeat("1", 2_000));
        var template =
            $"{{{{#each metadata.l}}}}{{{{#each @root.metadata.l}}}}{new string('x', 100)}{{{{/each}}}}{{{{/each}}}}";

        Should
            .Throw<TemplateBrokenException>(() => Templates.Html(template, Templates.With($"{{\"l\":[{items}]}}")))
            .Message.ShouldContain("longer than");
    }

    [Test]
    public void One_template_serves_many_threads()
    {
        var template = Templates.Compiler.Compile(
            "{{name}}",
            "{{name}} {{metadata.city}} {{#each metadata.items}}{{n}}{{/each}}",
            "{{email}}"
        );
        Parallel.For(
            0,
            20_000,
            i =>
            {
                var mail = template.Render(
                    Templates.With($$"""{"city":"c{{i}}","items":[{"n":"{{i}}"}]}""") with
                    {
                        Name = $"n{i}",
                        Email = $"e{i}",
                    }
                );
                mail.ShouldBe(new RenderedMail($"n{i}", $"n{i} c{i} {i}", $"e{i}\n"));
            }
        );
    }
}
