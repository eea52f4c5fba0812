using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Whether a refusal says that the mailbox is gone, and whom it is about, by the rules in <c>bounce-rules.json</c>,
/// each with its reason and its source. The same for bounces and for the SMTP session.
/// </summary>
internal sealed partial class BounceRules : IRefusalJudge
{
    private readonly HashSet<string> _complaints;

    private BounceRules(RuleFile file)
    {
        All = file.Rules;
        _complaints = file.Feedback.Complaints.ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The rules that come with the service.</summary>
    public static BounceRules Default { get; } = new(EmbeddedJson.Read<RuleFile>("campaigns/bounce-rules.json"));

    /// <summary>In the order in which they are asked.</summary>
    public IReadOnlyList<BounceRule> All { get; }

    /// <summary>The rule for a failure; null where nothing says that it is one.</summary>
    /// <param name="status">As <see cref="StatusOf"/> found it.</param>
    public BounceRule? Find(string? status, string? diagnostic)
    {
        if (status is null)
            return null;

        // Addresses hold any word, and say nothing.
        var words = Address().Replace(Reply().Replace(diagnostic ?? "", ""), "").Trim(' ', '.', ':', '-', ';');
        return All.FirstOrDefault(rule => rule.Fits(status, words));
    }

    /// <inheritdoc/>
    public Refusal? Judge(string? status, string? diagnostic) =>
        Find(StatusOf(status, diagnostic), diagnostic) is { } rule
            ? new Refusal(rule.Name, rule.About, rule.IsHard)
            : null;

    /// <summary>A kind of feedback that says that a person does not want our mail.</summary>
    public bool IsComplaint(string feedbackType) => _complaints.Contains(feedbackType.Trim());

    /// <summary>
    /// The status of RFC 3463 that says most: that of the report, unless it says nothing beyond "for good" and the
    /// server's own words have one (Exim reports 5.0.0, whatever the server said), or the server said that it may pass:
    /// a reply of 4yz outweighs a status of 5.
    /// </summary>
    public static string? StatusOf(string? status, string? diagnostic)
    {
        var told = Status().Match(status ?? "") is { Success: true } found ? found.Value : null;
        var said = Reply().Match(diagnostic ?? "");
        if (!said.Success)
            return told;

        var reply = said.Groups["code"].Value[0];
        var detail =
            said.Groups["status"] is { Success: true } own && own.Value[0] <= reply ? own.Value : $"{reply}.0.0";
        return
            told is null
            || detail[0] < told[0]
            || (told.EndsWith(".0.0", StringComparison.Ordinal) && detail[0] == told[0])
            ? detail
            : told;
    }

    [GeneratedRegex(@"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Status();

    // At the beginning only: further on, three numbers with dots may be part of an address.
    [GeneratedRegex(
        @"^\s*(smtp\s*;)?\s*(?<code>[45]\d\d)([ -]+(?<status>[45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d))?",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        1_000
    )]
    private static partial Regex Reply();

    [GeneratedRegex(@"<[^<>]*>|[^\s<>]+@[^\s<>]+", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Address();

    private sealed record RuleFile(string Note, IReadOnlyList<BounceRule> Rules, FeedbackKinds Feedback);

    private sealed record FeedbackKinds(IReadOnlyList<string> Complaints, string Note);
}

/// <summary>One rule.</summary>
/// <param name="Status">One of these fits; a star stands for any number.</param>
/// <param name="Delivery"><c>hard</c> or <c>soft</c>.</param>
/// <param name="About">
/// Whom the refusal is about: <c>recipient</c>; <c>sender</c>, our name, network or mail in general; <c>message</c>.
/// </param>
internal sealed record BounceRule(
    string Name,
    IReadOnlyList<string> Status,
    string Delivery,
    string About,
    string Reason,
    string Source
)
{
    /// <summary>And the server says one of these, in any case.</summary>
    public IReadOnlyList<string>? Says { get; init; }

    /// <summary>And the server says anything at all beside a code.</summary>
    public bool AnyWords { get; init; }

    /// <summary>The refusal is about us, not about the recipient.</summary>
    [JsonIgnore]
    public bool IsAboutSender => About == "sender";

    /// <summary>The mailbox is gone.</summary>
    [JsonIgnore]
    public bool IsHard => Delivery == "hard";

    /// <summary>It fits whatever is refused for good, where nothing else is known.</summary>
    [JsonIgnore]
    public bool IsLastResort => Says is null && !AnyWords && Status.Contains("5.*.*");

    /// <summary>The rule is about this failure.</summary>
    public bool Fits(string status, string diagnostic) =>
        Status.Any(pattern => IsLike(status, pattern))
        && (!AnyWords || diagnostic.Length > 0)
        && (Says is null || Says.Any(words => diagnostic.Contains(words, StringComparison.OrdinalIgnoreCase)));

    private static bool IsLike(string status, string pattern) =>
        status.Split('.').Zip(pattern.Split('.')).All(part => part.Second == "*" || part.First == part.Second);
}
