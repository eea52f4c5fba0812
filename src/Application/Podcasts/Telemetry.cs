using FluentValidation;
using FluentValidation.Results;

namespace SchemaHub.Application.Podcasts;

/// <summary>What became of a batch of telemetry.</summary>
/// <param name="Accepted">Rows that were new.</param>
/// <param name="Duplicates">Rows that were there already, or twice in the batch: counted once.</param>
public sealed record Ingested(int Accepted, int Duplicates)
{
    /// <exception cref="ValidationException">Rows refer to what is not there; nothing was stored.</exception>
    internal static Ingested Of(Written written, int rows) =>
        written.Unknown.Count == 0
            ? new Ingested(written.Accepted, rows - written.Accepted)
            : throw new ValidationException(
                written
                    .Unknown.Take(TelemetryRules.MostFailures)
                    .Select(unknown => new ValidationFailure($"[{unknown.Row}].{unknown.Field}", "It does not exist."))
            );
}

/// <summary>Writes telemetry in bulk, past the log, under the tenant's own policies: all rows or none.</summary>
public interface ITelemetry
{
    Task<Written> Write(Guid tenant, IReadOnlyList<NewListenerAct> rows, CancellationToken cancellation);

    Task<Written> Write(Guid tenant, IReadOnlyList<NewClaim> rows, CancellationToken cancellation);

    Task<Written> Write(Guid tenant, IReadOnlyList<NewListenerMetric> rows, CancellationToken cancellation);
}

/// <summary>What a bulk write came to.</summary>
/// <param name="Unknown">What the tenant does not have; nothing is written where there is any.</param>
public sealed record Written(int Accepted, IReadOnlyList<UnknownReference> Unknown);

/// <summary>A row, counted from 0, and which of its fields leads nowhere.</summary>
public sealed record UnknownReference(int Row, string Field);

/// <summary>How long telemetry is kept, in months. It is dropped by whole months.</summary>
public sealed record TelemetryOptions
{
    private const int TwoYears = 24;

    /// <summary>Of <c>podcast.listener_events</c>; what was counted of them stays.</summary>
    public int ListenerEventsMonths { get; init; } = TwoYears;

    /// <summary>Of <c>podcast.attribution_events</c> and all that refers to them.</summary>
    public int AttributionEventsMonths { get; init; } = TwoYears;

    /// <summary>Of <c>podcast.listener_metrics</c>.</summary>
    public int ListenerMetricsMonths { get; init; } = TwoYears;

    /// <summary>Of <c>podcast.access_logs</c>.</summary>
    public int AccessLogsMonths { get; init; } = TwoYears;

    /// <summary>Of <c>podcast.api_usage</c>.</summary>
    public int ApiUsageMonths { get; init; } = TwoYears;

    /// <summary>How far ahead of the clock a row may be: senders' clocks differ.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    /// <exception cref="InvalidOperationException">A time to keep is out of range.</exception>
    public void Check()
    {
        const int most = 1_200;
        int[] kept =
        [
            ListenerEventsMonths,
            AttributionEventsMonths,
            ListenerMetricsMonths,
            AccessLogsMonths,
            ApiUsageMonths,
        ];
        if (kept.Any(months => months is < 1 or > most))
            throw new InvalidOperationException($"Telemetry is kept for 1 to {most} months: see SchemaHub:Telemetry.");
    }
}
