using SchemaHub.Infrastructure.Postgres;

namespace SchemaHub.Testing;

/// <summary>The PostgreSQL server of this test process.</summary>
public static class TestServer
{
    private const string Setting = "SCHEMAHUB_TEST_DATABASE";
    private static EmbeddedPostgres? _server;
    private static ContainerServer? _container;
    private static readonly Lazy<bool> UsesContainer = new(DecideForContainer);
    private static readonly Lazy<Task<string>> Shared = new(FindShared);

    /// <summary>
    /// The administrator's connection to the server all specs of this process share: the one that
    /// SCHEMAHUB_TEST_DATABASE names, one in a container, or a private one that ends and is deleted with the process.
    /// </summary>
    public static Task<string> ConnectionString => Shared.Value;

    /// <summary>
    /// Whether the shared server runs in a container: where SCHEMAHUB_TEST_DATABASE says "testcontainers", or says
    /// nothing on a machine that has Docker and no PostgreSQL. "private" forces the private server.
    /// </summary>
    public static bool IsContainer => UsesContainer.Value;

    /// <summary>Removes the container of the shared server; to be called after the last spec of an assembly.</summary>
    public static async Task Stop()
    {
        if (_container is not null)
            await _container.DisposeAsync();
    }

    /// <summary>Starts a server for one spec only, to be killed or restarted; it is deleted when disposed.</summary>
    /// <param name="dataDirectory">Null for a new one; a second server of one directory joins the first.</param>
    /// <param name="isDurable">Whether what it has committed must survive a crash.</param>
    public static Task<EmbeddedPostgres> Start(string? dataDirectory = null, bool isDurable = false) =>
        IsContainer
            ? throw new InvalidOperationException("Mark this spec with [NeedsPrivateServer]: it starts a server.")
            : EmbeddedPostgres.Start(Options(dataDirectory ?? NewDirectory(), isDurable), progress: null, default);

    /// <summary>What <see cref="Start"/> starts a server with.</summary>
    public static EmbeddedPostgresOptions Options(string dataDirectory, bool isDurable = false) =>
        new()
        {
            DataDirectory = dataDirectory,
            Durable = isDurable,
            DeleteAtEnd = true,
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["shared_buffers"] = "128MB",
                ["max_wal_size"] = "1GB",
            },
        };

    /// <summary>The name of a data directory that does not exist yet.</summary>
    public static string NewDirectory() =>
        Path.Combine(Path.GetTempPath(), $"schemahub-test-{Guid.CreateVersion7():n}");

    private static async Task<string> FindShared()
    {
        if (IsContainer)
        {
            _container = await ContainerServer.Start(Options(NewDirectory()));
            return _container.ConnectionString;
        }

        if (Named() is { } named and not "private")
            return DatabaseUrl.Parse(named, Setting).ConnectionString;

        // Never disposed: its guard sees the end of this process, however it comes. But held, or the garbage collector
        // would close the pipe to the guard.
        _server = await Start();
        return _server.ConnectionString;
    }

    private static bool DecideForContainer() =>
        Named() switch
        {
            null => !PostgresBinaries.IsInstalled() && ContainerServer.IsDockerReachable(),
            var named => named is "testcontainers",
        };

    private static string? Named() =>
        Environment.GetEnvironmentVariable(Setting) is { Length: > 0 } named ? named : null;
}
