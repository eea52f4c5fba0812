using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Podcasts;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Jobs;

/// <summary>Jobs that are not done, in the order in which they are due: the operator's are all.</summary>
/// <param name="State">Only those that are <c>waiting</c>, <c>running</c>, <c>paused</c> or <c>failed</c>.</param>
/// <param name="Name">Only those of one kind, by its stored name.</param>
/// <param name="Id">Only this one.</param>
[Requires("jobs:read")]
public sealed record ListJobs(TimeSpanOfRows Rows, string? State = null, string? Name = null, Guid? Id = null)
    : ISeriesQuery<PendingJob>;

/// <summary>A job that is not done.</summary>
/// <param name="Data">The command.</param>
/// <param name="Organization">Whose it is; null for the installation's own.</param>
/// <param name="Attempts">How often it was started.</param>
/// <param name="Recurring">The recurring job that it is a run of, if any.</param>
/// <param name="Error">Why the last attempt failed.</param>
/// <param name="Stack">Where in the program: for the operator.</param>
public sealed record PendingJob(
    Guid Id,
    string Name,
    string State,
    DateTimeOffset DueAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    int Attempts,
    string? Recurring,
    Guid? Organization,
    string Actor,
    JsonElement Data,
    string? Error,
    DateTimeOffset? FailedAt,
    string? Stack
);

internal sealed class ListJobsValidator : AbstractValidator<ListJobs>
{
    private static readonly string[] States = ["waiting", "running", "paused", "failed"];

    public ListJobsValidator(IValidator<TimeSpanOfRows> rows)
    {
        RuleFor(query => query.Rows).SetValidator(rows).OverridePropertyName("");
        RuleFor(query => query.State)
            .Must(state => state is null || States.Contains(state))
            .WithMessage($"It is one of {string.Join(", ", States)}.");
        RuleFor(query => query.Name).MaximumLength(100);
    }
}

internal sealed class ListJobsHandler(RecordDatabase database, CommandContext context)
    : IRequestHandler<ListJobs, PageOfTime<PendingJob>>
{
    public Task<PageOfTime<PendingJob>> Handle(ListJobs query, CancellationToken cancellation) =>
        database.Rows.Page(
            context.Tenant,
            $"""
            select q.id, q.name, q.state, q.due_at, q.created_at, q.started_at, q.attempts, q.recurring,
                q.organization_id, q.actor, q.data::text, q.error, q.failed_at,
                {(context.Tenant == Tenant.System ? "q.stack" : "null::text")}
            from jobs.queue q
            where q.due_at >= $1 and q.due_at < $2 and (q.due_at, q.id) > ($3, $4)
                {Filters(query)}
            order by q.due_at, q.id
            limit $5
            """,
            query,
            Read,
            job => new TimeKey(job.DueAt, job.Id),
            cancellation,
            new NpgsqlParameter<string?> { TypedValue = query.State, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter<string?> { TypedValue = query.Name, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter { Value = (object?)query.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }
        );

    // Literal, because each state has an index of its own, which a parameter would hide from the planner.
    private static string Filters(ListJobs query) =>
        (
            query.State switch
            {
                "waiting" => "and q.state = 'waiting'",
                "running" => "and q.state = 'running' and q.node is not null",
                "paused" => "and q.state = 'paused'",
                "failed" => "and q.state = 'failed'",
                _ => "",
            }
        )
        + (query.Name is null ? "" : " and q.name = $7")
        + (query.Id is null ? "" : " and q.id = $8");

    private static PendingJob Read(NpgsqlDataReader row) =>
        new(
            row.GetGuid(0),
            row.GetString(1),
            row.GetString(2),
            row.GetFieldValue<DateTimeOffset>(3),
            row.GetFieldValue<DateTimeOffset>(4),
            row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
            row.GetInt16(6),
            row.IsDBNull(7) ? null : row.GetString(7),
            row.GuidOrNull(8),
            row.GetString(9),
            JsonSerializer.Deserialize<JsonElement>(row.GetString(10)),
            row.IsDBNull(11) ? null : row.GetString(11),
            row.IsDBNull(12) ? null : row.GetFieldValue<DateTimeOffset>(12),
            row.IsDBNull(13) ? null : row.GetString(13)
        );
}
