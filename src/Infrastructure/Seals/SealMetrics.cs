using System.Diagnostics.Metrics;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>What the sealer and its witnesses do, counted.</summary>
internal static class SealMetrics
{
    private static readonly Meter Meter = new("SchemaHub.Seals");

    public static readonly Counter<long> EventsSealed = Meter.CreateCounter<long>("schemahub.seals.events");
    public static readonly Counter<long> Checkpoints = Meter.CreateCounter<long>("schemahub.seals.checkpoints");
    public static readonly Counter<long> Deliveries = Meter.CreateCounter<long>("schemahub.seals.deliveries");
    public static readonly Counter<long> Failures = Meter.CreateCounter<long>("schemahub.seals.failures");
}
