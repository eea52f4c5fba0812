namespace SchemaHub.Api.Pages;

/// <summary>The words of the pages behind links about accounts.</summary>
internal static class AccountTexts
{
    public const string VerifyTitle = "Confirm your address";
    public const string VerifyIntro =
        "Choose the password of your account. It has 8 to 128 characters. Nothing that was typed before counts.";
    public const string Name = "Name";
    public const string Optional = "optional";
    public const string Password = "Password";
    public const string Verify = "Open the account";
    public const string VerifiedTitle = "Your address is verified";
    public const string Verified = "You can sign in now.";
    public const string DeviceTitle = "Let this browser sign in";
    public const string DeviceIntro =
        "Your account holds back sign-ins from new devices, because somebody tried wrong passwords. After you press "
        + "the button, this browser may sign in with your password.";
    public const string KnowDevice = "Let this browser sign in";
    public const string DeviceKnownTitle = "This browser may sign in";
    public const string DeviceKnown = "You can sign in now with your password.";
    public const string ResetTitle = "Choose a new password";
    public const string ResetIntro = "It has 8 to 128 characters. Every session of your account is ended with it.";
    public const string NewPassword = "New password";
    public const string Set = "Set the password";
    public const string ChangedTitle = "Your password was changed";
    public const string Changed = "You can sign in with it now.";
    public const string LinkOverTitle = "This link is not valid any more";
    public const string ChangedBefore =
        "This link set the password that you sign in with, and does not work a second time. If that was not you, ask "
        + "for another one.";
    public const string LinkOver = "It may have expired, or it was used already. Please ask for another one.";
}
