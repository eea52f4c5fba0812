using System.Globalization;
using JasperFx.Events;
using Marten;
using Marten.Events.Projections;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.BuildOnTheLog;

/// <summary>What an organization's list gained and lost on one day.</summary>
public sealed class DayOfConsents
{
    /// <summary>The day in UTC, such as 2026-11-30.</summary>
    public string Id { get; set; } = "";

    public int Given { get; set; }

    public int Withdrawn { get; set; }

    /// <summary>The position of the last event that was counted.</summary>
    public long Position { get; set; }
}

/// <summary>Counts consents by organization and day. Marten's daemon calls it once per organization and page.</summary>
public sealed class ConsentsByDay : IProjection
{
    public async Task ApplyAsync(
        IDocumentOperations operations,
        IReadOnlyList<IEvent> events,
        CancellationToken cancellation
    )
    {
        foreach (var day in events.Where(happened => Given(happened) + Withdrawn(happened) > 0).GroupBy(DayOf))
        {
            var counts =
                await operations.LoadAsync<DayOfConsents>(day.Key, cancellation) ?? new DayOfConsents { Id = day.Key };
            counts.Given += day.Sum(Given);
            counts.Withdrawn += day.Sum(Withdrawn);
            counts.Position = day.Max(happened => happened.Sequence);
            operations.Store(counts);
        }
    }

    private static string DayOf(IEvent happened) =>
        happened.Timestamp.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static int Given(IEvent happened) =>
        happened.Data is ContactAdded { Consent: not null } or ConsentGiven ? 1 : 0;

    private static int Withdrawn(IEvent happened) => happened.Data is ConsentWithdrawn ? 1 : 0;
}
