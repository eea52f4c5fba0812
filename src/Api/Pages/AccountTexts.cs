namespace SchemaHub.Api.Pages;

/// <summary>The words of the pages behind links about accounts.</summary>
internal static class AccountTexts
{
    public const string VerifyTitle = "Confirm your address";
    public const string VerifyIntro =
        "One press of the button opens the account to whoever chose its password. Press it only if that was you.";
    public const string Verify = "Yes, that was me";
    public const string VerifiedTitle = "Your address is verified";
    public const string Verified = "You can sign in now.";
    public const string ResetTitle = "Choose a new password";
    public const string ResetIntro = "It has 8 to 128 characters. Every session of your account is ended with it.";
    public const string NewPassword = "New password";
    public const string Set = "Set the password";
    public const string ChangedTitle = "Your password was changed";
    public const string Changed = "You can sign in with it now.";
    public const string LinkOver = "It may have expired, or it was used already. Please ask for another one.";
}
