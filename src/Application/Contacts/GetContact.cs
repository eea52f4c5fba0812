using System.Text.Json;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Contacts;

/// <summary>One contact as it is now.</summary>
[Requires("contacts:read")]
public sealed record GetContact(long ContactId) : IQuery<FoundContact>;

/// <summary>A contact and where its stream stands.</summary>
/// <param name="Version">For <c>ETag</c> and <c>If-Match</c>.</param>
public sealed record FoundContact(PublishedContact Contact, long Version);

/// <summary>A contact as published.</summary>
/// <param name="Email">Null once the person was erased.</param>
/// <param name="Metadata">The organization's own JSON object.</param>
/// <param name="Subscribed">May be sent the newsletter.</param>
/// <param name="Restricted">The data is kept and not used; nothing is sent, whatever was agreed to.</param>
/// <param name="Erased">The person was erased; what they agreed to stays, without a name.</param>
public sealed record PublishedContact(
    long Id,
    string? Email,
    string? Name,
    JsonElement? Metadata,
    bool Subscribed,
    bool Restricted,
    bool Erased,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    /// <summary>What <see cref="Read"/> reads, of <c>backstage.contacts c</c>.</summary>
    internal const string Columns =
        "c.id, c.email, c.name, c.metadata::text, c.subscribed, c.unsubscribe_token is null, "
        + "c.created_at, c.updated_at, "
        + "exists (select from sending.restrictions r where r.contact_id = c.id and r.lifted_at is null)";

    internal static PublishedContact Read(NpgsqlDataReader row)
    {
        // Only an erased contact has no token; its address column holds a placeholder.
        var erased = row.GetBoolean(5);
        return new PublishedContact(
            row.GetInt32(0),
            erased ? null : row.GetString(1),
            row.TextOrNull(2),
            row.JsonOrNull(3),
            row.GetBoolean(4),
            row.GetBoolean(8),
            erased,
            row.Utc(6),
            row.Utc(7)
        );
    }

    internal static FoundContact ReadWithVersion(NpgsqlDataReader row) => new(Read(row), row.GetInt64(9));
}

internal sealed class GetContactHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetContact, FoundContact>
{
    // The stream's version of the same snapshot as the row: an ETag never belongs to another state.
    private const string Sql = $"""
        select {PublishedContact.Columns}, s.version
        from backstage.contacts c
        join events.mt_streams s on s.id = events.stream_of($1)
        where c.id = $1
        """;

    public async Task<FoundContact> Handle(GetContact query, CancellationToken cancellation)
    {
        var found = await database.Rows(
            context.Tenant,
            Sql,
            PublishedContact.ReadWithVersion,
            cancellation,
            new NpgsqlParameter<long> { TypedValue = query.ContactId }
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("contact");
    }
}

/// <summary>Columns as queries answer them.</summary>
internal static class RowExtensions
{
    /// <summary>Published times are UTC in <c>timestamp</c> columns.</summary>
    public static DateTimeOffset Utc(this NpgsqlDataReader row, int column) =>
        new(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc));

    /// <inheritdoc cref="Utc"/>
    public static DateTimeOffset? UtcOrNull(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.Utc(column);

    public static string? TextOrNull(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    public static Guid? GuidOrNull(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetGuid(column);

    public static JsonElement? JsonOrNull(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : JsonSerializer.Deserialize<JsonElement>(row.GetString(column));
}
