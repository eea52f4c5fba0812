using MediatR;
using Microsoft.Extensions.Logging.Console;
using Npgsql;
using SchemaHub.Api.Pages;
using SchemaHub.Application;
using SchemaHub.Infrastructure;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api.CommandLine;

/// <summary>
/// What a verb works on: the database named by <c>SCHEMAHUB_DATABASE</c>, or a private server that lives as long as
/// somebody uses it, with the keys in <c>SCHEMAHUB_KEYS</c>.
/// </summary>
internal sealed class Workspace : IAsyncDisposable
{
    private ServiceProvider? _services;

    private Workspace(
        EmbeddedPostgres? server,
        NpgsqlConnectionStringBuilder administrator,
        Installation installation,
        ApiOptions options
    )
    {
        Server = server;
        Administrator = administrator;
        Installation = installation;
        Options = options;
    }

    public Installation Installation { get; }

    /// <summary>The administrator's connection, for another process.</summary>
    public NpgsqlConnectionStringBuilder Administrator { get; }

    public ApiOptions Options { get; }

    /// <summary>Where files of this installation lie that are neither keys nor the private server's.</summary>
    public string DataDirectory { get; } = ServerOptions(dataDirectory: null).DataDirectory;

    /// <summary>The private server; null where another one is used.</summary>
    public EmbeddedPostgres? Server { get; }

    private ServiceProvider Services => _services ??= Verb.Settings(Build);

    /// <summary>Starts what is needed and opens it.</summary>
    /// <param name="say">Told what takes a while.</param>
    /// <param name="dataDirectory">Of the private server; the usual one where null.</param>
    /// <param name="name">By which PostgreSQL and other programs know this one, unless the connection names it.</param>
    public static async Task<Workspace> Open(
        Action<string> say,
        CancellationToken cancellation,
        bool restoring = false,
        string? dataDirectory = null,
        string name = "schemahub"
    )
    {
        var options = Verb.Settings(() => LoadOptions(dataDirectory));
        var named = dataDirectory is null ? Environment.GetEnvironmentVariable("SCHEMAHUB_DATABASE") : null;
        var server = string.IsNullOrEmpty(named)
            ? await EmbeddedPostgres.Start(ServerOptions(dataDirectory), say, cancellation)
            : null;
        try
        {
            var administrator = server is null
                ? DatabaseUrl.Parse(named!)
                : await PrivateDatabase(server.ConnectionString, cancellation);
            administrator.ApplicationName ??= name;
            var installation = await Installation.Open(
                administrator,
                Keys(dataDirectory),
                cancellation,
                restoring,
                options.Schemas
            );
            return new Workspace(server, administrator, installation, options);
        }
        catch
        {
            if (server is not null)
                await server.DisposeAsync();

            throw;
        }
    }

    /// <summary>Sends a command or query in the name of the operator.</summary>
    public async Task<T> Send<T>(string tenant, IRequest<T> request, CancellationToken cancellation)
    {
        await using var scope = Get<RunAs>().Operator(tenant);
        return await scope.Send(request, cancellation);
    }

    /// <summary>A service of the workspace.</summary>
    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
            await _services.DisposeAsync();

        await Installation.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
    }

    private static EmbeddedPostgresOptions ServerOptions(string? dataDirectory) =>
        dataDirectory is null
            ? new EmbeddedPostgresOptions()
            : new EmbeddedPostgresOptions { DataDirectory = dataDirectory, DeleteAtEnd = true };

    private static string Keys(string? dataDirectory) =>
        dataDirectory is null && Environment.GetEnvironmentVariable("SCHEMAHUB_KEYS") is { Length: > 0 } named
            ? Path.GetFullPath(named)
            : Path.Combine(ServerOptions(dataDirectory).DataDirectory, "keys");

    /// <summary>The settings, without opening anything.</summary>
    public static ApiOptions LoadOptions(string? dataDirectory)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "schemahub.json"), optional: true)
            .AddEnvironmentVariables()
            .Build();
        var options = ApiOptions.Load(configuration);
        var mail = options.Mail;
        return !mail.IsSent && string.IsNullOrEmpty(mail.Directory)
            ? options with
            {
                Mail = mail with { Directory = Path.Combine(ServerOptions(dataDirectory).DataDirectory, "mail") },
            }
            : options;
    }

    // The private server's own database is the administrator's; ours has a name of its own.
    private static async Task<NpgsqlConnectionStringBuilder> PrivateDatabase(
        string connectionString,
        CancellationToken cancellation
    )
    {
        const string name = "schemahub";
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellation);
        await using var find = new NpgsqlCommand($"select 1 from pg_database where datname = '{name}'", connection);
        if (await find.ExecuteScalarAsync(cancellation) is null)
        {
            await using var create = new NpgsqlCommand($"create database {name}", connection);
            try
            {
                await create.ExecuteNonQueryAsync(cancellation);
            }
            catch (PostgresException existing)
                when (existing.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
            {
                // Another verb, started at the same time, was faster.
            }
        }

        return new NpgsqlConnectionStringBuilder(connectionString) { Database = name };
    }

    private ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning));
        // Standard output is for results.
        services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        services.AddApplication();
        services.AddInfrastructure(Installation);
        services.AddSingleton(Options.Api);
        services.AddSingleton(Options.Telemetry);
        services.AddSingleton(Options.Jobs);
        services.AddSingleton(Options.Retention);
        services.AddSeals(Installation, Options.Witnesses);
        services.AddMail(Options.Mail);
        services.AddPages(Options.PublicUrl ?? new Uri(Options.Urls.Split(';')[0]));
        return services.BuildServiceProvider();
    }
}
