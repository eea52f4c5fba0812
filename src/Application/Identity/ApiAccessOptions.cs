namespace SchemaHub.Application.Identity;

/// <summary>What an organization needs for its programs to use the API.</summary>
public sealed record ApiAccessOptions
{
    /// <summary>The least plan whose API keys open anything: free, pro or business.</summary>
    /// <exception cref="InvalidOperationException">There is no such plan.</exception>
    public string Plan
    {
        get;
        init =>
            field =
                Array.IndexOf(Ascending, value) >= 0
                    ? value
                    : throw new InvalidOperationException("SchemaHub:Api:Plan is free, pro or business.");
    } = "business";

    private static readonly string[] Ascending = ["free", "pro", "business"];

    /// <summary>Whether an organization of that plan may use API keys.</summary>
    public bool AllowsKeys(string? plan) => Array.IndexOf(Ascending, plan) >= Array.IndexOf(Ascending, Plan);
}
