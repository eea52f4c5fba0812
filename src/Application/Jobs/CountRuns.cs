using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Jobs;

/// <summary>How many runs ended in each stretch of time: throughput. Stretches without runs are there, too.</summary>
/// <param name="BucketSeconds">How long a stretch is.</param>
[Requires("jobs:read")]
public sealed record CountRuns(DateTimeOffset From, DateTimeOffset To, int BucketSeconds, string? Name = null)
    : IQuery<IReadOnlyList<RunCount>>;

/// <summary>Runs that ended from <paramref name="At"/> on, for as long as a stretch is.</summary>
/// <param name="AverageMs">How long they took, in milliseconds; null where there were none.</param>
public sealed record RunCount(DateTimeOffset At, long Succeeded, long Failed, double? AverageMs, int? LongestMs);

internal sealed class CountRunsValidator : AbstractValidator<CountRuns>
{
    private const int MostBuckets = 1_000;
    private const int LongestBucket = 86_400;

    public CountRunsValidator()
    {
        RuleFor(query => query.BucketSeconds).InclusiveBetween(1, LongestBucket);
        RuleFor(query => query.To).GreaterThan(query => query.From).WithMessage("It lies after from.");
        RuleFor(query => query.BucketSeconds)
            .Must((query, seconds) => (query.To - query.From).TotalSeconds / seconds <= MostBuckets)
            .When(query => query.BucketSeconds > 0)
            .WithMessage($"There are {MostBuckets} stretches at most between from and to.");
    }
}

internal sealed class CountRunsHandler(RecordDatabase database, CommandContext context)
    : IRequestHandler<CountRuns, IReadOnlyList<RunCount>>
{
    private const string Sql = """
        select s.at, count(l.id) filter (where l.status = 'success'), count(l.id) filter (where l.status = 'failed'),
            avg(l.duration_ms)::double precision, max(l.duration_ms)
        from (
            select $1 + n * make_interval(secs => $3) as at
            from generate_series(0, ceil(extract(epoch from $2 - $1) / $3)::integer - 1) n
        ) s
        left join (
            select l.id, l.status, l.duration_ms, date_bin(make_interval(secs => $3), l.executed_at, $1) as at
            from backstage.execution_logs l
            where l.executed_at >= $1 and l.executed_at < $2 and ($4::text is null or l.job_type = $4)
        ) l on l.at = s.at
        group by s.at
        order by s.at
        """;

    public async Task<IReadOnlyList<RunCount>> Handle(CountRuns query, CancellationToken cancellation) =>
        await database.Rows.Rows(
            context.Tenant,
            Sql,
            row => new RunCount(
                new DateTimeOffset(row.GetDateTime(0), TimeSpan.Zero),
                row.GetInt64(1),
                row.GetInt64(2),
                row.IsDBNull(3) ? null : row.GetDouble(3),
                row.IsDBNull(4) ? null : row.GetInt32(4)
            ),
            cancellation,
            Instant(query.From),
            Instant(query.To),
            new NpgsqlParameter<int> { TypedValue = query.BucketSeconds },
            new NpgsqlParameter<string?> { TypedValue = query.Name, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }
        );

    private static NpgsqlParameter Instant(DateTimeOffset at) =>
        new NpgsqlParameter<DateTime> { TypedValue = DateTime.SpecifyKind(at.UtcDateTime, DateTimeKind.Unspecified) };
}
