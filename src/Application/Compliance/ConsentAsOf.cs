using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Compliance;

/// <summary>Everyone who could be written to at an instant, for one purpose.</summary>
/// <param name="At">UTC, by recorded time.</param>
[Requires("contacts:read")]
public sealed record ConsentAsOf(DateTimeOffset At, string Purpose = Purposes.Newsletter)
    : IQuery<IAsyncEnumerable<ReachableContact>>;

/// <summary>A person who could be written to.</summary>
/// <param name="Email">Null once the person was erased.</param>
/// <param name="ConsentEvent">The log position of the consent that allowed it.</param>
public sealed record ReachableContact(long ContactId, string? Email, long ConsentEvent);

internal sealed class ConsentAsOfValidator : AbstractValidator<ConsentAsOf>
{
    public ConsentAsOfValidator(TimeProvider clock)
    {
        RuleFor(query => (DateTimeOffset?)query.At).NotInTheFuture(clock).OverridePropertyName("At");
        RuleFor(query => query.Purpose).Purpose();
    }
}

internal sealed class ConsentAsOfHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ConsentAsOf, IAsyncEnumerable<ReachableContact>>
{
    // A row's id is its position in the log, and time follows it: the last word is the row with the highest id. Its
    // lowest bit carries whether that word was yes, so that one pass without sorting finds both. The owners are named
    // for their index: the document has none on the organization, and a small one would read everybody's rows.
    private const string Sql = """
        select l.contact_id, c.email, l.last_word >> 1
        from (
            select h.contact_id, max((h.id::bigint << 1) | (h.action <> 'unsubscribe')::int) as last_word
            from backstage.consent_history h
            where h.user_id = any (array(select access.current_owners()))
                and h.timestamp <= $1 and coalesce(h.metadata ->> 'purpose', $2) = $2
            group by h.contact_id
        ) l
        join backstage.contacts c on c.id = l.contact_id
        where l.last_word & 1 = 1
            and not exists (
                select from sending.restrictions r
                where r.contact_id = l.contact_id and r.restricted_at <= $1
                    and (r.lifted_at is null or r.lifted_at > $1)
            )
        """;

    public Task<IAsyncEnumerable<ReachableContact>> Handle(ConsentAsOf query, CancellationToken cancellation) =>
        Task.FromResult(
            database.Stream(
                context.Tenant,
                Sql,
                row => new ReachableContact(
                    row.GetInt32(0),
                    row.GetString(1) is var email && email.EndsWith("@erased.invalid", StringComparison.Ordinal)
                        ? null
                        : email,
                    row.GetInt64(2)
                ),
                cancellation,
                [
                    new NpgsqlParameter
                    {
                        NpgsqlDbType = NpgsqlDbType.Timestamp,
                        Value = DateTime.SpecifyKind(query.At.UtcDateTime, DateTimeKind.Unspecified),
                    },
                    new NpgsqlParameter<string> { TypedValue = query.Purpose },
                ],
                ("work_mem", "256MB")
            )
        );
}
