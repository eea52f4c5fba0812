namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>MJML that nobody writes by mistake, one of each kind.</summary>
internal static class CraftedMjml
{
    /// <summary>Text that an include would bring in: it is in a file of the compiler's own folder.</summary>
    public const string InFile = "schemahub-mjml";

    /// <summary>Includes in every case, under every prefix, in every place.</summary>
    public static IEnumerable<string> Includes { get; } =
        new[]
        {
            "<mj-include path=\"package.json\" />",
            "<Mj-Include path=\"package.json\" />",
            "<MJ-INCLUDE path=\"package.json\"></MJ-INCLUDE>",
            "<mJ-iNcLuDe path='./package.json'/>",
            "<mj-include path=\"package.json\" type=\"html\" />",
            "<mj-include path=\"package.json\" type=\"css\" />",
            "<mj-include path=\"package.json\" type=\"css\" css-inline=\"inline\" />",
            "<mj-include path=\"file:///etc/passwd\" />",
            "<mj-include path=\"/etc/passwd\" type=\"html\" />",
            "<mj-include path=\"..%2f..%2fetc%2fpasswd\" type=\"html\" />",
            "<mj-include\npath=\"package.json\"\n/>",
            "<mj-include\tpath=package.json>",
            "< mj-include path=\"package.json\" />",
            "</mj-include>",
            "<x:mj-include path=\"package.json\" />",
            "<mj:mj-include path=\"package.json\" />",
            "<!-- <mj-include path=\"package.json\" /> -->",
            "<![CDATA[<mj-include path=\"package.json\" />]]>",
            "<mj-raw><mj-include path=\"package.json\" type=\"html\" /></mj-raw>",
            "<mj-text><Mj-Include path=\"package.json\" type=\"html\" /></mj-text>",
            "<mj-image alt=\"<mj-include path='package.json' />\" src=\"https://x.example/a.png\" />",
        }.SelectMany(include => new[] { include, InBody(include), InColumn(include), InHead(include) });

    /// <summary>Everything else that is malformed, or odd.</summary>
    public static IEnumerable<string> Others { get; } =
    [
        "",
        " ",
        "Hello",
        "<",
        "<>",
        "</",
        "</>",
        "<!",
        "<!--",
        "<!-- -->",
        "<![CDATA[",
        "<![CDATA[]]>",
        "<?xml version=\"1.0\"?>",
        "<?php echo 1 ?>",
        "<mjml",
        "<mjml>",
        "<mjml/>",
        "<mjml></mjml>",
        "<mjml></mjml",
        "</mjml>",
        "<mjml><mjml></mjml></mjml>",
        "<MJML><MJ-BODY></MJ-BODY></MJML>",
        "<mjml><mj-body/></mjml>",
        "<mjml><mj-body></mj-body><mj-body></mj-body></mjml>",
        "<mjml><mj-head/><mj-head/></mjml>",
        "<html><body>no MJML</body></html>",
        "<mj-body></mj-body>",
        "<mj-text>alone</mj-text>",
        "<!DOCTYPE mjml><mjml><mj-body></mj-body></mjml>",
        "<!DOCTYPE mjml [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><mjml><mj-body>&b;</mj-body></mjml>",
        "<!DOCTYPE mjml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><mjml><mj-body>&a;</mj-body></mjml>",
        InColumn("<mj-text>&unknown; &#0; &#xFFFFFFFF; &#xD800; &</mj-text>"),
        InColumn("<mj-text font-size=\"\">a</mj-text>"),
        InColumn("<mj-text font-size=x>a</mj-text>"),
        InColumn("<mj-text font-size>a</mj-text>"),
        InColumn("<mj-text =\"a\">a</mj-text>"),
        InColumn("<mj-text \"a\">a</mj-text>"),
        InColumn("<mj-text a='>a</mj-text>"),
        InColumn("<mj-text __proto__=\"a\" constructor=\"b\" toString=\"c\">a</mj-text>"),
        InColumn("<mj-text padding=\"1px 2px 3px 4px 5px\" color=\"expression(1)\">a</mj-text>"),
        InColumn("<mj-image src=\"\" width=\"-1px\" />"),
        InColumn("<mj-image width=\"999999999999px\" src=\"https://x.example/a\" />"),
        InColumn("<mj-table><tr><td></mj-table>"),
        InColumn("<mj-button href=\"javascript:alert(1)\">a</mj-button>"),
        InColumn("<mj-social><mj-social-element name=\"nobody\">a</mj-social-element></mj-social>"),
        InColumn("<mj-accordion><mj-accordion-element/></mj-accordion>"),
        InColumn("<mj-carousel></mj-carousel>"),
        InColumn("<mj-navbar><mj-navbar-link/></mj-navbar>"),
        InColumn("<mj-spacer height=\"x\" />"),
        InColumn("<mj-raw></mj-raw>"),
        InColumn("<mj-raw><div></mj-raw>"),
        InColumn("<mj-__proto__>a</mj-__proto__>"),
        InColumn("<mj-constructor/>"),
        InColumn("<mj->a</mj->"),
        InColumn("<mj-text>a\0b</mj-text>"),
        InColumn("<mj-text>a\u0001\u001b\uFFFF\uFFFE</mj-text>"),
        InColumn("<mj-text>\uD800</mj-text>"),
        InBody("<mj-column></mj-column>"),
        InBody("<mj-wrapper><mj-section></mj-wrapper></mj-section>"),
        InBody("<mj-section background-url=\"x'); a{}\" />"),
        InBody("<mj-hero mode=\"x\"></mj-hero>"),
        InBody("<mj-group><mj-column width=\"x\"></mj-column></mj-group>"),
        InHead("<mj-style>a{</mj-style>"),
        InHead("<mj-style inline=\"inline\">a{color:url(</mj-style>"),
        InHead("<mj-style inline=\"inline\">@import url(https://x.example/a.css);</mj-style>"),
        InHead("<mj-font name=\"a\" href=\"\" />"),
        InHead("<mj-font />"),
        InHead("<mj-breakpoint width=\"x\" />"),
        InHead("<mj-attributes><mj-all a=\"b\" /><mj-class /><mj-text font-size=\"x\" /></mj-attributes>"),
        InHead("<mj-attributes><mj-class name=\"__proto__\" color=\"red\" /></mj-attributes>"),
        InHead(
            "<mj-html-attributes><mj-selector path=\"[[[\"><mj-html-attribute name=\"a\">b</mj-html-attribute>"
                + "</mj-selector></mj-html-attributes>"
        ),
        InHead("<mj-html-attributes><mj-selector /></mj-html-attributes>"),
        InHead("<mj-title>a</mj-title><mj-title>b</mj-title>"),
        InHead("<mj-preview><b></mj-preview>"),
        InHead("<mj-raw position=\"file-start\"><?xml?></mj-raw>"),
        InColumn(new string('a', 500_000)),
        InColumn($"<mj-text>{new string('<', 100_000)}</mj-text>"),
        InColumn($"<mj-text {new string('"', 100_001)}>a</mj-text>"),
        InColumn($"<mj-text css-class=\"{new string('a', 200_000)}\">a</mj-text>"),
        string.Concat(Enumerable.Repeat("<!--", 100_000)),
        string.Concat(Enumerable.Repeat("<mj-text ", 100_000)),
        string.Concat(Enumerable.Repeat("</mj-text>", 90_000)),
    ];

    /// <summary>What the budgets of tags refuse.</summary>
    public static IEnumerable<(string Mjml, string Budget)> Costly { get; } =
    [
        (string.Concat(Enumerable.Repeat("<mj-wrapper>", 80_000)), "mjml_depth"),
        (InColumn(string.Concat(Enumerable.Repeat("<mj-text>a</mj-text>", 40_000))), "mjml_tags"),
        (InColumn(string.Concat(Enumerable.Repeat("<mj-spacer/>", 40_000))), "mjml_tags"),
    ];

    private static string InBody(string part) => $"<mjml><mj-body>{part}</mj-body></mjml>";

    private static string InHead(string part) => $"<mjml><mj-head>{part}</mj-head><mj-body></mj-body></mjml>";

    private static string InColumn(string part) => InBody($"<mj-section><mj-column>{part}</mj-column></mj-section>");
}
