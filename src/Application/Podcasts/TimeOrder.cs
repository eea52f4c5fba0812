using FluentValidation;
using Npgsql;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Podcasts;

/// <summary>A part of a time series, oldest first: by time, then by id.</summary>
/// <param name="From">Where it begins; at the oldest row where null.</param>
/// <param name="To">Where it ends, not included; at the newest row where null.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The last row of the page before.</param>
public sealed record TimeSpanOfRows(
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    int Limit = 50,
    TimeKey? After = null
);

/// <summary>A question for a part of a time series.</summary>
public interface ISeriesQuery<TRow> : IQuery<PageOfTime<TRow>>
{
    /// <summary>Which part.</summary>
    TimeSpanOfRows Rows { get; }
}

/// <summary>A row's place in time.</summary>
public sealed record TimeKey(DateTimeOffset At, Guid Id);

/// <summary>A part of a list in the order of time.</summary>
/// <param name="Next">Where the next page begins, or null at the end.</param>
public sealed record PageOfTime<T>(IReadOnlyList<T> Items, TimeKey? Next);

internal sealed class TimeSpanOfRowsValidator : AbstractValidator<TimeSpanOfRows>
{
    public TimeSpanOfRowsValidator()
    {
        RuleFor(rows => rows.Limit).InclusiveBetween(1, Page<object>.MostItems);
        RuleFor(rows => rows.To)
            .GreaterThan(rows => rows.From)
            .When(rows => rows.From is not null && rows.To is not null)
            .WithMessage("It lies after from.");
    }
}

/// <summary>Reads parts of time series.</summary>
internal static class TimeOrder
{
    /// <summary>The query's parameters begin with: from, to, time and id of after, limit.</summary>
    /// <param name="more">What else the rows must be.</param>
    public static async Task<PageOfTime<T>> Page<T>(
        this TenantDatabase database,
        string tenant,
        string sql,
        ISeriesQuery<T> query,
        Func<NpgsqlDataReader, T> map,
        Func<T, TimeKey> keyOf,
        CancellationToken cancellation,
        params NpgsqlParameter[] more
    )
    {
        var wanted = query.Rows;
        var from = (wanted.From ?? DateTimeOffset.MinValue).ToUniversalTime();
        var after = wanted.After ?? new TimeKey(DateTimeOffset.MinValue, Guid.Empty);
        var rows = await database.Rows(
            tenant,
            sql,
            map,
            cancellation,
            [
                // The later of both is where the index is entered.
                new NpgsqlParameter<DateTimeOffset> { TypedValue = after.At > from ? after.At : from },
                new NpgsqlParameter<DateTimeOffset>
                {
                    TypedValue = (wanted.To ?? DateTimeOffset.MaxValue).ToUniversalTime(),
                },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = after.At },
                new NpgsqlParameter<Guid> { TypedValue = after.Id },
                new NpgsqlParameter<int> { TypedValue = wanted.Limit + 1 },
                .. more,
            ]
        );
        if (rows.Count <= wanted.Limit)
            return new PageOfTime<T>(rows, Next: null);

        rows.RemoveAt(wanted.Limit);
        return new PageOfTime<T>(rows, keyOf(rows[^1]));
    }
}
