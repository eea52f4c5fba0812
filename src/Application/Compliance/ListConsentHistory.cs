using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Compliance;

/// <summary>Every consent and withdrawal of one contact, oldest first.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The id of the last entry of the page before.</param>
[Requires("contacts:read")]
public sealed record ListConsentHistory(long ContactId, int Limit = 50, long After = 0) : IQuery<Page<ConsentEntry>>;

/// <summary>A consent or a withdrawal, as published.</summary>
/// <param name="Id">The log position of the event behind it.</param>
/// <param name="Action"><c>subscribe</c>, <c>unsubscribe</c> or <c>resubscribe</c>.</param>
/// <param name="RecordedAt">UTC.</param>
/// <param name="Ip">Null where none was seen, and once the person was erased.</param>
/// <param name="Metadata">Purpose, basis, method, wording, language, reason; evidence until erasure.</param>
public sealed record ConsentEntry(
    long Id,
    string Action,
    DateTimeOffset RecordedAt,
    string? Source,
    string? Ip,
    string? UserAgent,
    JsonElement? Metadata
);

internal sealed class ListConsentHistoryValidator : AbstractValidator<ListConsentHistory>
{
    public ListConsentHistoryValidator() =>
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<ConsentEntry>.MostItems);
}

internal sealed class ListConsentHistoryHandler(
    TenantDatabase database,
    IStreamDirectory streams,
    CommandContext context
) : IRequestHandler<ListConsentHistory, Page<ConsentEntry>>
{
    private const string Sql = """
        select h.id, h.action, h.timestamp, h.source, h.ip_address, h.user_agent, h.metadata::text
        from backstage.consent_history h
        where h.contact_id = $1 and h.id > $2
        order by h.id
        limit $3
        """;

    public async Task<Page<ConsentEntry>> Handle(ListConsentHistory query, CancellationToken cancellation)
    {
        // A contact that never said anything has an empty history; one that is not there has none.
        await streams.Contact(context, query.ContactId, cancellation);
        var rows = await database.Rows(
            context.Tenant,
            Sql,
            row => new ConsentEntry(
                row.GetInt32(0),
                row.GetString(1),
                row.Utc(2),
                row.TextOrNull(3),
                row.TextOrNull(4),
                row.TextOrNull(5),
                row.JsonOrNull(6)
            ),
            cancellation,
            new NpgsqlParameter<long> { TypedValue = query.ContactId },
            new NpgsqlParameter<long> { TypedValue = query.After },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        return Page<ConsentEntry>.Of(rows, query.Limit, entry => entry.Id);
    }
}
