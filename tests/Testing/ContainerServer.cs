using System.Text;
using DotNet.Testcontainers.Configurations;
using SchemaHub.Infrastructure.Postgres;
using Testcontainers.PostgreSql;

namespace SchemaHub.Testing;

/// <summary>
/// A PostgreSQL in a container, made and set as the private server is, with the image that SCHEMAHUB_TEST_IMAGE names.
/// </summary>
internal sealed class ContainerServer : IAsyncDisposable
{
    private const string DefaultImage = "postgres:15";

    private const string ConfigurationFile = "/etc/schemahub/postgresql.conf";

    /// <summary>In bytes. Docker's default of 64 MiB is too small for parallel queries.</summary>
    private const long SharedMemory = 256 << 20;

    private readonly PostgreSqlContainer _container;

    private ContainerServer(PostgreSqlContainer container) => _container = container;

    /// <summary>The administrator's connection.</summary>
    public string ConnectionString => _container.GetConnectionString();

    public static bool IsDockerReachable() => TestcontainersSettings.OS.DockerEndpointAuthConfig is not null;

    public static async Task<ContainerServer> Start(EmbeddedPostgresOptions options)
    {
        var image = Environment.GetEnvironmentVariable("SCHEMAHUB_TEST_IMAGE") is { Length: > 0 } named
            ? named
            : DefaultImage;
        var container = new PostgreSqlBuilder(image)
            .WithEnvironment(
                "POSTGRES_INITDB_ARGS",
                "--encoding=UTF8 --locale=C --lc-ctype=C.UTF-8 --auth=scram-sha-256"
            )
            // Not as arguments: these would win over what a spec sets with `alter system`.
            .WithResourceMapping(Encoding.UTF8.GetBytes(options.Configuration()), ConfigurationFile)
            .WithCommand("-c", $"config_file={ConfigurationFile}", "-c", "listen_addresses=*")
            .WithCommand("-c", "unix_socket_directories=/var/run/postgresql")
            .WithCreateParameterModifier(parameters => parameters.HostConfig!.ShmSize = SharedMemory)
            .Build();
        try
        {
            await container.StartAsync();
            await ServerDatabases.RevokePublicAccess(container.GetConnectionString(), CancellationToken.None);
            return new ContainerServer(container);
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}
