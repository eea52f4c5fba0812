using System.CommandLine;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Jobs;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>series refresh|partitions</c>: what the service does by itself, now.</summary>
internal static class SeriesVerbs
{
    public static Command Series() =>
        new("series", "The time series: their partitions, and what is counted of them.")
        {
            Job(
                "refresh",
                "Count again every hour and day that was touched, and refresh the measures per day.",
                new CountListenerHours(),
                new CountListenerDays(),
                new RefreshMeasures()
            ),
            Job(
                "partitions",
                "Make the partitions of the months to come, and drop those whose time is over.",
                new KeepPartitions()
            ),
        };

    private static Command Job(string name, string description, params IJob[] jobs) =>
        new Command(name, description).On(
            async (workspace, parsed, cancellation) =>
            {
                var runs = new List<SeriesRun>();
                foreach (var job in jobs)
                    runs.Add(
                        new SeriesRun(
                            workspace.Get<JobTypes>().Of(job).Name,
                            await workspace.Get<JobByHand>().Do(job, cancellation)
                        )
                    );

                Verb.Print(
                    parsed,
                    runs,
                    done => string.Join(Environment.NewLine, done.Select(run => $"{run.Job}: {run.Message}"))
                );
            }
        );

    /// <summary>What a run did, in words.</summary>
    private sealed record SeriesRun(string Job, string Message);
}
