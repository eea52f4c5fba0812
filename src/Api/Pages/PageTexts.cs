using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.Pages;

/// <summary>
/// The words of the public pages around the organization's own. English; another language overrides the properties
/// and gets a line in <see cref="For"/>.
/// </summary>
internal class PageTexts
{
    private static readonly PageTexts English = new();

    /// <summary>The texts of a BCP 47 tag; English where there are none yet.</summary>
    public static PageTexts For(string language) =>
        language.Split('-')[0].ToLowerInvariant() switch
        {
            _ => English,
        };

    public virtual string Language => "en";

    public virtual string Email => "Email address";
    public virtual string Name => "Name";
    public virtual string Optional => "(optional)";
    public virtual string SignUp => "Sign up";
    public virtual string SignUpHint =>
        "You will get a mail with a link. You are on the list once you confirm it there.";
    public virtual string CheckMailboxTitle => "Check your mailbox";
    public virtual string CheckMailbox =>
        "If the address can be written to, a mail with a confirmation link is on its way. The link works for 7 days.";
    public virtual string WordsChanged => "The text below has changed. Please read it and send the form again.";
    public virtual string AddressRefused => "Mail to this address was refused. Please check that it is right.";

    public virtual string ConfirmTitle => "Please confirm";
    public virtual string ConfirmIntro => "One press of the button, and you agree to this:";
    public virtual string Confirm => "Yes, I agree";
    public virtual string ConfirmedTitle => "Thank you";
    public virtual string Confirmed => "Your consent is confirmed and recorded. You can withdraw it at any time.";
    public virtual string LinkUnknownTitle => "This link is not valid any more";
    public virtual string LinkUnknown => "It may have expired, or a newer mail has replaced it. Please sign up again.";
    public virtual string YourChoices => "See and change your choices";

    public virtual string UnsubscribeTitle => "Unsubscribe";
    public virtual string UnsubscribeIntro => "One press of the button, and you will get no more mail from this list.";
    public virtual string Unsubscribe => "Unsubscribe";
    public virtual string ChooseInstead => "Choose what you get instead";
    public virtual string UnsubscribedTitle => "You are unsubscribed";
    public virtual string Unsubscribed => "You will get no more mail from this list.";

    public virtual string PreferencesTitle => "Your choices";
    public virtual string On => "On";
    public virtual string Off => "Off";
    public virtual string StartHint => "To start something you get a mail first, with a link that confirms it.";
    public virtual string UnsubscribeFromAll => "Unsubscribe from everything";
    public virtual string WithdrawnNotice => "Done. You will not be written to for this any more.";

    public virtual string Join => "Join";
    public virtual string Password => "Password";
    public virtual string PasswordHint => "The address has no account yet: choose a password for it.";
    public virtual string JoinedTitle => "Welcome";
    public virtual string NotJoinedTitle => "You have not joined";

    public virtual string NotFoundTitle => "There is no such page";
    public virtual string NotFound => "Please check the address you followed.";
    public virtual string OutageTitle => "Not possible just now";
    public virtual string Outage =>
        "Nothing was lost, but what you asked for is not done yet. Please try again in a minute.";
    public virtual string MailOutage => "We could not send the mail. Please try again in a few minutes.";

    public virtual string JoinTitle(string organization) => $"Join {organization}";

    public virtual string InvitedAs(string email, string role) => $"{email} is invited as: {role}.";

    public virtual string Joined(string organization) => $"You belong to {organization} now.";

    public virtual string Stop(string purpose) => $"Stop: {purpose}";

    public virtual string Start(string purpose) => $"Start: {purpose}";

    /// <summary>A purpose as people call it.</summary>
    public virtual string NameOf(string purpose) =>
        purpose switch
        {
            Purposes.Newsletter => "Newsletter",
            Purposes.Tracking => "Measuring opens and clicks",
            _ => char.ToUpperInvariant(purpose[0]) + purpose[1..].Replace('_', ' ').Replace('-', ' '),
        };
}
