using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Jobs;

/// <summary>What recurs, by name. It is the operator's.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The last name of the page before.</param>
[Requires("jobs:read")]
public sealed record ListRecurring(int Limit = 50, string? After = null) : IQuery<PageOfRecurring>;

/// <summary>A part of the list.</summary>
/// <param name="Next">Where the next page begins, or null at the end.</param>
public sealed record PageOfRecurring(IReadOnlyList<RecurringJob> Items, string? Next);

/// <summary>A recurring job.</summary>
/// <param name="Job">The stored name of its command.</param>
/// <param name="Cron">Five fields from minutes to weekdays, or six with seconds first; UTC.</param>
/// <param name="NextAt">When it is due; null while it is paused.</param>
public sealed record RecurringJob(
    string Name,
    string Job,
    string Cron,
    bool IsPaused,
    DateTimeOffset? NextAt,
    DateTimeOffset? PreviousAt
);

internal sealed class ListRecurringValidator : AbstractValidator<ListRecurring>
{
    public ListRecurringValidator() => RuleFor(query => query.Limit).InclusiveBetween(1, Page<object>.MostItems);
}

internal sealed class ListRecurringHandler(IBackgroundJobs jobs) : IRequestHandler<ListRecurring, PageOfRecurring>
{
    public async Task<PageOfRecurring> Handle(ListRecurring query, CancellationToken cancellation)
    {
        var following = (await jobs.Recurring(cancellation))
            .Where(job => string.CompareOrdinal(job.Name, query.After) > 0)
            .Take(query.Limit + 1)
            .ToList();
        if (following.Count <= query.Limit)
            return new PageOfRecurring(following, Next: null);

        following.RemoveAt(query.Limit);
        return new PageOfRecurring(following, following[^1].Name);
    }
}
