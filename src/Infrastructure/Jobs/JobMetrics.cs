using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>What is counted and traced of jobs: meter and activity source <c>SchemaHub.Jobs</c>.</summary>
internal static class JobMetrics
{
    private const string Name = "SchemaHub.Jobs";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Runs = Meter.CreateCounter<long>(
        "schemahub.jobs.runs",
        "{run}",
        "Runs of jobs, by job and status."
    );

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "schemahub.jobs.failures",
        "{run}",
        "Runs of jobs that failed, by job and kind of failure."
    );

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "schemahub.jobs.duration",
        "s",
        "How long runs of jobs took, by job and status."
    );

    /// <summary>One activity per run.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    public static void Count(RunOutcome outcome)
    {
        var (job, status) = (
            KeyValuePair.Create<string, object?>("job", outcome.Job.Name),
            KeyValuePair.Create<string, object?>("status", outcome.Failure is null ? "success" : "failed")
        );
        Runs.Add(1, job, status);
        Duration.Record(outcome.Duration.TotalSeconds, job, status);
        if (outcome.Failure is { } failure)
            Failures.Add(1, job, KeyValuePair.Create<string, object?>("failure", failure.Kind));
    }
}
