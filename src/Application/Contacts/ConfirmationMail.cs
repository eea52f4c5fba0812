using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// The mail with the link of a double opt-in. It repeats the exact wordings, and holds nothing that whoever filled in
/// the form could choose: a name in it would make the form a way to send strangers any text.
/// </summary>
internal static class ConfirmationMail
{
    public static Mail Of(
        MailSender? sender,
        SignUpFormPublished? form,
        string to,
        IReadOnlyList<WordingText> shown,
        Uri link
    )
    {
        var texts = MailTexts.For(form?.Language ?? shown[0].Language);
        var title = form?.Title ?? texts.YourChoice;
        return new Mail(
            sender,
            to,
            $"{texts.PleaseConfirm}: {title}",
            Text(texts, title, shown, link),
            MailLayout.Html(
                texts.Language,
                title,
                texts.Intro,
                shown.Select(wording => (wording.Language, wording.Text)),
                (texts.Button, link),
                texts.Outro
            ),
            MailLayout.Headers
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
