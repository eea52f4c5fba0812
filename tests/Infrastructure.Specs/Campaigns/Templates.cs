using System.Text.Json;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>What the specs of templates share.</summary>
internal static class Templates
{
    public const string Footer = """<p>{{postal_address}} <a href="{{unsubscribe_url}}">Unsubscribe</a></p>""";

    public static TemplateCompiler Compiler { get; } = new();

    public static TemplateWorkshop Workshop { get; } = new(Compiler);

    public static Recipient Ann { get; } =
        new(
            "ann@example.com",
            "Ann",
            Json("""{"city":"Bern","vip":true,"count":0,"items":[{"n":"a"},{"n":"b"}],"deep":{"er":{"still":"x"}}}"""),
            "https://example.com/unsubscribe/abc?a=1&b=2",
            "https://example.com/preferences/abc",
            "Street 1\n1000 Town"
        );

    public static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    /// <summary>A body's HTML, filled in.</summary>
    public static string Html(string html, Recipient? recipient = null) =>
        Compiler.Compile("Hello", html, "Hello").Render(recipient ?? Ann).Html;

    public static string Text(string text, Recipient? recipient = null) =>
        Compiler.Compile("Hello", "", text).Render(recipient ?? Ann).Text;

    public static string Subject(string subject, Recipient? recipient = null) =>
        Compiler.Compile(subject, "", "").Render(recipient ?? Ann).Subject;

    public static Recipient With(string metadata) => Ann with { Metadata = Json(metadata) };

    /// <summary>What keeps it from being saved as a draft: what no template may have.</summary>
    public static IReadOnlyList<string> Faults(string html) => Faults("Hello", html, isDraft: true);

    public static IReadOnlyList<string> Faults(string subject, string html, bool isDraft) =>
        [
            .. Workshop
                .Review(new TemplateSource(subject, html, Mjml: null, isDraft))
                .Problems.Select(problem => $"{problem.Field}: {problem.Told}"),
        ];

    /// <summary>The plain text made of a body, as a template.</summary>
    public static string TextOf(string html)
    {
        var reviewed = Workshop.Review(new TemplateSource("Hello", html, Mjml: null, IsDraft: true));
        reviewed.Problems.ShouldBeEmpty();
        return reviewed.Text;
    }
}
