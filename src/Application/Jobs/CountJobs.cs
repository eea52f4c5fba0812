using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Jobs;

/// <summary>How many jobs are in which state.</summary>
[Requires("jobs:read")]
public sealed record CountJobs : IQuery<JobCounts>
{
    /// <summary>Where counting ends: more than this is told as one more.</summary>
    public const int Most = 10_000;
}

/// <summary>Jobs by state; each number is at most one more than <see cref="CountJobs.Most"/>.</summary>
/// <param name="Due">Of those that wait: those that no node had time for yet.</param>
public sealed record JobCounts(int Running, int Due, int Waiting, int Failed);

internal sealed class CountJobsHandler(RecordDatabase database, CommandContext context, TimeProvider clock)
    : IRequestHandler<CountJobs, JobCounts>
{
    private static readonly string Sql = $"""
        select {Count("running")}, {Count("waiting", "and j.due_at <= $1")}, {Count("waiting")}, {Count("failed")}
        """;

    private static string Count(string state, string also = "") =>
        $"(select count(*) from (select from {OpenJobs.From} where {OpenJobs.Conditions[state]} {also} limit $2) c)";

    public async Task<JobCounts> Handle(CountJobs query, CancellationToken cancellation) =>
        (
            await database.Rows.Rows(
                context.Tenant,
                Sql,
                row => new JobCounts(
                    (int)row.GetInt64(0),
                    (int)row.GetInt64(1),
                    (int)row.GetInt64(2),
                    (int)row.GetInt64(3)
                ),
                cancellation,
                new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() },
                new NpgsqlParameter<int> { TypedValue = CountJobs.Most + 1 }
            )
        )[0];
}
