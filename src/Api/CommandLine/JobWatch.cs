using System.CommandLine;
using SchemaHub.Api.Http;
using SchemaHub.Api.Jobs;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;
using Spectre.Console;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>jobs watch</c>: the same as the live events over HTTP, until it is stopped with Ctrl+C.</summary>
internal static class JobWatch
{
    private const int RunsShown = 12;
    private const int JobsShown = 10;

    public static Command Verb() =>
        new Command("watch", "Show jobs live until Ctrl+C; with --json one line per change.").On(
            async (workspace, parsed, cancellation) =>
            {
                var changes = JobEvents.Follow(
                    RunAs.OperatorContext(Tenant.System),
                    workspace.Get<RunAs>(),
                    after: null,
                    cancellation
                );
                try
                {
                    if (parsed.GetValue(CommandLine.Verb.JsonOption) || Console.IsOutputRedirected)
                        await Print(changes);
                    else
                        await Show(workspace, changes, cancellation);
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    // That is how watching ends.
                }
            }
        );

    private static async Task Print(IAsyncEnumerable<Told> changes)
    {
        await foreach (var told in changes)
            await Console.Out.WriteLineAsync(CommandLine.Verb.ToJsonLine(new { @event = told.Name, data = told.Data }));
    }

    private static async Task Show(Workspace workspace, IAsyncEnumerable<Told> changes, CancellationToken cancellation)
    {
        var runs = new List<JobRunRow>(
            (await workspace.Send(Tenant.System, new ListRuns(Limit: RunsShown), cancellation)).Items
        );
        var counts = new JobCounts(0, 0, 0, 0);
        await AnsiConsole
            .Live(new Rows())
            .AutoClear(enabled: false)
            .StartAsync(async live =>
            {
                await foreach (var told in changes)
                {
                    if (told.Data is JobRunRow run)
                        runs.Insert(0, run);

                    if (runs.Count > RunsShown)
                        runs.RemoveAt(RunsShown);

                    counts = told.Data as JobCounts ?? counts;
                    var pending = await workspace.Send(
                        Tenant.System,
                        new ListJobs(new TimeSpanOfRows(Limit: JobsShown)),
                        cancellation
                    );
                    live.UpdateTarget(
                        new Rows(JobTables.Counts(counts), JobTables.Pending(pending.Items), JobTables.Runs(runs))
                    );
                }
            });
    }
}
