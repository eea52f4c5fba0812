using System.Net;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// How the service's own mails look. Mail programs drop style sheets, so every element carries its own.
/// </summary>
internal static class MailLayout
{
    private const string QuoteStyle =
        "margin:16px 0;padding:4px 16px;border-left:3px solid #b9c0d4;white-space:pre-line";

    private const string ButtonStyle =
        "display:inline-block;padding:12px 24px;border-radius:8px;background:#3346c8;color:#ffffff;"
        + "font-weight:600;text-decoration:none";

    /// <summary>Keeps out-of-office replies away (RFC 3834).</summary>
    public static IReadOnlyDictionary<string, string> Headers { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["Auto-Submitted"] = "auto-generated" };

    /// <summary>The HTML of a mail; all texts are given as text.</summary>
    /// <param name="quotes">What is repeated word for word, each in its language; empty where that is unknown.</param>
    public static string Html(
        string language,
        string title,
        string intro,
        IEnumerable<(string Language, string Text)> quotes,
        (string Text, Uri To)? button,
        string outro
    ) =>
        $"""
            <!doctype html>
            <html lang="{language}">
            <head>
            <meta charset="utf-8">
            <meta name="color-scheme" content="light dark">
            <title>{Encode(title)}</title>
            </head>
            <body style="margin:0;padding:32px 16px;font:16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif">
            <div style="max-width:520px;margin:0 auto">
            <h1 style="font-size:22px;line-height:1.3;margin:0 0 16px">{Encode(title)}</h1>
            <p>{Encode(intro)}</p>
            {string.Concat(quotes.Select(Quote))}
            {(button is { } link ? Button(link.Text, link.To) : "")}
            <p style="font-size:14px">{Encode(outro)}</p>
            </div>
            </body>
            </html>
            """;

    private static string Quote((string Language, string Text) quote) =>
        $"""<blockquote lang="{Encode(quote.Language)}" style="{QuoteStyle}">{Encode(quote.Text)}</blockquote>""";

    private static string Button(string text, Uri to) =>
        $"""
            <p style="margin:28px 0"><a href="{Encode(to.AbsoluteUri)}" style="{ButtonStyle}">{Encode(text)}</a></p>
            """;

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
