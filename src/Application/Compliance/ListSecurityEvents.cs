using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Application.Compliance;

/// <summary>What touched access, or looked like an attack, newest first.</summary>
/// <param name="From">It happened then or later.</param>
/// <param name="To">It happened before.</param>
/// <param name="Kind">Such as <c>member_role_changed</c>; all where null.</param>
/// <param name="Severity"><c>info</c>, <c>low</c>, <c>medium</c>, <c>high</c> or <c>critical</c>; all where null.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The last one of the page before.</param>
public sealed record ListSecurityEvents(
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Kind = null,
    string? Severity = null,
    int Limit = 50,
    TimeKey? After = null
) : IQuery<PageOfTime<SecurityNote>>;

/// <summary>Something that touched access.</summary>
/// <param name="UserId">Whom it concerns or who did it, where that is known.</param>
/// <param name="Details">What else is known; nothing secret.</param>
public sealed record SecurityNote(
    Guid Id,
    DateTimeOffset OccurredAt,
    string Kind,
    string Severity,
    Guid? UserId,
    string? Ip,
    string? UserAgent,
    JsonElement? Details
);

internal sealed class ListSecurityEventsValidator : AbstractValidator<ListSecurityEvents>
{
    public static readonly string[] Severities = ["info", "low", "medium", "high", "critical"];

    public ListSecurityEventsValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<SecurityNote>.MostItems);
        RuleFor(query => query.To)
            .GreaterThan(query => query.From)
            .When(query => query.From is not null && query.To is not null)
            .WithMessage("It lies after from.");
        RuleFor(query => query.Kind).PlainText(100);
        RuleFor(query => query.Severity).OneOf(Severities).When(query => query.Severity is not null);
    }
}

internal sealed class ListSecurityEventsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListSecurityEvents, PageOfTime<SecurityNote>>
{
    private const string Sql = """
        select e.id, e.occurred_at, e.event_type, e.severity, e.user_id, host(e.ip_address), e.user_agent,
            e.details::text
        from podcast.security_events e
        where e.tenant_id = $1 and e.occurred_at >= $2 and e.occurred_at < $3 and (e.occurred_at, e.id) < ($4, $5)
            and ($6::text is null or e.event_type = $6) and ($7::text is null or e.severity = $7)
        order by e.tenant_id desc, e.occurred_at desc, e.id desc
        limit $8
        """;

    public async Task<PageOfTime<SecurityNote>> Handle(ListSecurityEvents query, CancellationToken cancellation)
    {
        var last = new Guid([.. Enumerable.Repeat(byte.MaxValue, 16)]);
        var after = query.After ?? new TimeKey(DateTimeOffset.MaxValue, last);
        var rows = await database.Rows(
            context.Tenant,
            Sql,
            Read,
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = context.OrganizationId },
            Instant(query.From ?? DateTimeOffset.MinValue),
            Instant(query.To ?? DateTimeOffset.MaxValue),
            Instant(after.At),
            new NpgsqlParameter<Guid> { TypedValue = after.Id },
            Text(query.Kind),
            Text(query.Severity),
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        if (rows.Count <= query.Limit)
            return new PageOfTime<SecurityNote>(rows, Next: null);

        rows.RemoveAt(query.Limit);
        return new PageOfTime<SecurityNote>(rows, new TimeKey(rows[^1].OccurredAt, rows[^1].Id));
    }

    private static SecurityNote Read(NpgsqlDataReader row) =>
        new(
            row.GetGuid(0),
            row.GetFieldValue<DateTimeOffset>(1),
            row.GetString(2),
            row.GetString(3),
            row.IsDBNull(4) ? null : row.GetGuid(4),
            row.TextOrNull(5),
            row.TextOrNull(6),
            row.JsonOrNull(7)
        );

    private static NpgsqlParameter<DateTimeOffset> Instant(DateTimeOffset at) =>
        new() { TypedValue = at.ToUniversalTime() };

    private static NpgsqlParameter Text(string? value) =>
        new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };
}
