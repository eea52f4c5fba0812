using System.Net;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Mails about a person's own account. They hold nothing that whoever asked for them could choose: anybody can type
/// anybody's address.
/// </summary>
internal static class AccountMail
{
    private const string ButtonStyle =
        "display:inline-block;padding:12px 24px;border-radius:8px;background:#3346c8;color:#ffffff;"
        + "font-weight:600;text-decoration:none";

    public static Mail Verification(string to, Uri link) =>
        Of(
            to,
            "Confirm your address",
            "Somebody, most likely you, opened an account with this address and chose a password for it. Press the "
                + "button only if that was you: it opens the account to whoever chose that password.",
            "The link works for 24 hours. If it was not you, do nothing: the account stays shut.",
            ("Confirm the address", link)
        );

    public static Mail Reset(string to, Uri link) =>
        Of(
            to,
            "Choose a new password",
            "Somebody, most likely you, asked to set a new password for the account with this address.",
            "The link works once, for an hour, and ends every session. If it was not you, do nothing.",
            ("Choose a new password", link)
        );

    public static Mail Known(string to) =>
        Of(
            to,
            "You have an account already",
            "Somebody, most likely you, tried to open an account with this address. There is one already, and nothing "
                + "about it has changed.",
            "Sign in with your password, or ask for a new one if you forgot it. If it was not you, do nothing."
        );

    public static Mail Changed(string to) =>
        Of(
            to,
            "Your password was changed",
            "The password of the account with this address was changed just now, and its other sessions were ended.",
            "If it was not you, ask for a new password at once: whoever reads this mailbox can."
        );

    private static Mail Of(string to, string title, string intro, string outro, (string Text, Uri To)? button = null) =>
        new(
            From: null,
            to,
            title,
            string.Join(
                "\n\n",
                new[] { title, intro, button is { } link ? $"{link.Text}:\n{link.To}" : null, outro }.OfType<string>()
            ) + "\n",
            Html(title, intro, outro, button),
            // Keeps out-of-office replies away (RFC 3834).
            new Dictionary<string, string> { ["Auto-Submitted"] = "auto-generated" }
        );

    private static string Html(string title, string intro, string outro, (string Text, Uri To)? button)
    {
        var link = button is { } known
            ? $"""<p style="margin:28px 0"><a href="{Encode(known.To.AbsoluteUri)}" style="{ButtonStyle}">{Encode(
                known.Text
            )}</a></p>"""
            : "";
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="color-scheme" content="light dark">
            <title>{Encode(title)}</title>
            </head>
            <body style="margin:0;padding:32px 16px;font:16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif">
            <div style="max-width:520px;margin:0 auto">
            <h1 style="font-size:22px;line-height:1.3;margin:0 0 16px">{Encode(title)}</h1>
            <p>{Encode(intro)}</p>
            {link}
            <p style="font-size:14px">{Encode(outro)}</p>
            </div>
            </body>
            </html>
            """;
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
