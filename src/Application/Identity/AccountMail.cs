using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Mails about a person's own account. They hold nothing that the person who asked for them could choose: anybody can
/// type anybody's address.
/// </summary>
internal static class AccountMail
{
    public static Mail Verification(string to, Uri link) =>
        Of(
            to,
            "Confirm your address",
            "Somebody, most likely you, asked to open an account with this address. Choose your password to open it.",
            "The link works for 24 hours. If it was not you, do nothing: without you, nothing opens the account.",
            ("Choose a password", link)
        );

    public static Mail Reset(string to, Uri link) =>
        Of(
            to,
            "Choose a new password",
            "Somebody, most likely you, asked to set a new password for the account with this address.",
            "The link works once, for an hour, and ends every session. If it was not you, do nothing.",
            ("Choose a new password", link)
        );

    public static Mail Device(string to, Uri link) =>
        Of(
            to,
            "Sign in in spite of wrong guesses",
            "Somebody tried wrong passwords for the account with this address, and sign-ins from new devices are held "
                + "back. Open the link in the browser in which you want to sign in.",
            "The link works for an hour and changes nothing else: your password is needed as before. If you did not "
                + "ask for it, do nothing.",
            ("Let this browser sign in", link)
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
