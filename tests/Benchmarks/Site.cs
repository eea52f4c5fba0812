using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>
/// A service as in production, with its journal and its sealer, on a database of its own. Beside it lies a copy of that
/// database which only floors write to: the same tables, indexes, constraints, roles and rows, and no service.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly BenchmarkServer _server;
    private readonly string _database;
    private readonly string _floorDatabase;
    private readonly Sealer _sealer;
    private readonly CancellationTokenSource _stop = new();
    private readonly PemSealKey _key;
    private readonly Task _sealing;

    private Site(BenchmarkServer server, string database, string floorDatabase, TestService service, Guid organization)
    {
        _server = server;
        _database = database;
        _floorDatabase = floorDatabase;
        Service = service;
        Organization = organization;
        var floor = new NpgsqlDataSourceBuilder(server.ConnectionTo(floorDatabase));
        floor.ConnectionStringBuilder.Username = service.Installation.Keys.Logins.Writer;
        floor.ConnectionStringBuilder.Password = service.Installation.Keys.Logins.WriterPassword;
        floor.ConnectionStringBuilder.MaxPoolSize = 300;
        floor.ConnectionStringBuilder.CommandTimeout = 0;
        // A floor is at its best: planned while the tables are empty, its foreign keys' checks would scan them.
        floor.ConnectionStringBuilder.Options = "-c enable_seqscan=off";
        Floor = floor.Build();
        _key = PemSealKey.Open(service.Installation.Keys.Directory);
        _sealer = new Sealer(service.Installation.Writer, _key, TimeProvider.System, NullLogger<Sealer>.Instance);
        _sealing = Task.Run(() => _sealer.RunAsync(_stop.Token));
    }

    public TestService Service { get; }

    /// <summary>The copy that only floors write to.</summary>
    public string FloorDatabase => _floorDatabase;

    public Guid Organization { get; }

    public string Tenant => Organization.ToString();

    /// <summary>Floors connect as the service's writer does, to the copy.</summary>
    public NpgsqlDataSource Floor { get; }

    /// <summary>A site with one organization and what is filled in before it is copied.</summary>
    public static async Task<Site> Create(
        BenchmarkServer server,
        Func<TestService, Guid, Task>? fill = null,
        Action<IServiceCollection>? customize = null
    )
    {
        var database = await server.CreateDatabase();
        var keys = Directory.CreateTempSubdirectory("schemahub-benchmark-").FullName;
        Guid organization;
        await using (var service = await TestService.Start(server.ConnectionTo(database), keys))
        {
            organization = await service.CreateOrganization("benchmark");
            if (fill is not null)
            {
                await fill(service, organization);
                // What the server does by itself within a minute; a fresh installation's empty tables it leaves alone.
                await using var analyze = service.Installation.Administrator.CreateCommand("analyze");
                await analyze.ExecuteNonQueryAsync();
            }
        }

        var copy = await server.CreateDatabase(copyOf: database);
        return new Site(
            server,
            database,
            copy,
            await TestService.Start(server.ConnectionTo(database), keys, customize),
            organization
        );
    }

    /// <summary>Waits until everything is sealed, so that one side's arrears do not slow the other.</summary>
    public Task SealAll() => _sealer.SealAll(CancellationToken.None);

    /// <summary>The user that the organization's rows belong to.</summary>
    public async Task<int> Owner()
    {
        await using var command = Service.Installation.Administrator.CreateCommand(
            "select o.user_id from access.organization_owners o where o.organization_id = $1"
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Organization });
        return (int)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _sealing;
        }
        catch (OperationCanceledException)
        {
            // It seals until it is cancelled.
        }

        var trouble = _sealer.Trouble;
        await Service.DisposeAsync();
        await Floor.DisposeAsync();
        _key.Dispose();
        _stop.Dispose();
        await _server.DropDatabase(_database);
        await _server.DropDatabase(_floorDatabase);
        Directory.Delete(Service.Installation.Keys.Directory, recursive: true);
        if (trouble is not null)
            throw new InvalidOperationException($"The sealer did not keep up its work: {trouble}");
    }
}
