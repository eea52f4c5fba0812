using System.Text.RegularExpressions;
using AngleSharp.Html.Parser;
using MimeKit;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Bounces that say in words alone what happened, by the forms in <c>bounce-forms.json</c>. They are believed from a
/// mail system's own address only, and what the server said decides by the same rules as everywhere.
/// </summary>
internal sealed partial class ProseBounces
{
    private const int MostCharacters = 64 * 1024;
    private const int MostReplies = 100;
    private const string ForGood = "5.0.0";

    private readonly FormFile _file;

    private ProseBounces(FormFile file) => _file = file;

    /// <summary>The forms that come with the service.</summary>
    public static ProseBounces Default { get; } = new(EmbeddedJson.Read<FormFile>("campaigns/bounce-forms.json"));

    /// <summary>Their names, in the order in which they are looked for.</summary>
    public IEnumerable<string> Forms => _file.Forms.Select(form => form.Name);

    /// <summary>What a bounce says; null where the message is none.</summary>
    public Prose? Read(StrangersMail message)
    {
        if (!IsFromMailSystem(message) || TextOf(message) is not { Length: > 0 } text)
            return null;

        var line = Blanks().Replace(text, " ");
        foreach (var form in _file.Forms)
        {
            var opens = form.Opens.Select(words => IndexOf(text, words)).Where(at => at >= 0).ToList();
            if (opens.Count == 0)
                continue;

            var (from, end) = (opens.Min(), text.Length);
            foreach (var at in form.Ends.Select(words => IndexOf(text, words)).Where(at => at > from))
                end = Math.Min(end, at);

            var returned = text[end..];
            return _file.Delays.Any(words => line.Contains(words, StringComparison.OrdinalIgnoreCase))
                ? new Prose([], returned)
                : new Prose(RepliesIn(text[from..end]), returned);
        }

        return null;
    }

    /// <summary>A header that only a complaint's mail has: the mailbox provider added it.</summary>
    public bool IsComplaint(IEnumerable<Header> returned) =>
        _file.ComplaintFields.Any(name => StrangersMail.First(returned, name) is not null);

    /// <summary>A note of absence or the like, which a program wrote for a person.</summary>
    public bool IsAutomaticReply(StrangersMail message) =>
        !IsFromMailSystem(message)
        && _file.AutomaticReplies.Any(name =>
            StrangersMail.First(message.Headers, name) is { } value
            && !value.Equals("no", StringComparison.OrdinalIgnoreCase)
        );

    private bool IsFromMailSystem(StrangersMail message)
    {
        if (StrangersMail.First(message.Headers, "X-Failed-Recipients") is not null)
            return true;

        var from = StrangersMail.First(message.Headers, "From") ?? "";
        return _file.Senders.Any(name => from.Contains(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// What is said of each recipient. Where a paragraph has a reply or a status, that; otherwise all the words.
    /// </summary>
    private static List<(string? Status, string Said)> RepliesIn(string section)
    {
        var replies = new List<(string?, string)>();
        foreach (var paragraph in Paragraph().Split(section).Take(MostReplies))
        {
            var said = Blanks().Replace(paragraph, " ").Trim();
            if (Reply().Match(said) is { Success: true } reply)
                replies.Add((null, WithWordsBefore(said, reply.Groups["reply"].Index)));
            else if (Status().Match(said) is { Success: true } status)
                replies.Add((status.Groups["status"].Value, said));
        }

        return replies.Count > 0 ? replies : [(ForGood, Blanks().Replace(section, " ").Trim())];
    }

    /// <summary>The reply first; what was said before it tells of which step it is, such as the sender's.</summary>
    private static string WithWordsBefore(string said, int reply) =>
        reply == 0 ? said : $"{said[reply..]} ({said[..reply].TrimEnd()})";

    private static string? TextOf(StrangersMail message)
    {
        var part =
            message.Parts.OfType<TextPart>().FirstOrDefault(part => part.IsPlain)
            ?? message.Parts.OfType<TextPart>().FirstOrDefault();
        if (part is null)
            return null;

        var text = part.Text ?? "";
        text = text.Length > MostCharacters ? text[..MostCharacters] : text;
        return part.IsHtml ? new HtmlParser().ParseDocument(text).Body?.TextContent : text;
    }

    // Words may be broken between lines anywhere.
    private static int IndexOf(string text, string words)
    {
        var pattern = string.Join(@"\s+", words.Split(' ').Select(Regex.Escape));
        var found = Regex.Match(
            text,
            pattern,
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
            TimeSpan.FromSeconds(1)
        );
        return found.Success ? found.Index : -1;
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 1_000)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\r?\n[ \t]*\r?\n", RegexOptions.None, 1_000)]
    private static partial Regex Paragraph();

    // After a colon, a mark or at the beginning; a number elsewhere is part of a sentence or of an address.
    [GeneratedRegex(
        @"(^|[:;<>#(]|\bsaid|\.\.\.)\s*(?<reply>[45]\d\d([ -]+[45]\.\d{1,3}\.\d{1,3}|[ -]+\S))",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Reply();

    [GeneratedRegex(@"(?<![\d.])(?<status>[45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Status();

    private sealed record FormFile(
        string Note,
        IReadOnlyList<string> Senders,
        IReadOnlyList<BounceForm> Forms,
        IReadOnlyList<string> Delays,
        IReadOnlyList<string> ComplaintFields,
        IReadOnlyList<string> AutomaticReplies
    );

    private sealed record BounceForm(
        string Name,
        IReadOnlyList<string> Opens,
        IReadOnlyList<string> Ends,
        string Source
    );
}

/// <summary>What a bounce says in words.</summary>
/// <param name="Replies">Of each recipient; empty where it is delayed only.</param>
/// <param name="Returned">What follows: the mail that came back, or its header.</param>
internal sealed record Prose(IReadOnlyList<(string? Status, string Said)> Replies, string Returned);
