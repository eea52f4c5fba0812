using System.Security.Cryptography;
using Npgsql;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>
/// The PostgreSQL that is measured: a private one, set as the service sets it, whose commits are durable.
/// </summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    private const string Setting = "SCHEMAHUB_TEST_DATABASE";

    private readonly EmbeddedPostgres? _private;

    private BenchmarkServer(string connectionString, EmbeddedPostgres? ours)
    {
        ConnectionString = connectionString;
        _private = ours;
    }

    /// <summary>The administrator's connection.</summary>
    public string ConnectionString { get; }

    public static async Task<BenchmarkServer> Start()
    {
        if (Environment.GetEnvironmentVariable(Setting) is { Length: > 0 } named)
            return new BenchmarkServer(DatabaseUrl.Parse(named, Setting).ConnectionString, ours: null);

        var ours = await EmbeddedPostgres.Start(
            new EmbeddedPostgresOptions
            {
                DataDirectory = TestServer.NewDirectory(),
                Durable = true,
                DeleteAtEnd = true,
                // 256 callers of a floor have a connection each, beside the service's own.
                Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_connections"] = "500" },
            },
            progress: null,
            CancellationToken.None
        );
        return new BenchmarkServer(ours.ConnectionString, ours);
    }

    public async Task<Machine> Describe()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'),
                current_setting('full_page_writes')
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var load = File.Exists("/proc/loadavg") ? await File.ReadAllTextAsync("/proc/loadavg") : "unknown";
        return new Machine(
            Environment.ProcessorCount,
            reader.GetString(0),
            reader.GetString(1),
            reader.GetString(2),
            reader.GetString(3),
            load.Split(' ')[0]
        );
    }

    /// <summary>Makes a database, empty or as a copy of one that nobody is connected to.</summary>
    public async Task<string> CreateDatabase(string? copyOf = null)
    {
        var name = $"schemahub_benchmark_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        await Execute($"create database {name} template {copyOf ?? "template0"} strategy file_copy");
        return name;
    }

    public Task DropDatabase(string name) => Execute($"drop database if exists {name} with (force)");

    public string ConnectionTo(string database) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ConnectionString;

    public ValueTask DisposeAsync() => _private?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task Execute(string statement)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }
}
