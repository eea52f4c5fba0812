using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Jobs;

/// <summary>Runs of jobs, from <c>backstage.execution_logs</c>, newest first: the operator's are all.</summary>
/// <param name="From">Ended at this instant or later.</param>
/// <param name="To">Ended before it.</param>
/// <param name="Status"><c>success</c> or <c>failed</c>.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="Before">The last row of the page before.</param>
[Requires("jobs:read")]
public sealed record ListRuns(
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Name = null,
    string? Status = null,
    Guid? Job = null,
    int Limit = 50,
    RunKey? Before = null
) : IQuery<PageOfRuns>;

/// <summary>A run's place in the history.</summary>
public sealed record RunKey(DateTimeOffset At, long Id);

/// <summary>A part of the history.</summary>
/// <param name="Next">Where the next page begins, or null at the end.</param>
public sealed record PageOfRuns(IReadOnlyList<JobRunRow> Items, RunKey? Next);

/// <summary>A run of a job.</summary>
/// <param name="ExecutedAt">When it ended.</param>
/// <param name="Job">Null of runs that were started by hand, outside of the queue.</param>
/// <param name="Message">What it did, or why it failed.</param>
/// <param name="Stack">Where in the program it failed: for the operator.</param>
public sealed record JobRunRow(
    long Id,
    string Name,
    string Status,
    string? Message,
    DateTimeOffset ExecutedAt,
    int? DurationMs,
    Guid? Job,
    int? Attempt,
    Guid? Organization,
    string? Stack
)
{
    /// <summary>What <see cref="Read"/> reads; the stack for the operator only.</summary>
    internal static string Columns(CommandContext context) =>
        "l.id, l.job_type, l.status, l.message, l.executed_at, l.duration_ms, l.job_id, l.attempt, l.organization_id, "
        + (context.Tenant == Tenant.System ? "l.stack" : "null::text");

    internal static JobRunRow Read(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0),
            row.GetString(1),
            row.GetString(2),
            row.IsDBNull(3) ? null : row.GetString(3),
            new DateTimeOffset(row.GetDateTime(4), TimeSpan.Zero),
            row.IsDBNull(5) ? null : row.GetInt32(5),
            row.GuidOrNull(6),
            row.IsDBNull(7) ? null : row.GetInt16(7),
            row.GuidOrNull(8),
            row.IsDBNull(9) ? null : row.GetString(9)
        );
}

internal sealed class ListRunsValidator : AbstractValidator<ListRuns>
{
    public ListRunsValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<object>.MostItems);
        RuleFor(query => query.Status)
            .Must(status => status is null or "success" or "failed")
            .WithMessage("It is success or failed.");
        RuleFor(query => query.Name).MaximumLength(100);
        RuleFor(query => query.To)
            .GreaterThan(query => query.From)
            .When(query => query.From is not null && query.To is not null)
            .WithMessage("It lies after from.");
    }
}

internal sealed class ListRunsHandler(RecordDatabase database, CommandContext context)
    : IRequestHandler<ListRuns, PageOfRuns>
{
    public async Task<PageOfRuns> Handle(ListRuns query, CancellationToken cancellation)
    {
        var rows = await database.Rows.Rows(
            context.Tenant,
            $"""
            select {JobRunRow.Columns(context)}
            from backstage.execution_logs l
            where l.executed_at >= $1 and l.executed_at < $2 and (l.executed_at, l.id) < ($3, $4)
                and ($5 is null or l.job_type = $5) and ($6 is null or l.status = $6) and ($7 is null or l.job_id = $7)
                and l.job_type is not null and l.status is not null and l.executed_at is not null
            order by l.executed_at desc, l.id desc
            limit $8
            """,
            JobRunRow.Read,
            cancellation,
            Instant(query.From ?? DateTimeOffset.MinValue),
            Instant(query.To ?? DateTimeOffset.MaxValue),
            Instant(query.Before?.At ?? DateTimeOffset.MaxValue),
            new NpgsqlParameter<long> { TypedValue = query.Before?.Id ?? long.MaxValue },
            new NpgsqlParameter<string?> { TypedValue = query.Name, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter<string?> { TypedValue = query.Status, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter { Value = (object?)query.Job ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        if (rows.Count <= query.Limit)
            return new PageOfRuns(rows, Next: null);

        rows.RemoveAt(query.Limit);
        return new PageOfRuns(rows, new RunKey(rows[^1].ExecutedAt, rows[^1].Id));
    }

    // backstage keeps its times without a zone, in UTC.
    private static NpgsqlParameter Instant(DateTimeOffset at) =>
        new NpgsqlParameter<DateTime> { TypedValue = DateTime.SpecifyKind(at.UtcDateTime, DateTimeKind.Unspecified) };
}
