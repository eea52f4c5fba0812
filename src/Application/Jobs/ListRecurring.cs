using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Jobs;

/// <summary>What recurs, by name: the operator's is all.</summary>
/// <param name="Limit">1 to 200.</param>
[Requires("jobs:read")]
public sealed record ListRecurring(int Limit = 50, RecurringKey? After = null) : IQuery<PageOfRecurring>;

/// <summary>A recurring job's place in the list.</summary>
public sealed record RecurringKey(string Group, string Name);

/// <summary>A part of the list.</summary>
/// <param name="Next">Where the next page begins, or null at the end.</param>
public sealed record PageOfRecurring(IReadOnlyList<RecurringJob> Items, RecurringKey? Next);

/// <summary>A recurring job.</summary>
/// <param name="Job">The stored name of its command.</param>
/// <param name="Cron">Quartz's form, seconds first, UTC.</param>
/// <param name="NextAt">When it is due; null where it never is again.</param>
/// <param name="Organization">Whose it is; null for the installation's own.</param>
public sealed record RecurringJob(
    string Name,
    string Job,
    string Cron,
    bool IsPaused,
    DateTimeOffset? NextAt,
    DateTimeOffset? PreviousAt,
    Guid? Organization
);

internal sealed class ListRecurringValidator : AbstractValidator<ListRecurring>
{
    public ListRecurringValidator() => RuleFor(query => query.Limit).InclusiveBetween(1, Page<object>.MostItems);
}

internal sealed class ListRecurringHandler(OperatorDatabase database, CommandContext context)
    : IRequestHandler<ListRecurring, PageOfRecurring>
{
    // Quartz's tables know no tenants, so nobody but the service reads them, and the group is the caller's here.
    private const string Sql = """
        select t.trigger_group, t.trigger_name, j.description, c.cron_expression, t.trigger_state like 'PAUSED%',
            t.next_fire_time, t.prev_fire_time
        from jobs.qrtz_triggers t
        join jobs.qrtz_cron_triggers c using (sched_name, trigger_name, trigger_group)
        join jobs.qrtz_job_details j using (sched_name, job_name, job_group)
        where (t.trigger_group, t.trigger_name) > ($1, $2) and ($4::text is null or t.trigger_group = $4)
        order by t.trigger_group, t.trigger_name
        limit $3
        """;

    public async Task<PageOfRecurring> Handle(ListRecurring query, CancellationToken cancellation)
    {
        var rows = await database.Rows.Rows(
            Tenant.System,
            Sql,
            row =>
                (
                    Key: new RecurringKey(row.GetString(0), row.GetString(1)),
                    Job: new RecurringJob(
                        row.GetString(1),
                        row.GetString(2),
                        row.GetString(3),
                        row.GetBoolean(4),
                        Instant(row, 5),
                        Instant(row, 6),
                        Guid.TryParse(row.GetString(0), out var organization) ? organization : null
                    )
                ),
            cancellation,
            new NpgsqlParameter<string> { TypedValue = query.After?.Group ?? "" },
            new NpgsqlParameter<string> { TypedValue = query.After?.Name ?? "" },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 },
            new NpgsqlParameter<string?>
            {
                TypedValue = context.Tenant == Tenant.System ? null : context.Tenant,
                NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text,
            }
        );
        var items = rows.Take(query.Limit).Select(row => row.Job).ToList();
        return new PageOfRecurring(items, rows.Count > query.Limit ? rows[query.Limit - 1].Key : null);
    }

    // Quartz keeps .NET's ticks.
    private static DateTimeOffset? Instant(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) || row.GetInt64(column) <= 0
            ? null
            : new DateTimeOffset(row.GetInt64(column), TimeSpan.Zero);
}
