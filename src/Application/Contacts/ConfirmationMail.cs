using System.Net;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// The mail with the link of a double opt-in. It repeats the exact wordings, and holds nothing that whoever filled in
/// the form could choose: a name in it would make the form a way to send strangers any text.
/// </summary>
internal static class ConfirmationMail
{
    // Mail programs drop style sheets.
    private const string QuoteStyle =
        "margin:16px 0;padding:4px 16px;border-left:3px solid #b9c0d4;white-space:pre-line";

    private const string ButtonStyle =
        "display:inline-block;padding:12px 24px;border-radius:8px;background:#3346c8;color:#ffffff;"
        + "font-weight:600;text-decoration:none";

    public static Mail Of(SignUpFormPublished? form, string to, IReadOnlyList<WordingText> shown, Uri link)
    {
        var texts = MailTexts.For(form?.Language ?? shown[0].Language);
        var title = form?.Title ?? texts.YourChoice;
        return new Mail(
            form?.SenderAddress,
            to,
            $"{texts.PleaseConfirm}: {title}",
            Text(texts, title, shown, link),
            Html(texts, title, shown, link),
            // Keeps out-of-office replies away (RFC 3834).
            new Dictionary<string, string> { ["Auto-Submitted"] = "auto-generated" }
        );
    }

    private static string Text(MailTexts texts, string title, IReadOnlyList<WordingText> shown, Uri link) =>
        $"""
            {title}

            {texts.Intro}

            {string.Join("\n\n", shown.Select(wording => wording.Text.ReplaceLineEndings("\n")))}

            {texts.Button}:
            {link}

            {texts.Outro}

            """;

    private static string Html(MailTexts texts, string title, IReadOnlyList<WordingText> shown, Uri link) =>
        $"""
            <!doctype html>
            <html lang="{texts.Language}">
            <head>
            <meta charset="utf-8">
            <meta name="color-scheme" content="light dark">
            <title>{Encode(title)}</title>
            </head>
            <body style="margin:0;padding:32px 16px;font:16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif">
            <div style="max-width:520px;margin:0 auto">
            <h1 style="font-size:22px;line-height:1.3;margin:0 0 16px">{Encode(title)}</h1>
            <p>{Encode(texts.Intro)}</p>
            {string.Concat(shown.Select(Quote))}
            <p style="margin:28px 0"><a href="{Encode(link.AbsoluteUri)}" style="{ButtonStyle}">{Encode(
                texts.Button
            )}</a></p>
            <p style="font-size:14px">{Encode(texts.Outro)}</p>
            </div>
            </body>
            </html>
            """;

    private static string Quote(WordingText wording) =>
        $"""<blockquote lang="{Encode(wording.Language)}" style="{QuoteStyle}">{Encode(wording.Text)}</blockquote>""";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>The words around a mail's wordings. Another language is another record here.</summary>
internal sealed record MailTexts(
    string Language,
    string PleaseConfirm,
    string YourChoice,
    string Intro,
    string Button,
    string Outro
)
{
    private static readonly MailTexts English = new(
        "en",
        "Please confirm",
        "your choice",
        "Somebody, most likely you, entered this address. Please confirm that you agree to this:",
        "Yes, I agree",
        "The link works for 7 days. If it was not you, do nothing: without your confirmation you get no further mail."
    );

    /// <summary>The texts of a BCP 47 tag; English where there are none yet.</summary>
    public static MailTexts For(string language) =>
        language.Split('-')[0].ToLowerInvariant() switch
        {
            _ => English,
        };
}
