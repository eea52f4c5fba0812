namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Somebody, or something, loaded a mail's picture or followed one of its links.</summary>
/// <param name="Link">Of a click: its target.</param>
/// <param name="Agent">As it named itself. Looked at, and not kept.</param>
/// <param name="IsPrefetch">It says itself that nobody asked for it yet.</param>
public sealed record Visit(
    int EmailLog,
    VisitKind Kind,
    string? Link,
    DateTimeOffset At,
    bool IsHead,
    string Agent,
    bool IsPrefetch
);

/// <summary>What was visited.</summary>
public enum VisitKind
{
    /// <summary>The picture: the mail was opened.</summary>
    Opened,

    /// <summary>A link.</summary>
    Clicked,
}

/// <summary>An earlier click, or this one, in the same mail.</summary>
internal readonly record struct Click(string Link, DateTimeOffset At);

/// <summary>Who a visit is taken for.</summary>
/// <param name="IsMachine">No person did it.</param>
/// <param name="Rule">The rule that says so; null where none fits, and it counts as a person's.</param>
/// <param name="Agent">A coarse class: nobody is told by it.</param>
internal sealed record VisitVerdict(bool IsMachine, MachineRule? Rule, string Agent);
