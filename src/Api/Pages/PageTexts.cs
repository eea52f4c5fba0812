namespace SchemaHub.Api.Pages;

/// <summary>
/// The words of pages that belong to no list, in English; those of lists are
/// <see cref="Application.Contacts.ListTexts"/>.
/// </summary>
internal static class PageTexts
{
    public const string Join = "Join";
    public const string Name = "Name";
    public const string Optional = "(optional)";
    public const string Password = "Password";
    public const string PasswordHint = "The address has no account yet: choose a password for it.";
    public const string JoinedTitle = "Welcome";
    public const string NotJoinedTitle = "You have not joined";
    public const string InvitationUsed =
        "This invitation was accepted already, and does not work a second time. If it was you, sign in to go on.";

    public const string NotFoundTitle = "There is no such page";
    public const string NotFound = "Please check the address you followed.";
    public const string OutageTitle = "Not possible just now";
    public const string Outage =
        "Nothing was lost, but what you asked for is not done yet. Please try again in a minute.";
    public const string MailOutage = "We could not send the mail. Please try again in a few minutes.";

    public static string JoinTitle(string organization) => $"Join {organization}";

    public static string InvitedAs(string email, string role) => $"{email} is invited as: {role}.";

    public static string Joined(string organization) => $"You belong to {organization} now.";
}
