using System.Collections.Frozen;
using System.Globalization;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// The words around an organization's own, in one language: in the mail that asks a person to confirm, on the form and
/// on the pages behind the links in mails. Each language is a file in <c>Texts</c>; one that lacks a text, or has one
/// too many, is not read.
/// </summary>
public sealed record ListTexts
{
    private const string Folder = "texts/";

    private static readonly FrozenDictionary<string, ListTexts> All = EmbeddedJson
        .ReadAll<ListTexts>(Folder)
        .ToFrozenDictionary(one => one.Language);

    /// <summary>The languages there are texts in, as BCP 47 tags.</summary>
    public static IReadOnlyCollection<string> Languages => All.Keys;

    /// <summary>The texts for a BCP 47 tag, by its language; English where there are none.</summary>
    public static ListTexts For(string language) =>
        All.GetValueOrDefault(language.Split('-')[0].ToLowerInvariant()) ?? All["en"];

    /// <summary>BCP 47.</summary>
    public required string Language { get; init; }

    /// <summary>Begins the subject of the mail that asks to confirm; the title follows.</summary>
    public required string MailSubject { get; init; }

    /// <summary>The title of that mail where it is in no form's name.</summary>
    public required string MailTitle { get; init; }
    public required string MailIntro { get; init; }
    public required string MailButton { get; init; }
    public required string MailOutro { get; init; }
    public required string Email { get; init; }
    public required string Name { get; init; }
    public required string Optional { get; init; }
    public required string SignUp { get; init; }
    public required string SignUpHint { get; init; }
    public required string CheckMailboxTitle { get; init; }
    public required string CheckMailbox { get; init; }
    public required string WordsChanged { get; init; }
    public required string AddressRefused { get; init; }
    public required string AddressInvalid { get; init; }
    public required string NameInvalid { get; init; }
    public required string ConfirmTitle { get; init; }
    public required string ConfirmIntro { get; init; }
    public required string Confirm { get; init; }
    public required string ConfirmedTitle { get; init; }
    public required string Confirmed { get; init; }
    public required string LinkUnknownTitle { get; init; }
    public required string LinkUnknown { get; init; }
    public required string NothingChanged { get; init; }
    public required string YourChoices { get; init; }
    public required string UnsubscribeTitle { get; init; }
    public required string UnsubscribeIntro { get; init; }
    public required string UnsubscribeOneIntro { get; init; }
    public required string Unsubscribe { get; init; }
    public required string ChooseInstead { get; init; }
    public required string UnsubscribedTitle { get; init; }
    public required string Unsubscribed { get; init; }

    /// <summary>One purpose was withdrawn; {0} is its name.</summary>
    public required string UnsubscribedFrom { get; init; }

    /// <summary>What else the person gets; {0} are the names, with commas.</summary>
    public required string StillOn { get; init; }
    public required string PreferencesTitle { get; init; }
    public required string On { get; init; }
    public required string Off { get; init; }
    public required string StartHint { get; init; }
    public required string UnsubscribeFromAll { get; init; }
    public required string WithdrawnNotice { get; init; }

    /// <summary>The button that ends a purpose; {0} is its name.</summary>
    public required string Stop { get; init; }

    /// <summary>The button that asks for a purpose; {0} is its name.</summary>
    public required string Start { get; init; }
    public required string Newsletter { get; init; }
    public required string Tracking { get; init; }

    /// <summary>The button that ends a purpose.</summary>
    public string StopOf(string purpose) => string.Format(CultureInfo.InvariantCulture, Stop, NameOf(purpose));

    /// <summary>The button that asks for a purpose.</summary>
    public string StartOf(string purpose) => string.Format(CultureInfo.InvariantCulture, Start, NameOf(purpose));

    /// <summary>Says that a purpose was withdrawn.</summary>
    public string UnsubscribedOf(string purpose) =>
        string.Format(CultureInfo.InvariantCulture, UnsubscribedFrom, NameOf(purpose));

    /// <summary>Says what else the person gets.</summary>
    public string StillOnOf(IEnumerable<string> purposes) =>
        string.Format(CultureInfo.InvariantCulture, StillOn, string.Join(", ", purposes.Select(NameOf)));

    /// <summary>A purpose as people call it; one of the organization's own by its name.</summary>
    public string NameOf(string purpose) =>
        purpose switch
        {
            Purposes.Newsletter => Newsletter,
            Purposes.Tracking => Tracking,
            _ => char.ToUpperInvariant(purpose[0]) + purpose[1..].Replace('_', ' ').Replace('-', ' '),
        };
}
