using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Jobs;

/// <summary>Runs that were written down after one that is known, in that order: what a live view asks for.</summary>
/// <param name="After">The known one's id; null answers no runs, and which is the last.</param>
[Requires("jobs:read")]
public sealed record LatestRuns(long? After) : IQuery<RunsSince>
{
    /// <summary>How many it answers at most; the next question goes on there.</summary>
    public const int Most = 200;
}

/// <summary>Runs since one that is known.</summary>
/// <param name="Last">The id after which to go on.</param>
public sealed record RunsSince(IReadOnlyList<JobRunRow> Items, long Last);

internal sealed class LatestRunsHandler(RecordDatabase database, CommandContext context)
    : IRequestHandler<LatestRuns, RunsSince>
{
    public async Task<RunsSince> Handle(LatestRuns query, CancellationToken cancellation)
    {
        if (query.After is not { } after)
        {
            var last = await database.Rows.Rows(
                context.Tenant,
                "select coalesce(max(l.id), 0) from backstage.execution_logs l",
                row => (long)row.GetInt32(0),
                cancellation
            );
            return new RunsSince([], last[0]);
        }

        var runs = await database.Rows.Rows(
            context.Tenant,
            $"""
            select {JobRunRow.Columns(context)}
            from backstage.execution_logs l
            where l.id > $1 and l.job_type is not null and l.status is not null and l.executed_at is not null
            order by l.id
            limit $2
            """,
            JobRunRow.Read,
            cancellation,
            new NpgsqlParameter<long> { TypedValue = after },
            new NpgsqlParameter<int> { TypedValue = LatestRuns.Most }
        );
        return new RunsSince(runs, runs.Count > 0 ? runs[^1].Id : after);
    }
}
