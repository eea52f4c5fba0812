using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Testing;

/// <summary>
/// The service without its HTTP: the same registrations, on a database and a keys directory of a spec's own.
/// </summary>
public sealed class TestService : IAsyncDisposable
{
    /// <summary>What founding an organization leaves in the log, as a list of SQL.</summary>
    public const string FoundingEvents = "'organization_created', 'member_joined', 'plan_set'";

    private const string Template = "service";

    private static readonly Lazy<string> TemplateKeys = new(() => NewDirectory("keys"));

    private readonly TestDatabase? _database;
    private readonly ServiceProvider _provider;

    private TestService(Installation installation, ServiceProvider provider, TestDatabase? database)
    {
        Installation = installation;
        _provider = provider;
        _database = database;
    }

    public Installation Installation { get; }

    public IServiceProvider Services => _provider;

    /// <summary>The administrator's connection to the service's database.</summary>
    public string ConnectionString { get; private init; } = "";

    /// <summary>A service on a fresh database with keys of its own, both gone when it is disposed.</summary>
    /// <param name="customize">Replaces registrations, such as the clock.</param>
    public static async Task<TestService> Create(Action<IServiceCollection>? customize = null)
    {
        var (database, keys) = await CreateDatabase();
        return await Start(database.ConnectionString, keys, customize, database: database);
    }

    /// <summary>A fresh, migrated database and the keys that go with it, without a service on them.</summary>
    public static async Task<(TestDatabase Database, string Keys)> CreateDatabase()
    {
        await TestDatabase.CreateTemplate(
            Template,
            async connectionString =>
            {
                await using var installation = await Open(connectionString, TemplateKeys.Value);
            }
        );
        var keys = NewDirectory("keys");
        foreach (var file in Directory.GetFiles(TemplateKeys.Value))
            File.Copy(file, Path.Combine(keys, Path.GetFileName(file)));

        return (await TestDatabase.Create(Template), keys);
    }

    /// <summary>A service on an existing database.</summary>
    public static async Task<TestService> Start(
        string connectionString,
        string keysDirectory,
        Action<IServiceCollection>? customize = null,
        bool restoring = false,
        TestDatabase? database = null,
        IReadOnlyList<string>? schemas = null
    )
    {
        var installation = await Open(connectionString, keysDirectory, restoring, schemas);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddApplication();
        services.AddInfrastructure(installation);
        customize?.Invoke(services);
        return new TestService(installation, services.BuildServiceProvider(), database)
        {
            ConnectionString = connectionString,
        };
    }

    /// <summary>Sends a command or query as a caller of the tenant.</summary>
    public async Task<T> Send<T>(
        Guid organization,
        IRequest<T> request,
        Func<CommandContext, CommandContext>? caller = null,
        CancellationToken cancellation = default
    )
    {
        var context = RunAs.OperatorContext(organization == Guid.Empty ? Tenant.System : organization.ToString());
        await using var scope = _provider.GetRequiredService<RunAs>().Caller(caller?.Invoke(context) ?? context);
        return await scope.Send(request, cancellation);
    }

    /// <summary>A new organization with seats for everybody.</summary>
    public Task<Guid> CreateOrganization(string slug, string plan = Plans.Business, int? seats = 1_000) =>
        Send(Guid.Empty, new CreateOrganization(slug, slug, $"owner@{slug}.example", Plan: plan, Seats: seats));

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        await Installation.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
            Directory.Delete(Installation.Keys.Directory, recursive: true);
        }
    }

    private static Task<Installation> Open(
        string connectionString,
        string keysDirectory,
        bool restoring = false,
        IReadOnlyList<string>? schemas = null
    ) =>
        Installation.Open(
            new NpgsqlConnectionStringBuilder(connectionString),
            keysDirectory,
            CancellationToken.None,
            restoring,
            schemas
        );

    private static string NewDirectory(string purpose) =>
        Directory.CreateTempSubdirectory($"schemahub-{purpose}-").FullName;
}
