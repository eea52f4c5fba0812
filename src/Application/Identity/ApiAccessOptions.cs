using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

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
            field = Plans.All.Contains(value)
                ? value
                : throw new InvalidOperationException("SchemaHub:Api:Plan is free, pro or business.");
    } = Plans.Business;

    /// <summary>Whether an organization of that plan may use API keys.</summary>
    public bool AllowsKeys(string? plan) => plan is not null && RankOf(plan) >= RankOf(Plan);

    /// <summary>Makes sure that it may.</summary>
    /// <exception cref="RuleBrokenException"><c>plan.api_access</c>.</exception>
    public void RequireKeys(string plan)
    {
        if (!AllowsKeys(plan))
            throw new RuleBrokenException(
                "plan.api_access",
                $"API keys need the plan {Plan}, and this organization has the plan {plan}."
            );
    }

    private static int RankOf(string plan)
    {
        for (var rank = 0; rank < Plans.All.Count; rank++)
        {
            if (Plans.All[rank] == plan)
                return rank;
        }

        return -1;
    }
}
