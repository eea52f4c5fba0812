using System.Text.Json;
using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>How many people a campaign would go to now.</summary>
/// <param name="Filter">A JSON object that a recipient's metadata contains; null for everybody.</param>
/// <param name="Most">Counting ends there.</param>
[Requires("campaigns:read")]
public sealed record CountRecipients(
    string Purpose = Purposes.Newsletter,
    JsonElement? Filter = null,
    int Most = int.MaxValue
) : IQuery<long>;

internal sealed class CountRecipientsValidator : AbstractValidator<CountRecipients>
{
    public CountRecipientsValidator()
    {
        RuleFor(query => query.Purpose).NotNull().Purpose();
        RuleFor(query => query.Filter).Metadata().WithName("Filter");
    }
}

internal sealed class CountRecipientsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<CountRecipients, long>
{
    // Per contact, since most questions end at the first one that is found.
    private const string Sql = """
        select count(*)
        from (
            select
            from backstage.contacts c
            cross join lateral (
                select max((h.id::bigint << 1) | (h.action <> 'unsubscribe')::int) as last_word
                from backstage.consent_history h
                where h.contact_id = c.id and coalesce(h.metadata ->> 'purpose', $1) = $1
            ) l
            where not exists (
                    select from sending.restrictions r where r.contact_id = c.id and r.lifted_at is null
                )
                and c.unsubscribe_token is not null and ($2::jsonb is null or c.metadata @> $2) and l.last_word & 1 = 1
            limit $3
        ) r
        """;

    public async Task<long> Handle(CountRecipients query, CancellationToken cancellation)
    {
        var counted = await database.Rows(
            context.Tenant,
            Sql,
            row => row.GetInt64(0),
            cancellation,
            new NpgsqlParameter<string> { TypedValue = query.Purpose },
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlDbType.Jsonb,
                Value = (object?)query.Filter?.GetRawText() ?? DBNull.Value,
            },
            new NpgsqlParameter<int> { TypedValue = query.Most }
        );
        return counted[0];
    }
}
