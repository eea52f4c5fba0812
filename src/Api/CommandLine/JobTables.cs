using System.Globalization;
using SchemaHub.Application.Jobs;
using Spectre.Console;

namespace SchemaHub.Api.CommandLine;

/// <summary>Jobs as tables on a terminal.</summary>
internal static class JobTables
{
    public static Table Pending(IReadOnlyList<PendingJob> jobs)
    {
        var table = New("Jobs", "id", "name", "state", "due", "attempts", "last error");
        foreach (var job in jobs)
            table.AddRow(
                Text($"{job.Id}"),
                Text(job.Name),
                job.State == "failed" ? new Markup("[red]failed[/]") : Text(job.State),
                Text(At(job.DueAt)),
                Text(job.Attempts.ToString(CultureInfo.InvariantCulture)),
                Text(job.Error ?? "")
            );

        return table;
    }

    public static Table Recurring(IReadOnlyList<RecurringJob> jobs)
    {
        var table = New("Recurring", "name", "cron (UTC)", "next", "last");
        foreach (var job in jobs)
            table.AddRow(
                Text(job.Name),
                Text(job.Cron),
                job.IsPaused ? new Markup("[yellow]paused[/]") : Text(At(job.NextAt)),
                Text(At(job.PreviousAt))
            );

        return table;
    }

    public static Table Runs(IReadOnlyList<JobRunRow> runs)
    {
        var table = New("Runs", "ended", "name", "status", "ms", "message");
        foreach (var run in runs)
            table.AddRow(
                Text(At(run.ExecutedAt)),
                Text(run.Name),
                run.Status == "failed" ? new Markup("[red]failed[/]") : new Markup("[green]success[/]"),
                Text(run.DurationMs?.ToString(CultureInfo.InvariantCulture) ?? ""),
                Text(run.Message ?? "")
            );

        return table;
    }

    public static Table Counts(JobCounts counts)
    {
        var table = New("", "running", "due", "waiting", "failed");
        table.AddRow(
            Number(counts.Running),
            Number(counts.Due),
            Number(counts.Waiting),
            counts.Failed > 0 ? new Markup($"[red]{Count(counts.Failed)}[/]") : Number(counts.Failed)
        );
        return table;
    }

    private static Table New(string title, params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        if (title.Length > 0)
            table.Title(title);

        foreach (var column in columns)
            table.AddColumn(column);

        return table;
    }

    private static Text Text(string text) => new(TerminalText.Lines(text));

    private static Text Number(int number) => new(Count(number));

    private static string Count(int number) =>
        number > CountJobs.Most
            ? $"over {CountJobs.Most.ToString("N0", CultureInfo.InvariantCulture)}"
            : number.ToString("N0", CultureInfo.InvariantCulture);

    private static string At(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
}
