using Npgsql;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Podcasts;

/// <summary>
/// The work on the time series, one at a time of each sort over all nodes and the command line: it holds a lock of its
/// own while it runs, on the connection it works with, so that who loses the connection loses both.
/// </summary>
internal sealed class SeriesJobs(Installation installation, TimeProvider clock, TelemetryOptions options) : ISeries
{
    // The first lock of this work; each sort has the next. "SHSERI"
    private const long FirstLock = 0x5348_5345_5249;

    private const string Elsewhere = "It is being done elsewhere.";

    private readonly SeriesWork _work = Checked(clock, options);

    public Task<string> KeepPartitions(CancellationToken cancellation) =>
        Alone(FirstLock, _work.KeepPartitions, cancellation);

    public Task<string> CountHours(CancellationToken cancellation) =>
        Alone(FirstLock + 1, _work.RefreshHourly, cancellation);

    public Task<string> CountDays(CancellationToken cancellation) =>
        Alone(FirstLock + 2, _work.RefreshDaily, cancellation);

    public Task<string> RefreshMeasures(CancellationToken cancellation) =>
        Alone(FirstLock + 3, _work.RefreshMetrics, cancellation);

    private static SeriesWork Checked(TimeProvider clock, TelemetryOptions options)
    {
        options.Check();
        return new SeriesWork(clock, options);
    }

    private async Task<string> Alone(
        long lockKey,
        Func<NpgsqlConnection, CancellationToken, Task<string>> work,
        CancellationToken cancellation
    )
    {
        if (!installation.Schemas.Contains("podcast"))
            throw new NotSupportedException("The schema podcast is switched off, and its series with it.");

        await using var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        if (!await Lock(connection, "select pg_try_advisory_lock($1)", lockKey, cancellation))
            return Elsewhere;

        try
        {
            return await work(connection, cancellation);
        }
        finally
        {
            // A broken connection has let go by itself.
            if (connection.State == System.Data.ConnectionState.Open)
                await Lock(connection, "select pg_advisory_unlock($1)", lockKey, CancellationToken.None);
        }
    }

    private static async Task<bool> Lock(
        NpgsqlConnection connection,
        string sql,
        long lockKey,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lockKey });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
