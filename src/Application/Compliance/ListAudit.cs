using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Compliance;

/// <summary>Which entries of the audit are looked for; what is null is not asked for.</summary>
/// <param name="From">Recorded then or later.</param>
/// <param name="To">Recorded before.</param>
/// <param name="Actor">Who did it, such as <c>user:…</c>, <c>key:…</c>, <c>operator</c>.</param>
/// <param name="ResourceType">What kind of thing was changed, such as <c>member</c>.</param>
/// <param name="ResourceId">Which thing.</param>
/// <param name="Action"><c>create</c>, <c>update</c> or <c>delete</c>.</param>
public sealed record AuditSearch(
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    string? Actor = null,
    string? ResourceType = null,
    Guid? ResourceId = null,
    string? Action = null
);

/// <summary>Who did what, newest first.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The id of the last entry of the page before; 0 for the first page.</param>
[Requires("audit:read")]
public sealed record ListAudit(AuditSearch Search, int Limit = 50, long After = 0) : IQuery<Page<AuditEntry>>;

/// <summary>The same as a whole, one by one.</summary>
[Requires("audit:read")]
public sealed record ExportAudit(AuditSearch Search) : IQuery<IAsyncEnumerable<AuditEntry>>;

/// <summary>One fact: who did what, from what to what, from where and when.</summary>
/// <param name="Id">The position in the log of the event behind it.</param>
/// <param name="Event">The stored name of the event.</param>
/// <param name="ResourceVersion">The thing's version after it.</param>
/// <param name="Ip">Null once the account of whoever did it was removed.</param>
/// <param name="Before">The values that differ, as they were; null where the thing is new.</param>
/// <param name="After">The same as they are since; null where the thing is gone.</param>
public sealed record AuditEntry(
    long Id,
    DateTimeOffset RecordedAt,
    string Event,
    string Action,
    string ResourceType,
    Guid ResourceId,
    long ResourceVersion,
    AuditActor Actor,
    string? Ip,
    string? UserAgent,
    JsonElement? Before,
    JsonElement? After
);

/// <summary>Who did it.</summary>
/// <param name="Id">Names no person.</param>
/// <param name="Name">A member's name or a key's, while there is one.</param>
/// <param name="Email">A member's address, while the account exists and belongs to the organization.</param>
public sealed record AuditActor(string Id, Guid? UserId, string? Name, string? Email);

internal sealed class AuditSearchValidator : AbstractValidator<AuditSearch>
{
    public AuditSearchValidator()
    {
        RuleFor(search => search.To)
            .GreaterThan(search => search.From)
            .When(search => search.From is not null && search.To is not null)
            .WithMessage("It lies after from.");
        RuleFor(search => search.Actor).PlainText(100);
        RuleFor(search => search.ResourceType).PlainText(100);
        RuleFor(search => search.Action)
            .OneOf(["create", "update", "delete"])
            .When(search => search.Action is not null);
    }
}

internal sealed class ListAuditValidator : AbstractValidator<ListAudit>
{
    public ListAuditValidator(IValidator<AuditSearch> search)
    {
        RuleFor(query => query.Search).SetValidator(search).OverridePropertyName("");
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<AuditEntry>.MostItems);
    }
}

internal sealed class ExportAuditValidator : AbstractValidator<ExportAudit>
{
    public ExportAuditValidator(IValidator<AuditSearch> search) =>
        RuleFor(query => query.Search).SetValidator(search).OverridePropertyName("");
}

internal sealed class ListAuditHandler(RecordDatabase database, CommandContext context)
    : IRequestHandler<ListAudit, Page<AuditEntry>>,
        IRequestHandler<ExportAudit, IAsyncEnumerable<AuditEntry>>
{
    public async Task<Page<AuditEntry>> Handle(ListAudit query, CancellationToken cancellation)
    {
        var (sql, parameters) = AuditSql.Of(context.Tenant, query.Search, query.After, query.Limit + 1);
        var rows = await database.Rows.Rows(context.Tenant, sql, AuditSql.Read, cancellation, parameters);
        return Page<AuditEntry>.Of(rows, query.Limit, entry => entry.Id);
    }

    public Task<IAsyncEnumerable<AuditEntry>> Handle(ExportAudit query, CancellationToken cancellation)
    {
        var (sql, parameters) = AuditSql.Of(context.Tenant, query.Search, after: 0, limit: null);
        return Task.FromResult(database.Rows.Stream(context.Tenant, sql, AuditSql.Read, cancellation, parameters));
    }
}

/// <summary>The statement of a search.</summary>
internal static class AuditSql
{
    private const string Columns = """
        e.sequence, e.recorded_at, e.event, e.action, e.resource_type, e.resource_id, e.resource_version,
            e.actor, e.user_id, coalesce(u.name, k.name), u.email, host(e.ip_address), e.user_agent, e.changes::text
        """;

    // Whoever left the organization is known by the id alone: the account is no business of it any more.
    private const string From = """
        access.audit_entries e
        left join access.users u on u.id = e.user_id and u.removed_at is null
        left join access.api_keys k
            on k.id = case when e.actor ~ '^key:[0-9a-f-]{36}$' then substr(e.actor, 5)::uuid end
        """;

    public static (string Sql, NpgsqlParameter[] Parameters) Of(
        string tenant,
        AuditSearch search,
        long after,
        int? limit
    )
    {
        var asked = new Conditions();
        var own = asked.Own(tenant);
        asked.Require($"e.{own}");
        asked.Require("e.is_change");
        if (after > 0)
            asked.Require($"e.sequence < {asked.Add(after)}");

        if (search.From is { } from)
            asked.Require($"e.sequence >= {FirstSince(own, asked.Add(from.ToUniversalTime()))}");

        if (search.To is { } to)
            asked.Require($"e.sequence <= {LastBefore(own, asked.Add(to.ToUniversalTime()))}");

        if (search.Actor is { } actor)
            asked.Require($"e.actor = {asked.Add(actor)}");

        if (search.ResourceType is { } type)
            asked.Require($"e.resource_type = {asked.Add(type)}");

        if (search.ResourceId is { } resource)
            asked.Require($"e.resource_id = {asked.Add(resource)}");

        if (search.Action is { } action)
            asked.Require($"e.action = {asked.Add(action.ToUpperInvariant())}");

        var most = limit is { } rows ? $" limit {asked.Add(rows)}" : "";
        return ($"select {Columns} from {From} where {asked.Sql} order by e.sequence desc{most}", asked.Parameters);
    }

    // Time follows the position, so that the instants become positions, found once.
    private static string FirstSince(string own, string at) =>
        $"""
            (
                select f.sequence from access.audit_entries f
                where f.{own} and f.recorded_at >= {at}
                order by f.recorded_at, f.sequence
                limit 1
            )
            """;

    private static string LastBefore(string own, string at) =>
        $"""
            (
                select f.sequence from access.audit_entries f
                where f.{own} and f.recorded_at < {at}
                order by f.recorded_at desc, f.sequence desc
                limit 1
            )
            """;

    public static AuditEntry Read(NpgsqlDataReader row)
    {
        var changes = JsonSerializer.Deserialize<JsonElement>(row.GetString(13));
        return new AuditEntry(
            row.GetInt64(0),
            row.GetFieldValue<DateTimeOffset>(1),
            row.GetString(2),
            row.GetString(3).ToLowerInvariant(),
            row.GetString(4),
            row.GetGuid(5),
            row.GetInt64(6),
            new AuditActor(row.GetString(7), row.GuidOrNull(8), row.TextOrNull(9), row.TextOrNull(10)),
            row.TextOrNull(11),
            row.TextOrNull(12),
            Part(changes, "before"),
            Part(changes, "after")
        );
    }

    private static JsonElement? Part(JsonElement changes, string name) =>
        changes.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;
}

/// <summary>
/// What a search asks for, as SQL and its parameters. It holds only what was asked for: a condition that may be absent
/// keeps PostgreSQL from the index of the one that is there.
/// </summary>
internal sealed class Conditions
{
    private readonly List<string> _conditions = [];
    private readonly List<NpgsqlParameter> _parameters = [];

    /// <summary>All of them, for after <c>where</c>.</summary>
    public string Sql => string.Join(" and ", _conditions);

    /// <summary>The values, in their order.</summary>
    public NpgsqlParameter[] Parameters => [.. _parameters];

    /// <summary>One more condition.</summary>
    public void Require(string condition) => _conditions.Add(condition);

    /// <summary>A value, by the name it has in SQL.</summary>
    public string Add<T>(T value)
    {
        _parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return $"${_parameters.Count}";
    }

    /// <summary>
    /// The organization's rows, or the installation's own. Named for the index, also where row-level security says the
    /// same.
    /// </summary>
    public string Own(string tenant) =>
        tenant == Tenant.System ? "organization_id is null" : $"organization_id = {Add(Guid.Parse(tenant))}";
}
