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
        var texts = ListTexts.For(form?.Language ?? shown[0].Language);
        var title = form?.Title ?? texts.MailTitle;
        return new Mail(
            sender,
            to,
            $"{texts.MailSubject}: {title}",
            Text(texts, title, shown, link),
            MailLayout.Html(
                texts.Language,
                title,
                texts.MailIntro,
                shown.Select(wording => (wording.Language, wording.Text)),
                (texts.MailButton, link),
                texts.MailOutro
            ),
            MailLayout.Headers
        );
    }

    private static string Text(ListTexts texts, string title, IReadOnlyList<WordingText> shown, Uri link) =>
        $"""
            {title}

            {texts.MailIntro}

            {string.Join("\n\n", shown.Select(wording => wording.Text.ReplaceLineEndings("\n")))}

            {texts.MailButton}:
            {link}

            {texts.MailOutro}

            """;
}
