using System.Diagnostics;

namespace SchemaHub.Domain.Contacts;

/// <summary>A fact about a wording that people are shown.</summary>
public abstract record WordingEvent;

/// <summary>A text that people agree to, kept once; events name it by its hash.</summary>
[StoredAs("wording_published")]
public sealed record WordingPublished(string Sha256, string Language, string Text) : WordingEvent;

/// <summary>The exact text of a consent. Its hash is its identity: a changed text is another wording.</summary>
public sealed record Wording(string? Language, string? Text) : IAggregate<Wording, WordingEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "wording";

    /// <inheritdoc/>
    public static Wording Initial { get; } = new(Language: null, Text: null);

    /// <summary>Keeps the text; the same text again is the same wording.</summary>
    public IReadOnlyList<WordingEvent> Publish(string sha256, string language, string text) =>
        Text is null ? [new WordingPublished(sha256, language, text)] : [];

    /// <inheritdoc/>
    public Wording Apply(WordingEvent happened) =>
        happened switch
        {
            WordingPublished published => new Wording(published.Language, published.Text),
            _ => throw new UnreachableException($"Wording cannot apply {happened.GetType().Name}."),
        };
}

/// <summary>A fact about a sign-up form.</summary>
public abstract record SignUpFormEvent;

/// <summary>A form of the list was published, or published anew with other words.</summary>
/// <param name="Title">What the page is headed with.</param>
/// <param name="SenderAddress">
/// The mailbox that confirmation mails come from; the organization's sender where null.
/// </param>
[StoredAs("sign_up_form_published")]
public sealed record SignUpFormPublished(
    string Title,
    string Purpose,
    string Wording,
    string Language,
    string? TrackingWording,
    string? SenderAddress
) : SignUpFormEvent;

/// <summary>Where people put themselves on the list: a hosted page and a snippet to embed.</summary>
public sealed record SignUpForm(SignUpFormPublished? Current) : IAggregate<SignUpForm, SignUpFormEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "sign_up_form";

    /// <inheritdoc/>
    public static SignUpForm Initial { get; } = new(Current: null);

    /// <summary>Publishes the form; nothing happens when nothing changed.</summary>
    public IReadOnlyList<SignUpFormEvent> Publish(SignUpFormPublished form) => form == Current ? [] : [form];

    /// <inheritdoc/>
    public SignUpForm Apply(SignUpFormEvent happened) =>
        happened switch
        {
            SignUpFormPublished published => new SignUpForm(published),
            _ => throw new UnreachableException($"SignUpForm cannot apply {happened.GetType().Name}."),
        };
}
