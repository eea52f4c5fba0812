using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Mails about a person's own account. They hold nothing that whoever asked for them could choose: anybody can type
/// anybody's address.
/// </summary>
internal static class AccountMail
{
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
            MailLayout.Html("en", title, intro, [], button, outro),
            MailLayout.Headers
        );
}
