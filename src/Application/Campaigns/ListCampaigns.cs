using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>The campaigns, newest first.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="Before">The id of the last campaign of the page before; 0 for the first page.</param>
/// <param name="Status">Only those that stand there.</param>
[Requires("campaigns:read")]
public sealed record ListCampaigns(int Limit = 50, long Before = 0, string? Status = null)
    : IQuery<Page<PublishedCampaign>>;

internal sealed class ListCampaignsValidator : AbstractValidator<ListCampaigns>
{
    private static readonly string[] Statuses = ["draft", "scheduled", "sending", "paused", "sent", "cancelled"];

    public ListCampaignsValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedCampaign>.MostItems);
        RuleFor(query => query.Status).OneOf(Statuses).When(query => query.Status is not null);
    }
}

internal sealed class ListCampaignsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListCampaigns, Page<PublishedCampaign>>
{
    // In the order of idx_email_campaigns_organization_id_id, as contacts are listed.
    private const string Sql = $"""
        select {PublishedCampaign.Columns}
        from {PublishedCampaign.Tables}
        where c.id::bigint < $1 and ($2::varchar is null or c.status = $2)
        order by c.id::bigint desc
        limit $3
        """;

    public async Task<Page<PublishedCampaign>> Handle(ListCampaigns query, CancellationToken cancellation)
    {
        var rows = await database.Rows(
            context.Tenant,
            Sql,
            PublishedCampaign.Read,
            cancellation,
            new NpgsqlParameter<long> { TypedValue = query.Before == 0 ? long.MaxValue : query.Before },
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Varchar, Value = (object?)query.Status ?? DBNull.Value },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        return Page<PublishedCampaign>.Of(rows, query.Limit, campaign => campaign.Id);
    }
}
