using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>The mails of a campaign, one per recipient, and what became of each.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The id of the last mail of the page before.</param>
/// <param name="Status">Only those that stand there.</param>
/// <param name="InDoubt">Only those that may have gone out twice, or only the others.</param>
[Requires("contacts:read")]
public sealed record ListDeliveries(
    long CampaignId,
    int Limit = 50,
    long After = 0,
    string? Status = null,
    bool? InDoubt = null
) : IQuery<Page<CampaignDelivery>>;

/// <summary>A mail to one recipient.</summary>
/// <param name="Status">queued, sent, delivered, bounced, failed, withheld, cancelled.</param>
/// <param name="ConsentEvent">The log position of the consent that allowed it: why we wrote.</param>
/// <param name="InDoubt">It may have gone out twice, under the same Message-ID.</param>
public sealed record CampaignDelivery(
    long Id,
    long ContactId,
    string Email,
    string? Subject,
    string Status,
    string? ProviderMessageId,
    string? Error,
    long? ConsentEvent,
    bool InDoubt,
    DateTimeOffset? SentAt
);

internal sealed class ListDeliveriesValidator : AbstractValidator<ListDeliveries>
{
    private static readonly string[] Statuses =
    [
        "queued",
        "sent",
        "delivered",
        "bounced",
        "failed",
        "withheld",
        "cancelled",
    ];

    public ListDeliveriesValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<CampaignDelivery>.MostItems);
        RuleFor(query => query.Status).OneOf(Statuses).When(query => query.Status is not null);
    }
}

internal sealed class ListDeliveriesHandler(TenantDatabase database, IMediator mediator, CommandContext context)
    : IRequestHandler<ListDeliveries, Page<CampaignDelivery>>
{
    private const string Sql = """
        select l.id, l.contact_id, l.recipient_email, l.subject, l.status, l.provider_message_id, l.error_message,
            l.consent_event, l.in_doubt, l.sent_at
        from backstage.email_logs l
        where l.campaign_id = $1 and l.id > $2 and ($3::varchar is null or l.status = $3)
            and ($4::boolean is null or l.in_doubt = $4)
        order by l.id
        limit $5
        """;

    public async Task<Page<CampaignDelivery>> Handle(ListDeliveries query, CancellationToken cancellation)
    {
        // Somebody else's campaign answers as one that does not exist.
        await mediator.Send(new GetCampaign(query.CampaignId), cancellation);
        var rows = await database.Rows(
            context.Tenant,
            Sql,
            Read,
            cancellation,
            new NpgsqlParameter<int> { TypedValue = checked((int)query.CampaignId) },
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(query.After, int.MaxValue) },
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Varchar, Value = (object?)query.Status ?? DBNull.Value },
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Boolean, Value = (object?)query.InDoubt ?? DBNull.Value },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        return Page<CampaignDelivery>.Of(rows, query.Limit, mail => mail.Id);
    }

    private static CampaignDelivery Read(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0),
            row.GetInt32(1),
            row.GetString(2),
            row.TextOrNull(3),
            row.GetString(4),
            row.TextOrNull(5),
            row.TextOrNull(6),
            row.IsDBNull(7) ? null : row.GetInt64(7),
            row.GetBoolean(8),
            row.UtcOrNull(9)
        );
}
