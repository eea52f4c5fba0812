using System.Diagnostics.Metrics;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>What the log counts: meter <c>SchemaHub.EventLog</c>.</summary>
internal static class LogMetrics
{
    private static readonly Meter Meter = new("SchemaHub.EventLog");

    /// <summary>Units written in one transaction: how well group commit groups.</summary>
    public static Histogram<int> UnitsPerBatch { get; } =
        Meter.CreateHistogram<int>("schemahub.log.units_per_batch", "{unit}", "Appends written in one transaction.");

    /// <summary>Events that were committed.</summary>
    public static Counter<long> Events { get; } =
        Meter.CreateCounter<long>("schemahub.log.events", "{event}", "Events committed.");

    /// <summary>Units refused because a stream stood at another version.</summary>
    public static Counter<long> Conflicts { get; } =
        Meter.CreateCounter<long>("schemahub.log.conflicts", "{unit}", "Appends decided on a version that had passed.");
}
