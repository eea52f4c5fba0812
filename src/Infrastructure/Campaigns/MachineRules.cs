using System.Text.Json;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Tells openings and clicks of machines from those of people, by the rules in <c>machine-rules.json</c>: whoever
/// wants to know why an opening did not count reads them there, each with its reason and its source.
/// </summary>
internal sealed class MachineRules
{
    private static readonly string[] s_mobile = ["Mobile", "Android", "iPhone", "iPad"];
    private static readonly string[] s_desktop = ["Windows", "Macintosh", "X11", "Linux", "CrOS"];

    private MachineRules(IReadOnlyList<MachineRule> rules) => All = rules;

    /// <summary>The rules that come with the service.</summary>
    public static MachineRules Default { get; } = Of(EmbeddedJson.Read<RuleFile>("campaigns/machine-rules.json"));

    /// <summary>In the order in which they are asked.</summary>
    public IReadOnlyList<MachineRule> All { get; }

    /// <summary>The longest time between two clicks that a rule looks at.</summary>
    public TimeSpan Memory { get; init; }

    /// <summary>Who a visit is taken for.</summary>
    /// <param name="sentAt">When the mail was handed over; null where that is not known.</param>
    /// <param name="clicks">Of the same mail, this one and those before it.</param>
    public VisitVerdict Judge(Visit visit, DateTimeOffset? sentAt, IReadOnlyList<Click> clicks)
    {
        var rule = All.FirstOrDefault(rule => rule.Fits(visit, sentAt, clicks));
        return new VisitVerdict(rule?.Machine ?? false, rule, rule?.Agent ?? ClassOf(visit.Agent));
    }

    /// <summary>Rules from JSON.</summary>
    /// <exception cref="JsonException">They cannot be read, or one of them fits everything.</exception>
    public static MachineRules Parse(Stream json) => Of(EmbeddedJson.Parse<RuleFile>(json));

    private static MachineRules Of(RuleFile file)
    {
        foreach (var rule in file.Rules)
        {
            if (!rule.HasCondition)
                throw new JsonException($"The rule {rule.Name} has no condition, and would fit everything.");
        }

        return new MachineRules(file.Rules)
        {
            Memory = TimeSpan.FromSeconds(file.Rules.Max(rule => rule.WithinSeconds) ?? 0),
        };
    }

    private static string ClassOf(string agent) =>
        s_mobile.Any(word => agent.Contains(word, StringComparison.Ordinal)) ? "mobile"
        : s_desktop.Any(word => agent.Contains(word, StringComparison.Ordinal)) ? "desktop"
        : "other";

    private sealed record RuleFile(string Note, IReadOnlyList<MachineRule> Rules);
}

/// <summary>One rule. Every condition that it names must hold.</summary>
/// <param name="On"><c>opened</c>, <c>clicked</c>, or both.</param>
/// <param name="Machine">What fits is a machine's; or, where it is false, a person's, whatever comes after.</param>
/// <param name="Agent">The class of agent that is kept; null to go by what the agent says of its device.</param>
/// <param name="Reason">Why, for whoever asks.</param>
/// <param name="Source">Who says so.</param>
internal sealed record MachineRule(
    string Name,
    IReadOnlyList<string> On,
    bool Machine,
    string? Agent,
    string Reason,
    string Source
)
{
    /// <summary>Only requests of this method; HEAD is the only one that tells anything.</summary>
    public string? Method { get; init; }

    /// <summary>Only what says that nobody asked for it yet.</summary>
    public bool Prefetch { get; init; }

    /// <summary>The whole agent is one of these.</summary>
    public IReadOnlyList<string>? AgentIs { get; init; }

    /// <summary>The agent has one of these in it, in the same case.</summary>
    public IReadOnlyList<string>? AgentContains { get; init; }

    /// <summary>Not longer than this after the mail was handed over.</summary>
    public int? WithinSecondsOfSending { get; init; }

    /// <summary>So many different links of the mail…</summary>
    public int? DifferentLinks { get; init; }

    /// <summary>…within so many seconds.</summary>
    public int? WithinSeconds { get; init; }

    /// <summary>It does not fit everything.</summary>
    public bool HasCondition =>
        Method is not null
        || Prefetch
        || AgentIs is not null
        || AgentContains is not null
        || WithinSecondsOfSending is not null
        || (DifferentLinks is not null && WithinSeconds is not null);

    /// <summary>Every condition holds.</summary>
    public bool Fits(Visit visit, DateTimeOffset? sentAt, IReadOnlyList<Click> clicks) =>
        On.Contains(visit.Kind == VisitKind.Opened ? "opened" : "clicked", StringComparer.Ordinal)
        && (Method is null || (Method == "HEAD" && visit.IsHead))
        && (!Prefetch || visit.IsPrefetch)
        && (AgentIs is null || AgentIs.Contains(visit.Agent, StringComparer.Ordinal))
        && (AgentContains is null || AgentContains.Any(word => visit.Agent.Contains(word, StringComparison.Ordinal)))
        && (WithinSecondsOfSending is not { } soon || (sentAt is { } sent && visit.At <= sent.AddSeconds(soon)))
        && (
            DifferentLinks is not { } links
            || clicks.Where(click => IsNear(click, visit.At)).Select(click => click.Link).Distinct().Count() >= links
        );

    /// <summary>An earlier click belongs to the same visit.</summary>
    public bool IsNear(Click earlier, DateTimeOffset at) =>
        WithinSeconds is { } seconds && earlier.At <= at && earlier.At >= at.AddSeconds(-seconds);
}
