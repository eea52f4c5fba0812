using System.CommandLine;
using SchemaHub.Infrastructure.Podcasts;

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
                SeriesJobs.Hourly,
                SeriesJobs.Daily,
                SeriesJobs.Metrics
            ),
            Job(
                "partitions",
                "Make the partitions of the months to come, and drop those whose time is over.",
                SeriesJobs.Partitions
            ),
        };

    private static Command Job(string name, string description, params string[] jobs) =>
        new Command(name, description).On(
            async (workspace, parsed, cancellation) =>
            {
                var runs = new List<SeriesRun>();
                foreach (var job in jobs)
                    runs.Add(await workspace.Get<SeriesJobs>().Run(job, cancellation));

                Verb.Print(
                    parsed,
                    runs,
                    done => string.Join(Environment.NewLine, done.Select(run => $"{run.Job}: {run.Message}"))
                );
            }
        );
}
