using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Compliance;

/// <summary>What touched access, or looked like an attack, newest first.</summary>
/// <param name="From">It was recorded then or later.</param>
/// <param name="To">It was recorded before.</param>
/// <param name="Kind">Such as <c>member_role_changed</c>; all where null.</param>
/// <param name="Severity">
/// <c>info</c>, <c>low</c>, <c>medium</c>, <c>high</c> or <c>critical</c>; all where null.
/// </param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The id of the last one of the page before; 0 for the first page.</param>
[Requires("audit:read")]
public sealed record ListSecurityEvents(
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Kind = null,
    string? Severity = null,
    int Limit = 50,
    long After = 0
) : IQuery<Page<SecurityEntry>>;

/// <summary>Something that touched access.</summary>
/// <param name="Id">The position in the log of the event behind it.</param>
/// <param name="UserId">Whom it concerns or who did it, where that is known.</param>
/// <param name="Details">What else is known; nothing secret.</param>
public sealed record SecurityEntry(
    long Id,
    DateTimeOffset RecordedAt,
    string Kind,
    string Severity,
    string Actor,
    Guid? UserId,
    string? Ip,
    string? UserAgent,
    JsonElement Details
);

internal sealed class ListSecurityEventsValidator : AbstractValidator<ListSecurityEvents>
{
    private static readonly string[] Severities = ["info", "low", "medium", "high", "critical"];

    public ListSecurityEventsValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<SecurityEntry>.MostItems);
        RuleFor(query => query.To)
            .GreaterThan(query => query.From)
            .When(query => query.From is not null && query.To is not null)
            .WithMessage("It lies after from.");
        RuleFor(query => query.Kind).PlainText(100);
        RuleFor(query => query.Severity).OneOf(Severities).When(query => query.Severity is not null);
    }
}

internal sealed class ListSecurityEventsHandler(RecordDatabase database, CommandContext context)
    : IRequestHandler<ListSecurityEvents, Page<SecurityEntry>>
{
    private const string Columns = """
        e.sequence, e.recorded_at, e.kind, e.severity, e.actor, coalesce(e.concerns_user_id, e.user_id),
            host(e.ip_address), e.user_agent, e.changes::text
        """;

    public async Task<Page<SecurityEntry>> Handle(ListSecurityEvents query, CancellationToken cancellation)
    {
        var asked = new Conditions();
        asked.Require($"e.{asked.Own(context.Tenant)}");
        asked.Require("e.severity is not null");
        if (query.After > 0)
            asked.Require($"e.sequence < {asked.Add(query.After)}");

        if (query.From is { } from)
            asked.Require($"e.recorded_at >= {asked.Add(from.ToUniversalTime())}");

        if (query.To is { } to)
            asked.Require($"e.recorded_at < {asked.Add(to.ToUniversalTime())}");

        if (query.Kind is { } kind)
            asked.Require($"e.kind = {asked.Add(kind)}");

        if (query.Severity is { } severity)
            asked.Require($"e.severity = {asked.Add(severity)}");

        var most = asked.Add(query.Limit + 1);
        var rows = await database.Rows.Rows(
            context.Tenant,
            $"select {Columns} from access.audit_entries e where {asked.Sql} order by e.sequence desc limit {most}",
            Read,
            cancellation,
            asked.Parameters
        );
        return Page<SecurityEntry>.Of(rows, query.Limit, entry => entry.Id);
    }

    private static SecurityEntry Read(NpgsqlDataReader row) =>
        new(
            row.GetInt64(0),
            row.GetFieldValue<DateTimeOffset>(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            row.GuidOrNull(5),
            row.TextOrNull(6),
            row.TextOrNull(7),
            JsonSerializer.Deserialize<JsonElement>(row.GetString(8))
        );
}
