using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>One template as it is now.</summary>
[Requires("campaigns:read")]
public sealed record GetTemplate(long Id) : IQuery<FoundTemplate>;

/// <summary>A template and where its stream stands.</summary>
/// <param name="Version">For <c>ETag</c> and <c>If-Match</c>.</param>
public sealed record FoundTemplate(PublishedTemplate Template, long Version);

/// <summary>A template as published.</summary>
public sealed record PublishedTemplate(
    long Id,
    string Name,
    string Subject,
    string? HtmlContent,
    string? MjmlContent,
    bool IsDraft,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    /// <summary>What <see cref="Read"/> reads, of <c>backstage.email_templates t</c>.</summary>
    internal const string Columns =
        "t.id, t.name, t.subject, t.html_content, t.mjml_content, t.is_draft, t.created_at, t.updated_at";

    internal static PublishedTemplate Read(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0),
            row.GetString(1),
            row.GetString(2),
            row.TextOrNull(3),
            row.TextOrNull(4),
            row.GetBoolean(5),
            row.Utc(6),
            row.Utc(7)
        );
}

internal sealed class GetTemplateHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetTemplate, FoundTemplate>
{
    // The stream's version of the same snapshot as the row: an ETag never belongs to another state.
    private const string Sql = $"""
        select {PublishedTemplate.Columns}, s.version
        from backstage.email_templates t
        join events.mt_streams s on s.id = events.stream_of($1)
        where t.id = $1
        """;

    public async Task<FoundTemplate> Handle(GetTemplate query, CancellationToken cancellation)
    {
        var found = await database.Rows(
            context.Tenant,
            Sql,
            row => new FoundTemplate(PublishedTemplate.Read(row), row.GetInt64(8)),
            cancellation,
            new NpgsqlParameter<long> { TypedValue = query.Id }
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("template");
    }
}
