using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace SchemaHub.Testing;

/// <summary>A database of one spec, dropped when disposed.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    // Names are this process's own, because several may test on one server.
    private static readonly string Run = $"schemahub_test_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    private static readonly Lazy<Task<NpgsqlConnection>> Administrator = new(Connect);
    private static readonly ConcurrentDictionary<string, Lazy<Task>> Templates = new(StringComparer.Ordinal);
    private static int _count;

    private TestDatabase(string name, string connectionString)
    {
        Name = name;
        ConnectionString = connectionString;
    }

    public string Name { get; }

    /// <summary>The administrator's connection to this database.</summary>
    public string ConnectionString { get; }

    /// <summary>Makes a template on the first call of this process; later calls wait for it and do nothing.</summary>
    /// <param name="name">Any short name in lower case.</param>
    /// <param name="fill">Given the connection string of the empty database; its connections get closed.</param>
    public static Task CreateTemplate(string name, Func<string, Task> fill) =>
        Templates.GetOrAdd(name, _ => new Lazy<Task>(() => Fill(TemplateName(name), fill))).Value;

    /// <summary>Makes a database: a copy of the template, or an empty one.</summary>
    public static async Task<TestDatabase> Create(string? template = null)
    {
        if (template is not null)
            await (
                Templates.GetValueOrDefault(template)?.Value
                ?? throw new ArgumentException($"Nobody has made the template '{template}'.", nameof(template))
            );

        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        var name = $"{Run}_{number}";
        await Copy(template is null ? "template0" : TemplateName(template), name);
        return new TestDatabase(name, await ConnectionTo(name));
    }

    /// <summary>Drops the database, whoever is still connected.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (var connection = new NpgsqlConnection(ConnectionString))
            NpgsqlConnection.ClearPool(connection);
        await Execute($"drop database if exists {Name} with (force)");
    }

    private static string TemplateName(string name) => $"{Run}_{name}_template";

    // Copying files takes 10 to 20 ms without fsync; writing every page to the log, the default, takes 300 ms.
    private static Task Copy(string template, string name) =>
        Execute($"create database {name} template {template} strategy file_copy");

    private static async Task Fill(string name, Func<string, Task> fill)
    {
        await Copy("template0", name);
        await fill(await ConnectionTo(name));
        // A template with an open connection cannot be copied, and pools keep theirs open.
        await Execute($"alter database {name} allow_connections false");
        await Execute($"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'");
    }

    private static async Task<string> ConnectionTo(string database) =>
        new NpgsqlConnectionStringBuilder(await TestServer.ConnectionString)
        {
            Database = database,
            // A spec's error is read by whoever wrote it, and its data is made up.
            IncludeErrorDetail = true,
        }.ConnectionString;

    private static async Task Execute(string statement)
    {
        await Administrator.Value;
        await using var connection = new NpgsqlConnection(await TestServer.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// Opens the connection that shows this process to be alive as long as it lives, and drops the databases of
    /// processes that were killed.
    /// </summary>
    private static async Task<NpgsqlConnection> Connect()
    {
        var settings = new NpgsqlConnectionStringBuilder(await TestServer.ConnectionString)
        {
            ApplicationName = Run,
            Pooling = false,
            KeepAlive = 60,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        foreach (var name in await Abandoned(connection))
        {
            await using var drop = new NpgsqlCommand($"drop database if exists {name} with (force)", connection);
            await drop.ExecuteNonQueryAsync();
        }
        return connection;
    }

    private static async Task<List<string>> Abandoned(NpgsqlConnection connection)
    {
        const string sql = """
            select datname from pg_database
            where datname ~ '^schemahub_test_[0-9a-f]{8}_'
              and not exists (select from pg_stat_activity where application_name = left(datname, 23))
            """;
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync())
            names.Add(reader.GetString(0));
        return names;
    }
}
