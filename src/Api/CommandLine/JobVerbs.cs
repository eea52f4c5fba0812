using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;
using Spectre.Console;

namespace SchemaHub.Api.CommandLine;

/// <summary>
/// <c>jobs list|watch|run|pause|resume|retry|discard|history</c>: background jobs, as the operator sees them.
/// </summary>
internal static class JobVerbs
{
    private static readonly Argument<string> JobArgument = new("job")
    {
        Description = "A job's id, or the name of a recurring one.",
    };

    private static readonly Option<string?> StateOption = new("--state")
    {
        Description = "Only those that are waiting, running or failed.",
    };

    private static readonly Option<string?> NameOption = new("--name")
    {
        Description = "Only those of one kind, such as retention.purge.",
    };

    private static readonly Option<string?> StatusOption = new("--status") { Description = "Only success, or failed." };

    private static readonly Option<int> LimitOption = new("--limit")
    {
        Description = "How many, at most 200.",
        DefaultValueFactory = _ => 50,
    };

    public static Command Jobs() =>
        new("jobs", "Background jobs: what runs, what is next, what ran and what failed.")
        {
            List(),
            History(),
            JobWatch.Verb(),
            Change("run", "Run a waiting or recurring job now.", JobChange.RunNow),
            Change("pause", "Pause a recurring job.", JobChange.Pause),
            Change("resume", "Resume a recurring job.", JobChange.Resume),
            Change("retry", "Start a failed job over.", JobChange.Retry),
            Change("discard", "Take a job back, stop it, or give up a failed one.", JobChange.Cancel),
        };

    private static Command List() =>
        new Command("list", "Jobs that are not done, and what recurs.") { StateOption, NameOption, LimitOption }.On(
            async (workspace, parsed, cancellation) =>
            {
                var pending = await workspace.Send(
                    Tenant.System,
                    new ListJobs(
                        new TimeSpanOfRows(Limit: parsed.GetValue(LimitOption)),
                        parsed.GetValue(StateOption),
                        parsed.GetValue(NameOption)
                    ),
                    cancellation
                );
                var recurring = await workspace.Send(Tenant.System, new ListRecurring(Limit: 200), cancellation);
                var both = new ListedJobs(pending.Items, recurring.Items);
                if (parsed.GetValue(Verb.JsonOption))
                    Console.Out.WriteLine(Verb.ToJson(both));
                else
                    Show(both);
            }
        );

    private static Command History() =>
        new Command("history", "Runs of jobs, newest first.") { NameOption, StatusOption, LimitOption }.On(
            async (workspace, parsed, cancellation) =>
            {
                var page = await workspace.Send(
                    Tenant.System,
                    new ListRuns(
                        Name: parsed.GetValue(NameOption),
                        Status: parsed.GetValue(StatusOption),
                        Limit: parsed.GetValue(LimitOption)
                    ),
                    cancellation
                );
                if (parsed.GetValue(Verb.JsonOption))
                    Console.Out.WriteLine(Verb.ToJson(page.Items));
                else
                    AnsiConsole.Write(JobTables.Runs(page.Items));
            }
        );

    private static Command Change(string verb, string description, JobChange change) =>
        new Command(verb, description) { JobArgument }.On(
            async (workspace, parsed, cancellation) =>
            {
                var named = parsed.GetValue(JobArgument)!;
                if (Guid.TryParse(named, out var id))
                    await workspace.Send(Tenant.System, new ChangeJob(id, change), cancellation);
                else
                    await workspace.Send(Tenant.System, new ChangeRecurringJob(named, change), cancellation);

                Verb.Print(parsed, new ChangedJob(named, verb), done => $"{done.Job}: {done.Did}.");
            }
        );

    private static void Show(ListedJobs both)
    {
        AnsiConsole.Write(JobTables.Pending(both.Pending));
        AnsiConsole.Write(JobTables.Recurring(both.Recurring));
    }

    private sealed record ListedJobs(IReadOnlyList<PendingJob> Pending, IReadOnlyList<RecurringJob> Recurring);

    private sealed record ChangedJob(string Job, string Did);
}
