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
/// <param name="State">Only those that are <c>waiting</c>, <c>running</c> or <c>failed</c>.</param>
/// <param name="Name">Only those of one kind, by its stored name.</param>
/// <param name="Id">Only this one.</param>
[Requires("jobs:read")]
public sealed record ListJobs(TimeSpanOfRows Rows, string? State = null, string? Name = null, Guid? Id = null)
    : ISeriesQuery<PendingJob>;

/// <summary>A job that is not done.</summary>
/// <param name="Data">The command; null where what is stored cannot be read.</param>
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
    JsonElement? Data,
    string? Error,
    DateTimeOffset? FailedAt,
    string? Stack
);

internal sealed class ListJobsValidator : AbstractValidator<ListJobs>
{
    public ListJobsValidator(IValidator<TimeSpanOfRows> rows)
    {
        RuleFor(query => query.Rows).SetValidator(rows).OverridePropertyName("");
        RuleFor(query => query.State)
            .Must(state => state is null || OpenJobs.Conditions.ContainsKey(state))
            .WithMessage($"It is one of {string.Join(", ", OpenJobs.Conditions.Keys)}.");
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
            select j.id, j.name, {OpenJobs.State}, j.due_at, j.created_at, j.started_at, j.attempts, j.recurring,
                j.organization_id, j.actor, h.arguments::text, j.error, j.failed_at,
                {(context.Tenant == Tenant.System ? "j.stack" : "null::text")}
            from {OpenJobs.From}
            where j.due_at >= $1 and j.due_at < $2 and (j.due_at, j.id) > ($3, $4) and {OpenJobs.IsOpen}
                {Filters(query)}
            order by j.due_at, j.id
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

    private static string Filters(ListJobs query) =>
        (query.State is { } state ? $"and {OpenJobs.Conditions[state]}" : "")
        + (query.Name is null ? "" : " and j.name = $7")
        + (query.Id is null ? "" : " and j.id = $8");

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
            OpenJobs.Command(row.GetString(10)),
            row.IsDBNull(11) ? null : row.GetString(11),
            row.IsDBNull(12) ? null : row.GetFieldValue<DateTimeOffset>(12),
            row.IsDBNull(13) ? null : row.GetString(13)
        );
}
