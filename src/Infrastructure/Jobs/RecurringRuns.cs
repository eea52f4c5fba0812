using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>The rows of runs of recurring jobs: one that is not done is not joined by a second.</summary>
internal sealed class RecurringRuns(Installation installation, TimeProvider clock)
{
    /// <summary>
    /// The states of Hangfire in which a job is not done. Others are final, or of a job that was never enqueued because
    /// its node died.
    /// </summary>
    private const string IsToRun = "h.statename in ('Enqueued', 'Scheduled', 'Processing')";

    /// <summary>Whether a run of a recurring job is not done yet.</summary>
    public bool IsUnderWay(string recurring)
    {
        // A node that died between making a run and enqueuing it has left a row that nothing will ever run.
        using var command = installation.Writer.CreateCommand(
            $"""
            with left_behind as (
                delete from jobs.jobs j
                where j.recurring = $1 and not j.is_given_up
                    and not exists (select from hangfire.job h where h.id = j.hangfire_id and {IsToRun})
                returning j.id
            )
            select j.id
            from jobs.jobs j
            where j.recurring = $1 and not j.is_given_up and j.id not in (select l.id from left_behind l)
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = recurring });
        return command.ExecuteScalar() is not null;
    }

    /// <summary>A recurring job is due: its run gets its row before it is enqueued.</summary>
    public void AddRun(long hangfireId, string recurring, string name)
    {
        var now = clock.GetUtcNow();
        using var command = installation.Writer.CreateCommand(
            """
            insert into jobs.jobs (id, hangfire_id, name, actor, recurring, due_at, created_at)
            values ($1, $2, $3, $4, $5, $6, $6)
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(now) });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = hangfireId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RecurringSchedule.Actor });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = recurring });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.ExecuteNonQuery();
    }

    /// <summary>Runs of the same recurring job that failed for good: ids of Hangfire.</summary>
    public async Task<List<long>> OlderFailures(Guid job)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            select o.hangfire_id
            from jobs.jobs j
            join jobs.jobs o on o.recurring = j.recurring and o.is_given_up and o.id < j.id
            where j.id = $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
        var older = new List<long>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            older.Add(reader.GetInt64(0));

        return older;
    }
}
