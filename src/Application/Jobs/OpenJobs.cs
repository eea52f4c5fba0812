using System.Text.Json;

namespace SchemaHub.Application.Jobs;

/// <summary>
/// How jobs that are not done are read: our rows, each with Hangfire's state. Hangfire's monitoring API has neither
/// organizations nor the order by time.
/// </summary>
internal static class OpenJobs
{
    /// <summary>Our rows <c>j</c> with Hangfire's <c>h</c>.</summary>
    public const string From = "jobs.jobs j join hangfire.job h on h.id = j.hangfire_id";

    /// <summary>The condition of each state by its name.</summary>
    public static IReadOnlyDictionary<string, string> Conditions { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Hangfire calls a job Processing, too, that a node gave back when it stopped.
            ["running"] = "h.statename = 'Processing' and j.started_at is not null",
            ["waiting"] =
                "(h.statename in ('Enqueued', 'Scheduled') or h.statename = 'Processing' and j.started_at is null)",
            ["failed"] = "h.statename = 'Failed'",
        };

    /// <summary>The state's name.</summary>
    public const string State = """
        case
            when h.statename = 'Failed' then 'failed'
            when h.statename = 'Processing' and j.started_at is not null then 'running'
            else 'waiting'
        end
        """;

    /// <summary>Whether a job is not done.</summary>
    public const string IsOpen = "h.statename in ('Enqueued', 'Scheduled', 'Processing', 'Failed')";

    /// <summary>The command in the arguments that Hangfire stores; null where it cannot be read.</summary>
    /// <param name="arguments">An array of JSON texts: the command's name, and the command.</param>
    public static JsonElement? Command(string arguments)
    {
        const int data = 1;
        try
        {
            var stored = JsonSerializer.Deserialize<string[]>(arguments)![data];
            return JsonSerializer.Deserialize<JsonElement>(JsonSerializer.Deserialize<string>(stored)!);
        }
        catch (Exception cut) when (cut is JsonException or IndexOutOfRangeException or ArgumentNullException)
        {
            return null;
        }
    }
}
