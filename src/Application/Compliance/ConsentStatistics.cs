using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Domain;

namespace SchemaHub.Application.Compliance;

/// <summary>How many consents and withdrawals there were, by day, purpose, action and source.</summary>
/// <param name="From">First UTC day.</param>
/// <param name="To">Last UTC day, at most 366 days later.</param>
[Requires("contacts:read")]
public sealed record ConsentStatistics(DateOnly From, DateOnly To) : IQuery<IReadOnlyList<ConsentCount>>;

/// <summary>Changes of one day.</summary>
/// <param name="Purpose"><c>*</c> where the change was about every purpose.</param>
public sealed record ConsentCount(DateOnly Day, string Purpose, string Action, string Source, long Changes);

internal sealed class ConsentStatisticsValidator : AbstractValidator<ConsentStatistics>
{
    private const int MostDays = 366;

    public ConsentStatisticsValidator() =>
        RuleFor(query => query.To)
            .Must((query, to) => to >= query.From && to.DayNumber - query.From.DayNumber < MostDays)
            .WithMessage($"The last day is the first day or one of the {MostDays - 1} days after it.");
}

internal sealed class ConsentStatisticsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ConsentStatistics, IReadOnlyList<ConsentCount>>
{
    // An organization makes up its own purposes, so days alone do not bound the answer.
    private const int MostRows = 20_000;

    // The owners are named because the published table has an index on them and, by its document, none on the
    // organization. Owners may change within a day: their counts are one.
    private const string Sql = """
        select s.day, s.purpose, s.action, s.source, sum(s.changes)::bigint
        from backstage.consent_stats s
        where s.user_id = any (array(select access.current_owners())) and s.day >= $1 and s.day <= $2
        group by s.day, s.purpose, s.action, s.source
        order by s.day, s.purpose, s.action, s.source
        limit $3
        """;

    public async Task<IReadOnlyList<ConsentCount>> Handle(ConsentStatistics query, CancellationToken cancellation)
    {
        var rows = await database.Rows(
            context.Tenant,
            Sql,
            row => new ConsentCount(
                DateOnly.FromDateTime(row.GetDateTime(0)),
                row.GetString(1),
                row.GetString(2),
                row.GetString(3),
                row.GetInt64(4)
            ),
            cancellation,
            new NpgsqlParameter<DateTime> { TypedValue = query.From.ToDateTime(TimeOnly.MinValue) },
            new NpgsqlParameter<DateTime> { TypedValue = query.To.ToDateTime(TimeOnly.MinValue) },
            new NpgsqlParameter<int> { TypedValue = MostRows + 1 }
        );
        return rows.Count <= MostRows
            ? rows
            : throw new RuleBrokenException("statistics.too_large", "These are too many counts; ask for fewer days.");
    }
}
