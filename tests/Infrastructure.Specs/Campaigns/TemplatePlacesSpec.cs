namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Where data may stand in HTML, and what HTML a mail may hold.</summary>
public sealed class TemplatePlacesSpec
{
    [TestCase("<style>a { color: {{metadata.c}} }</style>", "stands in <style>")]
    [TestCase("<script>var a = '{{name}}'</script>", "stands in <script>")]
    [TestCase("<STYLE>{{name}}</STYLE>", "stands in <style>")]
    [TestCase("<style>a</styl {{name}}</style>", "stands in <style>")]
    [TestCase("<textarea>{{name}}</textarea>", "stands in <textarea>")]
    [TestCase("<p title={{name}}>a</p>", "without quotes")]
    [TestCase("<p title= {{name}}>a</p>", "without quotes")]
    [TestCase("<p title=a{{name}}>a</p>", "without quotes")]
    [TestCase("<p {{name}}>a</p>", "stands in a tag")]
    [TestCase("<p {{name}}=\"a\">a</p>", "stands in a tag")]
    [TestCase("<p data-{{name}}=\"a\">a</p>", "stands in a tag")]
    [TestCase("<{{name}}>a", "stands in a tag")]
    [TestCase("<p{{name}}>a</p>", "stands in a tag")]
    [TestCase("</{{name}}>", "stands in a tag")]
    [TestCase("<p title=\"a\"{{name}}>a</p>", "stands in a tag")]
    [TestCase("<!-- {{name}} -->", "stands in an HTML comment")]
    [TestCase("<!--[if mso]>{{name}}<![endif]-->", "stands in an HTML comment")]
    [TestCase("<!-- > {{name}} -->", "stands in an HTML comment")]
    [TestCase("<!doctype {{name}}>", "stands in a tag")]
    [TestCase("<p style=\"color: {{metadata.c}}\">a</p>", "the attribute style")]
    [TestCase("<img srcset=\"{{metadata.a}}\">", "the attribute srcset")]
    [TestCase("<p onclick=\"{{name}}\">a</p>", "the attribute onclick")]
    [TestCase("<a href=\"{{metadata.url}}\">a</a>", "begins an address")]
    [TestCase("<a href=\"  {{metadata.url}}\">a</a>", "begins an address")]
    [TestCase("<img src='{{metadata.url}}'>", "begins an address")]
    [TestCase("<a href=\"java{{metadata.url}}\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"https://{{metadata.host}}/\">a</a>", "without variables")]
    [TestCase("<a href=\"https://example.com{{metadata.host}}/\">a</a>", "without variables")]
    [TestCase("<a href=\"https://a@{{metadata.host}}/\">a</a>", "without variables")]
    [TestCase("<a href=\"https:{{metadata.host}}/\">a</a>", "without variables")]
    [TestCase("<a href=\"{{#if name}}https://a.example/{{/if}}\">a</a>", "around the whole link")]
    [TestCase("<p {{#if name}}title=\"a\"{{/if}}>a</p>", "around the whole element")]
    [TestCase("<p title=\"a\" title=\"{{name}}\">a</p>", "where HTML is dropped")]
    [TestCase("<p>a\uFFFF<script>a()</script>", "U+FFFF is no text")]
    [TestCase("<p>\uE0000\uE001", "U+E000 is no text")]
    [TestCase("{{#if name}}<p title=\"{{else}}<p title='{{/if}}a\">", "begins in another place")]
    [TestCase("{{#if name}}<!--{{/if}}a-->", "begins in another place")]
    [TestCase("{{#if name}}<style>{{/if}}a</style>", "begins in another place")]
    [TestCase("<p title=\"{{#if name}}\" lang=\"{{/if}}\">a</p>", "begins in another place")]
    [TestCase("{{#if name}}<{{else}}{{/if}}p>", "begins in another place")]
    public void Data_stand_only_where_they_are_safe(string html, string told) =>
        Templates.Faults(html).ShouldContain(fault => fault.Contains(told, StringComparison.Ordinal));

    [TestCase("<script>a()</script>", "<script> is not allowed")]
    [TestCase("<ScRiPt src=\"https://a.example/\"></ScRiPt>", "<script> is not allowed")]
    [TestCase("<p>\n<form></form>", "Line 2, column 1: <form> is not allowed")]
    [TestCase("<p>{{name}}</p>\n {{email}} <input>", "Line 2, column 12: <input> is not allowed")]
    [TestCase("<iframe src=\"https://a.example\"></iframe>", "<iframe> is not allowed")]
    [TestCase("<svg><a href=\"https://a.example\">a</a></svg>", "<svg> is not allowed")]
    [TestCase("<base href=\"https://a.example\">", "<base> is not allowed")]
    [TestCase("<meta http-equiv=\"Refresh\" content=\"0;url=https://a.example\">", "refresh")]
    [TestCase("<link rel=\"import\" href=\"https://a.example\">", "for style sheets only")]
    [TestCase("<p onclick=\"a()\">a</p>", "The attribute onclick is not allowed")]
    [TestCase("<p ONLOAD=a>a</p>", "The attribute onload is not allowed")]
    [TestCase("<a href=\"javascript:alert(1)\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"&#106;avascript:alert(1)\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"\tjava\nscript:alert(1)\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"h\nttps://a.example\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"data:text/html,a\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"//a.example\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"page.html\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"https://you@a.example/\">a</a>", "no address that a mail may lead to")]
    [TestCase("<a href=\"https://a.example\" ping=\"https://b.example\">a</a>", "The attribute ping")]
    [TestCase("<img src=\"data:image/png;base64,AA\">", "no address to load from")]
    [TestCase("<img src=\"file:///etc/passwd\">", "no address to load from")]
    [TestCase("<td background=\"javascript:a\">a</td>", "is not allowed|no address to load from")]
    [TestCase("<!--[if mso]><script>a()</script><![endif]-->", "in a comment neither")]
    [TestCase("<!--[if mso]><p onclick=\"a()\"><![endif]-->", "in a comment neither")]
    public void Nothing_in_a_mail_runs_asks_or_leads_astray(string html, string told) =>
        Templates
            .Faults(html)
            .Concat(Templates.Faults($"<table><tr>{html}</tr></table>"))
            .ShouldContain(fault => told.Split('|').Any(part => fault.Contains(part, StringComparison.Ordinal)));

    [TestCase("<title>{{name}}</title><p>a</p>")]
    [TestCase(
        "<p title=\"Hello {{name}}\" lang='{{metadata.lang}}' data-a=\"{{email}}\" aria-label=\"{{name}}\">a</p>"
    )]
    [TestCase("<p class=\"{{#if metadata.vip}}gold{{else}}grey{{/if}}\">a</p>")]
    [TestCase("<a href=\"https://example.com/{{metadata.city}}?a={{name}}#{{email}}\">a</a>")]
    [TestCase("<a href=\"https://example.com?{{name}}\">a</a>")]
    [TestCase("<a href=\"HTTP://example.com\">a</a>")]
    [TestCase("<a href=\" https://example.com \">a</a>")]
    [TestCase("<a href=\"#news\">a</a><h2 id=\"news\">a</h2><a href=\"#{{metadata.place}}\">a</a><a href=\"#\">a</a>")]
    [TestCase("<a href=\"mailto:a@example.com?subject={{name}}\">a</a><a href=\"tel:+49{{metadata.t}}\">a</a>")]
    [TestCase("<a href=\"{{unsubscribe_url}}\">a</a><a href=' {{preferences_url}}'>b</a>")]
    [TestCase("<a name=\"top\">a</a>")]
    [TestCase("<img src=\"https://example.com/{{metadata.city}}.png\" alt=\"{{name}}\">")]
    [TestCase("{{#if name}}<p>{{name}}</p>{{else}}<div>a</div>{{/if}}")]
    [TestCase("<table>{{#each metadata.items}}<tr><td>{{n}}</td></tr>{{/each}}</table>")]
    [TestCase("<!-- a > b --><!--> {{name}} <!---> {{name}}")]
    [TestCase("<!--[if !mso]><!--><p>{{name}}</p><!--<![endif]-->")]
    [TestCase("<style>@media (max-width:1px){a{color:red}}</style>{{name}}")]
    [TestCase("<style>a</style ><p>{{name}}</p>")]
    [TestCase("a < b {{name}} <3 {{name}}")]
    [TestCase("<link rel=\"stylesheet\" href=\"https://example.com/a.css\">")]
    [TestCase("<meta name=\"viewport\" content=\"width=device-width\">")]
    [TestCase("<p hidden title=\"a\"lang=\"en\">{{name}}</p>")]
    public void What_a_mail_needs_is_there(string html) => Templates.Faults(html).ShouldBeEmpty();

    [TestCase("<p>Hello</p>", "postal address is missing", "link to unsubscribe is missing")]
    [TestCase("""<p>{{postal_address}}</p>""", "link to unsubscribe is missing", null)]
    [TestCase("""<p>{{postal_address}} {{unsubscribe_url}}</p>""", "link to unsubscribe is missing", null)]
    [TestCase(
        """<p>{{postal_address}}<a href="https://a.example/?u={{unsubscribe_url}}">x</a></p>""",
        "unsubscribe",
        null
    )]
    [TestCase("""<p>{{postal_address}}<img src="{{unsubscribe_url}}"></p>""", "unsubscribe", null)]
    [TestCase("""{{#if name}}<p>{{postal_address}}</p>{{/if}}<a href="{{unsubscribe_url}}">x</a>""", "postal", null)]
    [TestCase(
        """<p>{{postal_address}}</p>{{#if name}}<a href="{{unsubscribe_url}}">x</a>{{/if}}""",
        "unsubscribe",
        null
    )]
    [TestCase("""<p style="display: none">{{postal_address}}</p><a href="{{unsubscribe_url}}">x</a>""", "postal", null)]
    [TestCase("""<p hidden><a href="{{unsubscribe_url}}">x</a></p>{{postal_address}}""", "unsubscribe", null)]
    [TestCase("""<p title="{{postal_address}}"><a href="{{unsubscribe_url}}">x</a></p>""", "postal", null)]
    public void A_mail_without_address_and_way_out_is_refused_unless_a_draft(string html, string told, string? also)
    {
        Templates.Faults(html).ShouldBeEmpty();
        var faults = Templates.Faults("Hello", html, isDraft: false);
        faults.Count.ShouldBe(also is null ? 1 : 2);
        faults[0].ShouldContain(told);
        faults[^1].ShouldContain(also ?? told);
        Templates.Faults("Hello", html + Templates.Footer, isDraft: false).ShouldBeEmpty();
    }
}
