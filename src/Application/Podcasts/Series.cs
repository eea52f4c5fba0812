namespace SchemaHub.Application.Podcasts;

/// <summary>Keeps the time series: their partitions, and what is counted of them.</summary>
public interface ISeries
{
    /// <summary>Makes partitions ahead and drops old ones, as <see cref="TelemetryOptions"/> say.</summary>
    Task<string> KeepPartitions(CancellationToken cancellation);

    /// <summary>Counts again every hour that was touched.</summary>
    Task<string> CountHours(CancellationToken cancellation);

    /// <summary>Counts again every day that was touched.</summary>
    Task<string> CountDays(CancellationToken cancellation);

    /// <summary>Refreshes the measures per day.</summary>
    Task<string> RefreshMeasures(CancellationToken cancellation);
}
