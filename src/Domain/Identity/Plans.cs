namespace SchemaHub.Domain.Identity;

/// <summary>What an organization can have of the service. Until it can be bought, an operator sets it.</summary>
public static class Plans
{
    /// <summary>For one person.</summary>
    public const string Free = "free";

    /// <summary>For three.</summary>
    public const string Pro = "pro";

    /// <summary>For four, with access for programs.</summary>
    public const string Business = "business";

    /// <summary>Every plan, the smallest first.</summary>
    public static IReadOnlyList<string> All { get; } = [Free, Pro, Business];

    /// <summary>How many members a plan is for, the owner among them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such plan.</exception>
    public static int SeatsOf(string plan) =>
        plan switch
        {
            Free => 1,
            Pro => 3,
            Business => 4,
            _ => throw new ArgumentOutOfRangeException(nameof(plan), plan, "There is no such plan."),
        };
}
