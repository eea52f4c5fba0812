using Npgsql;
using SchemaHub.Infrastructure.Postgres;

namespace SchemaHub.Faults;

/// <summary>The private PostgreSQL of a round. It is durable, and its main process may be killed at any time.</summary>
internal sealed class DatabaseServer : IAsyncDisposable
{
    private const string Database = "schemahub";

    // A guard that restarts a dead server is given this long before the driver starts it.
    private static readonly TimeSpan LongestGuard = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly EmbeddedPostgresOptions _options;
    private readonly Timeline _timeline;
    private readonly SemaphoreSlim _restarting = new(1);
    private EmbeddedPostgres _server;

    private DatabaseServer(EmbeddedPostgresOptions options, Timeline timeline, EmbeddedPostgres server)
    {
        (_options, _timeline, _server) = (options, timeline, server);
        Administrator = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Database = Database,
            IncludeErrorDetail = true,
            Timeout = 5,
            CommandTimeout = 60,
            ApplicationName = "faults driver",
        };
    }

    /// <summary>The administrator's connection, past every proxy.</summary>
    public NpgsqlConnectionStringBuilder Administrator { get; }

    /// <summary>How often the driver had to start the server because its guard did not.</summary>
    public int StartedByDriver { get; private set; }

    public static async Task<DatabaseServer> Start(string directory, Timeline timeline)
    {
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = directory,
            // It is killed far more often than a server that somebody must look at.
            RestartLimit = new RestartLimit(100, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100)),
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["shared_buffers"] = "128MB",
                ["max_wal_size"] = "1GB",
            },
        };
        var server = await EmbeddedPostgres.Start(options, progress: null, CancellationToken.None);
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync();
            await using var create = new NpgsqlCommand($"create database {Database}", connection);
            await create.ExecuteNonQueryAsync();
        }

        return new DatabaseServer(options, timeline, server);
    }

    /// <summary>The number of the server's main process, as its own file tells it; null where none runs.</summary>
    public int? ProcessId()
    {
        try
        {
            var file = Path.Combine(_options.DataDirectory, "postgres", "data", "postmaster.pid");
            return int.TryParse(File.ReadLines(file).FirstOrDefault(), out var id) ? id : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Runs a statement as the administrator, again until the server answers.</summary>
    public async Task<List<T>> Query<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] parameters)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await QueryOnce(sql, read, parameters);
            }
            catch (Exception outage) when (IsOutage(outage) && tries < 600)
            {
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>Runs a statement as the administrator.</summary>
    /// <exception cref="NpgsqlException">The server does not answer.</exception>
    public async Task<List<T>> QueryOnce<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] parameters)
    {
        // Not pooled: pooled connections die with the server, and each would cost a try.
        var settings = new NpgsqlConnectionStringBuilder(Administrator.ConnectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.AddWithValue(parameter);

        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(read(reader));

        return rows;
    }

    /// <summary>Waits until a server answers that was killed or shut down.</summary>
    public async Task WaitUntilBack(TimeSpan? patience = null)
    {
        await _restarting.WaitAsync();
        try
        {
            var start = _timeline.Now;
            while (_timeline.Now - start < (patience ?? LongestGuard))
            {
                if (await Answers())
                    return;

                await Task.Delay(Pause);
            }

            _timeline.Add("PostgreSQL was not started again by its guard; the driver starts it");
            StartedByDriver++;
            var before = _server;
            _server = await EmbeddedPostgres.Start(_options, progress: null, CancellationToken.None);
            await before.DisposeAsync();
        }
        finally
        {
            _restarting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _restarting.Dispose();
    }

    private async Task<bool> Answers()
    {
        try
        {
            await QueryOnce("select 1", reader => reader.GetInt32(0));
            return true;
        }
        catch (Exception outage) when (IsOutage(outage))
        {
            return false;
        }
    }

    private static bool IsOutage(Exception failure) =>
        failure is PostgresException refused
            ? refused.SqlState.StartsWith("57P", StringComparison.Ordinal)
                || refused.SqlState.StartsWith("53", StringComparison.Ordinal)
            : failure is NpgsqlException or TimeoutException or IOException;
}
