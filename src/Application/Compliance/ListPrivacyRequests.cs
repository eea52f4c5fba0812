using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Compliance;

/// <summary>What persons demanded, newest first.</summary>
/// <param name="Status">Only those in this state.</param>
/// <param name="Overdue">Only those still open whose last day is over.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The last one of the page before.</param>
[Requires("privacy:read")]
public sealed record ListPrivacyRequests(
    string? Status = null,
    bool Overdue = false,
    int Limit = 50,
    Guid? After = null
) : IQuery<PrivacyRequestPage>;

/// <summary>One of them.</summary>
[Requires("privacy:read")]
public sealed record GetPrivacyRequest(Guid Id) : IQuery<PublishedPrivacyRequest>;

/// <summary>A part of the list.</summary>
/// <param name="Next">After which the next page begins; null at the end.</param>
public sealed record PrivacyRequestPage(IReadOnlyList<PublishedPrivacyRequest> Items, Guid? Next)
{
    /// <summary>The page of a list that was read one row further than the page is long.</summary>
    internal static PrivacyRequestPage Of(List<PublishedPrivacyRequest> rows, int limit)
    {
        if (rows.Count <= limit)
            return new PrivacyRequestPage(rows, Next: null);

        rows.RemoveAt(limit);
        return new PrivacyRequestPage(rows, rows[^1].Id);
    }
}

/// <summary>What a person demanded, by when it is to be done, and what became of it.</summary>
/// <param name="Subject"><c>contact</c> or <c>user</c>.</param>
/// <param name="ContactId">Of a contact that was known when it came in.</param>
/// <param name="UserId">Of an account.</param>
/// <param name="Email">While the person is not erased, and was known when it came in.</param>
/// <param name="DueOn">The last day in time, UTC.</param>
/// <param name="Overdue">It is open, and that day is over.</param>
/// <param name="Outcome">What was done, such as <c>erased</c>.</param>
/// <param name="Sha256">Of the archive that was handed out, lower-case hex.</param>
/// <param name="Evidence">The position in the log of what was done.</param>
/// <param name="HasArchive">The archive is there to be fetched.</param>
public sealed record PublishedPrivacyRequest(
    Guid Id,
    Guid? OrganizationId,
    string Type,
    string Subject,
    long? ContactId,
    Guid? UserId,
    string? Email,
    string Status,
    DateTimeOffset RequestedAt,
    DateOnly DueOn,
    bool Overdue,
    string? ExtensionReason,
    DateTimeOffset? EndedAt,
    string? Outcome,
    string? Sha256,
    long? SizeBytes,
    long? Evidence,
    string? RejectionGround,
    string? RejectionReason,
    string? Note,
    bool HasArchive
);

internal sealed class ListPrivacyRequestsValidator : AbstractValidator<ListPrivacyRequests>
{
    public ListPrivacyRequestsValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<object>.MostItems);
        RuleFor(query => query.Status).OneOf(PrivacyWords.Statuses).When(query => query.Status is not null);
    }
}

internal sealed class ListPrivacyRequestsHandler(RecordDatabase database, TimeProvider clock, CommandContext context)
    : IRequestHandler<ListPrivacyRequests, PrivacyRequestPage>,
        IRequestHandler<GetPrivacyRequest, PublishedPrivacyRequest>
{
    public async Task<PrivacyRequestPage> Handle(ListPrivacyRequests query, CancellationToken cancellation)
    {
        var asked = new Conditions();
        // The first parameter of the statement.
        var today = asked.Add(PrivacyRequestRow.Today(clock));
        asked.Require($"r.{asked.Own(context.Tenant)}");
        if (query.After is { } after)
            asked.Require($"r.id < {asked.Add(after)}");

        if (query.Status is { } status)
            asked.Require($"r.status = {asked.Add(status)}");

        if (query.Overdue)
            asked.Require($"r.ended_at is null and r.due_on < {today}");

        var most = asked.Add(query.Limit + 1);
        var rows = await database.Rows.Rows(
            context.Tenant,
            $"{PrivacyRequestRow.Sql} where {asked.Sql} order by r.id desc limit {most}",
            PrivacyRequestRow.Read,
            cancellation,
            asked.Parameters
        );
        return PrivacyRequestPage.Of(rows, query.Limit);
    }

    public async Task<PublishedPrivacyRequest> Handle(GetPrivacyRequest query, CancellationToken cancellation)
    {
        var asked = new Conditions();
        asked.Add(PrivacyRequestRow.Today(clock));
        asked.Require($"r.{asked.Own(context.Tenant)}");
        asked.Require($"r.id = {asked.Add(query.Id)}");
        var found = await database.Rows.Rows(
            context.Tenant,
            $"{PrivacyRequestRow.Sql} where {asked.Sql}",
            PrivacyRequestRow.Read,
            cancellation,
            asked.Parameters
        );
        return found is [var request] ? request : throw new NotFoundException("privacy_request");
    }
}

/// <summary>A row as it is published.</summary>
internal static class PrivacyRequestRow
{
    /// <summary>Today is the first parameter. Names and addresses are those of now: none of the erased.</summary>
    public const string Sql = """
        select r.id, r.organization_id, r.request_type, r.subject_kind, r.contact_id,
            case when r.subject_kind = 'user' then r.subject_id end,
            coalesce(case when c.unsubscribe_token is not null then c.email end, u.email), r.status, r.requested_at,
            r.due_on, r.ended_at is null and r.due_on < $1, r.extension_reason, r.ended_at, r.outcome, r.sha256,
            r.size_bytes, r.evidence, r.rejection_ground, r.rejection_reason, r.note,
            exists (select from access.privacy_archives a where a.request_id = r.id and a.is_complete)
        from access.privacy_requests r
        left join backstage.contacts c on c.id = r.contact_id
        left join access.users u on r.subject_kind = 'user' and u.id = r.subject_id and u.removed_at is null
        """;

    public static DateOnly Today(TimeProvider clock) => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    public static PublishedPrivacyRequest Read(NpgsqlDataReader row) =>
        new(
            row.GetGuid(0),
            row.GuidOrNull(1),
            row.GetString(2),
            row.GetString(3),
            row.IsDBNull(4) ? null : row.GetInt32(4),
            row.GuidOrNull(5),
            row.TextOrNull(6),
            row.GetString(7),
            row.GetFieldValue<DateTimeOffset>(8),
            row.GetFieldValue<DateOnly>(9),
            row.GetBoolean(10),
            row.TextOrNull(11),
            row.IsDBNull(12) ? null : row.GetFieldValue<DateTimeOffset>(12),
            row.TextOrNull(13),
            row.TextOrNull(14),
            row.IsDBNull(15) ? null : row.GetInt64(15),
            row.IsDBNull(16) ? null : row.GetInt64(16),
            row.TextOrNull(17),
            row.TextOrNull(18),
            row.TextOrNull(19),
            row.GetBoolean(20)
        );
}
