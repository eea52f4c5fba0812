using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>The templates in the order in which they came.</summary>
/// <param name="Limit">1 to 200; a page of very long templates holds fewer.</param>
/// <param name="After">The id of the last template of the page before.</param>
[Requires("campaigns:read")]
public sealed record ListTemplates(int Limit = 50, long After = 0) : IQuery<Page<PublishedTemplate>>;

internal sealed class ListTemplatesValidator : AbstractValidator<ListTemplates>
{
    public ListTemplatesValidator() =>
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedTemplate>.MostItems);
}

internal sealed class ListTemplatesHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListTemplates, Page<PublishedTemplate>>
{
    // Two hundred templates of two megabytes are no page.
    private const int MostCharacters = 4 * 1024 * 1024;

    // In the order of idx_email_templates_organization_id_id, as contacts are listed.
    private const string Sql = $"""
        select {PublishedTemplate.Columns}
        from backstage.email_templates t
        where t.id::bigint > $1
        order by t.id::bigint
        limit $2
        """;

    public async Task<Page<PublishedTemplate>> Handle(ListTemplates query, CancellationToken cancellation)
    {
        NpgsqlParameter[] parameters =
        [
            new NpgsqlParameter<long> { TypedValue = query.After },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 },
        ];
        var (rows, characters) = (new List<PublishedTemplate>(), 0L);
        await foreach (
            var row in database.Stream(context.Tenant, Sql, PublishedTemplate.Read, cancellation, parameters)
        )
        {
            if (rows.Count == query.Limit || (characters > MostCharacters && rows.Count > 0))
                return new Page<PublishedTemplate>(rows, rows[^1].Id);

            rows.Add(row);
            characters += (row.HtmlContent?.Length ?? 0) + (row.MjmlContent?.Length ?? 0);
        }

        return new Page<PublishedTemplate>(rows, Next: null);
    }
}
