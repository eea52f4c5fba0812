using System.Globalization;
using Npgsql;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Infrastructure.Podcasts;

/// <summary>What keeps the time series: partitions made and dropped, and what is counted of them.</summary>
internal sealed class SeriesWork(TimeProvider clock, TelemetryOptions options)
{
    private const int MonthsAhead = 3;
    private const int RowsAtOnce = 10_000;

    // As documented: counted again first, so that what is shown now never waits behind what came late.
    private static readonly TimeSpan HourlyLookback = TimeSpan.FromHours(3);
    private static readonly TimeSpan DailyLookback = TimeSpan.FromDays(3);

    /// <summary>Partitions for the months to come, and the end of those whose time is over.</summary>
    public async Task<string> KeepPartitions(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var made = await Scalar<int>(
            connection,
            "select podcast.make_partitions($1, $2)",
            cancellation,
            Value(today),
            Value(today.AddMonths(MonthsAhead))
        );
        // Dropping counts what is left to count, while everybody waits: so there should be next to nothing.
        await RefreshHourly(connection, cancellation);
        await RefreshDaily(connection, cancellation);
        var dropped = 0;
        foreach (
            var (table, months) in new[]
            {
                ("attribution_events", options.AttributionEventsMonths),
                ("listener_events", options.ListenerEventsMonths),
                ("listener_metrics", options.ListenerMetricsMonths),
            }
        )
            dropped += await Scalar<int>(
                connection,
                "select podcast.drop_partitions_before($1, $2)",
                cancellation,
                Value(table),
                Value(today.AddMonths(-months))
            );

        var deleted =
            await DeleteBefore(connection, "access_logs", today.AddMonths(-options.AccessLogsMonths), cancellation)
            + await DeleteBefore(connection, "api_usage", today.AddMonths(-options.ApiUsageMonths), cancellation);
        return Text($"{made} partitions made, {dropped} dropped; {deleted} rows of logs deleted.");
    }

    /// <summary>Counts again every hour that was touched.</summary>
    public Task<string> RefreshHourly(NpgsqlConnection connection, CancellationToken cancellation) =>
        Refresh(
            connection,
            "hourly",
            Floor(clock.GetUtcNow() - HourlyLookback, TimeSpan.FromHours(1)),
            TimeSpan.FromDays(1),
            cancellation
        );

    /// <summary>Counts again every day that was touched.</summary>
    public Task<string> RefreshDaily(NpgsqlConnection connection, CancellationToken cancellation) =>
        Refresh(
            connection,
            "daily",
            Floor(clock.GetUtcNow() - DailyLookback, TimeSpan.FromDays(1)),
            TimeSpan.FromDays(31),
            cancellation
        );

    /// <summary>Brings <c>podcast.metrics_daily</c> up to date.</summary>
    public async Task<string> RefreshMetrics(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select podcast.refresh_metrics_daily()", connection)
        {
            CommandTimeout = 0,
        };
        await command.ExecuteNonQueryAsync(cancellation);
        return "metrics_daily is up to date.";
    }

    /// <summary>
    /// The documented window, then whatever older was touched, a slice a transaction: a backfill of two years holds
    /// nobody up, and a kill loses one slice. One way through, so that it ends although more keeps coming.
    /// </summary>
    private static async Task<string> Refresh(
        NpgsqlConnection connection,
        string rollup,
        DateTimeOffset since,
        TimeSpan slice,
        CancellationToken cancellation
    )
    {
        var recent = await Buckets(connection, rollup, since, DateTimeOffset.MaxValue, cancellation);
        var late = 0L;
        for (var from = DateTimeOffset.MinValue; await FirstTouched(connection, rollup, from, since) is { } first; )
        {
            from = first + slice < since ? first + slice : since;
            late += await Buckets(connection, rollup, first, from, cancellation);
        }

        return Text($"{recent + late} counted again, {late} of them late.");
    }

    private static Task<long> Buckets(
        NpgsqlConnection connection,
        string rollup,
        DateTimeOffset since,
        DateTimeOffset until,
        CancellationToken cancellation
    ) =>
        Scalar<long>(
            connection,
            $"select podcast.refresh_listener_events_{rollup}($1, $2)",
            cancellation,
            Value(since),
            Value(until)
        );

    private static async Task<DateTimeOffset?> FirstTouched(
        NpgsqlConnection connection,
        string rollup,
        DateTimeOffset from,
        DateTimeOffset until
    )
    {
        var first = await Scalar<object>(
            connection,
            """
            select min(t.bucket) from podcast.listener_events_touched t
            where t.rollup = $1 and t.bucket >= $2 and t.bucket < $3
            """,
            CancellationToken.None,
            Value(rollup),
            Value(from),
            Value(until)
        );
        return first is DateTime bucket ? new DateTimeOffset(bucket) : null;
    }

    private static async Task<long> DeleteBefore(
        NpgsqlConnection connection,
        string table,
        DateOnly day,
        CancellationToken cancellation
    )
    {
        var midnight = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        for (var deleted = 0L; ; )
        {
            await using var command = new NpgsqlCommand(
                $"""
                delete from podcast.{table}
                where id in (select t.id from podcast.{table} t where t.occurred_at < $1 limit {RowsAtOnce})
                """,
                connection
            );
            command.Parameters.Add(Value(midnight));
            var rows = await command.ExecuteNonQueryAsync(cancellation);
            deleted += rows;
            if (rows < RowsAtOnce)
                return deleted;
        }
    }

    private static async Task<T> Scalar<T>(
        NpgsqlConnection connection,
        string sql,
        CancellationToken cancellation,
        params NpgsqlParameter[] parameters
    )
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);

        return (T)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private static DateTimeOffset Floor(DateTimeOffset at, TimeSpan unit) =>
        new(at.UtcTicks - at.UtcTicks % unit.Ticks, TimeSpan.Zero);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
