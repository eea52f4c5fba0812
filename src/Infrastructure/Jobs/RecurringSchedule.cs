using Hangfire;
using Hangfire.Storage;
using Npgsql;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;
using RecurringJob = SchemaHub.Application.Jobs.RecurringJob;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// What recurs, in Hangfire: any number of nodes keep time together, and each firing is one node's. A job that is
/// paused is taken out of Hangfire meanwhile.
/// </summary>
internal sealed class RecurringSchedule(
    Installation installation,
    HangfireStore store,
    JobTypes types,
    RecurringTable table
)
{
    /// <summary>In whose name recurring jobs run.</summary>
    public const string Actor = "schedule";

    /// <summary>Makes Hangfire's recurring jobs those of the table. Those of another version are left alone.</summary>
    public async Task Declare(CancellationToken cancellation)
    {
        var paused = await Paused(cancellation);
        foreach (var row in table.Rows)
        {
            var type = types.Of(row.Command);
            if (IsOn(type) && !paused.Contains(type.Name))
                Set(type, row);
            else
                store.Recurring.RemoveIfExists(type.Name);
        }
    }

    /// <summary>All that recur, by name.</summary>
    public async Task<IReadOnlyList<RecurringJob>> List(CancellationToken cancellation)
    {
        var paused = await Paused(cancellation);
        using var connection = store.Storage.GetConnection();
        var kept = connection
            .GetRecurringJobs(table.Rows.Select(row => types.Of(row.Command).Name))
            .ToDictionary(job => job.Id, StringComparer.Ordinal);
        return
        [
            .. table
                .Rows.Select(row => (Row: row, Type: types.Of(row.Command)))
                .Where(one => IsOn(one.Type))
                .OrderBy(one => one.Type.Name, StringComparer.Ordinal)
                .Select(one => new RecurringJob(
                    one.Type.Name,
                    one.Type.Name,
                    one.Row.Cron,
                    paused.Contains(one.Type.Name),
                    Instant(kept.GetValueOrDefault(one.Type.Name)?.NextExecution),
                    Instant(kept.GetValueOrDefault(one.Type.Name)?.LastExecution)
                )),
        ];
    }

    /// <summary>False where there is no such recurring job.</summary>
    public async Task<bool> Pause(string name, CancellationToken cancellation)
    {
        if (Find(name) is not { } row)
            return false;

        await using var command = installation.Writer.CreateCommand(
            "insert into jobs.paused (recurring, paused_at) values ($1, now()) on conflict do nothing"
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await command.ExecuteNonQueryAsync(cancellation);
        store.Recurring.RemoveIfExists(types.Of(row.Command).Name);
        return true;
    }

    /// <inheritdoc cref="Pause"/>
    public async Task<bool> Resume(string name, CancellationToken cancellation)
    {
        if (Find(name) is not { } row)
            return false;

        await using var command = installation.Writer.CreateCommand("delete from jobs.paused where recurring = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await command.ExecuteNonQueryAsync(cancellation);
        Set(types.Of(row.Command), row);
        return true;
    }

    /// <summary>The recurring job of a name; null where there is none, or its schema is switched off.</summary>
    public RecurringRow? Find(string name) =>
        table.Rows.FirstOrDefault(row => types.Of(row.Command) is var type && type.Name == name && IsOn(type));

    private void Set(JobType type, RecurringRow row) =>
        store.Recurring.AddOrUpdate(
            type.Name,
            StoredJob.Of(type.Name, type.ToJson(row.Command)),
            row.Cron,
            new RecurringJobOptions
            {
                TimeZone = TimeZoneInfo.Utc,
                MisfireHandling =
                    row.Missed == Missed.RunOnce ? MisfireHandlingMode.Relaxed : MisfireHandlingMode.Ignorable,
            }
        );

    private bool IsOn(JobType type) => type.Settings.Schema is not { } schema || installation.Schemas.Contains(schema);

    private async Task<HashSet<string>> Paused(CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand("select p.recurring from jobs.paused p");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var paused = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation))
            paused.Add(reader.GetString(0));

        return paused;
    }

    private static DateTimeOffset? Instant(DateTime? utc) =>
        utc is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;
}
