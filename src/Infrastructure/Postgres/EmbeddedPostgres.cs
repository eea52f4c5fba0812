using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>
/// A private PostgreSQL server in the service's data directory, on loopback. Programs that use one directory at the
/// same time share its server; it stops with the last of them, however that one ends.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const int PortTries = 20;
    private const int PatienceWithOrphans = 4;
    private readonly ServerGuard _guard;
    private readonly ServerHome _home;
    private readonly ServerWatch _watch;

    private EmbeddedPostgres(
        ServerGuard guard,
        ServerHome home,
        string connectionString,
        int processId,
        RestartLimit limit
    )
    {
        (_guard, _home) = (guard, home);
        ConnectionString = connectionString;
        ProcessId = processId;
        _watch = new ServerWatch(IsRunning, StartAgain, message => Report?.Invoke(message), limit);
    }

    /// <summary>The administrator's connection, with its password.</summary>
    public string ConnectionString { get; }

    /// <summary>The server's main process; another one after the server was started again.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Why the server does not run, and whether it is started again; null while it runs.</summary>
    public string? Trouble => _watch.Trouble;

    /// <summary>Told when the server has ended and when it runs again.</summary>
    public Action<string>? Report { get; set; }

    /// <summary>Starts the server of a data directory, or joins it where it runs already.</summary>
    /// <param name="options">Where the data lies and how the server is set; a running one keeps its settings.</param>
    /// <param name="progress">Told, in a sentence each, what takes time.</param>
    /// <param name="cancellation">Gives up; what was begun is stopped in the background.</param>
    /// <exception cref="EmbeddedPostgresException">There is no server to be had, and what to do about it.</exception>
    public static async Task<EmbeddedPostgres> Start(
        EmbeddedPostgresOptions options,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        if (OperatingSystem.IsWindows())
            throw new EmbeddedPostgresException(
                "A private PostgreSQL is started on Linux and macOS only. Set SCHEMAHUB_DATABASE to a server's address."
            );

        var account = await ServerAccount.Find(cancellation);
        var home = await PrepareHome(options, account, cancellation);
        var binaries = await PostgresBinaries.Locate(options, account, home.DataMajor(), progress, cancellation);
        await account.Enter(binaries.Folder, cancellation);
        var guard = await ServerGuard.Start(home.Folder, binaries, account, options, progress, cancellation);
        try
        {
            await CreateData(guard, home, binaries, options, progress, cancellation);
            var server = home.RunningServer();
            if (server is null)
                server = await StartServer(guard, home, progress, cancellation);
            else
                progress?.Invoke($"Joining the PostgreSQL that runs in {home.Folder}");

            var connectionString = ConnectionTo(server.Port, await home.Password(cancellation));
            await Answers(connectionString, home, cancellation);
            // Before another program of this directory goes on: two that revoke at once would trip over each other.
            await ServerDatabases.RevokePublicAccess(connectionString, cancellation);
            await guard.Do("release", cancellation);
            return new EmbeddedPostgres(guard, home, connectionString, server.ProcessId, options.RestartLimit)
            {
                Report = progress,
            };
        }
        catch
        {
            guard.LetGo();
            throw;
        }
    }

    /// <summary>Ends our use, and waits until the server has stopped if it was the last.</summary>
    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _guard.DisposeAsync();
    }

    private bool IsRunning()
    {
        if (_home.RunningServer() is not { } server)
            return false;

        // Another program may have started it again before this one saw that it had ended.
        ProcessId = server.ProcessId;
        return true;
    }

    /// <summary>Starts the server again, at the same address, unless another program just did.</summary>
    private async Task StartAgain(CancellationToken cancellation)
    {
        await _guard.Do("lock", cancellation);
        try
        {
            var server =
                _home.RunningServer()
                ?? await StartServer(_guard, _home, progress: null, cancellation, keepsPort: true);
            await Answers(ConnectionString, _home, cancellation);
            ProcessId = server.ProcessId;
        }
        finally
        {
            await _guard.Do("release", cancellation);
        }
    }

    private static async Task<ServerHome> PrepareHome(
        EmbeddedPostgresOptions options,
        ServerAccount account,
        CancellationToken cancellation
    )
    {
        var data = Path.GetFullPath(options.DataDirectory);
        // Who deletes a folder at the end must own it.
        if (options.DeleteAtEnd)
            await account.CreateOwnFolder(data, cancellation);
        else
            await ServerAccount.CreateSharedFolder(data, cancellation);

        var folder = Path.Combine(data, "postgres");
        await account.CreateOwnFolder(folder, cancellation);
        // Without links: two programs that come by different ways must agree on the server they find.
        return new ServerHome(await account.Enter(folder, cancellation));
    }

    private static async Task CreateData(
        ServerGuard guard,
        ServerHome home,
        PostgresBinaries binaries,
        EmbeddedPostgresOptions options,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        // Only now, under the lock: another program may have made the data since we chose our binaries.
        if (home.DataMajor() is { } major)
        {
            if (major != binaries.Major)
                throw new EmbeddedPostgresException($"Another program has just made {home.Folder}. Try once more.");
            return;
        }

        progress?.Invoke($"Making a private PostgreSQL {binaries.Major} in {home.Folder}");
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        if (!await guard.Do($"create {password} {(options.Durable ? "" : "--no-sync")}", cancellation))
            throw home.Failure("cannot make its data folder", "guard.log");
    }

    private static async Task<ServerHome.Server> StartServer(
        ServerGuard guard,
        ServerHome home,
        Action<string>? progress,
        CancellationToken cancellation,
        bool keepsPort = false
    )
    {
        progress?.Invoke("Starting PostgreSQL");
        var port = home.LastPort() ?? FreePort();
        var stale = home.NamesAnotherProcess() ? "stale" : "";
        for (var tries = 1; ; tries++)
        {
            if (await guard.Do($"start {port} {stale}", cancellation))
                return home.RunningServer() ?? throw home.Failure("has ended at once", "server.log");

            var log = home.Tail("server.log");
            if (
                !keepsPort
                && tries < PortTries
                && log.Contains("could not bind IPv4 address", StringComparison.Ordinal)
            )
                port = FreePort();
            // The last processes of a killed server take a moment to notice that they are alone.
            else if (tries < PortTries && log.Contains("pre-existing shared memory", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellation);
                if (tries >= PatienceWithOrphans)
                    await guard.Do("orphans", cancellation);
            }
            else
                throw home.Failure("does not start", "server.log");
        }
    }

    /// <summary>A server whose starter was killed may still be recovering when we join it.</summary>
    private static async Task Answers(string connectionString, ServerHome home, CancellationToken cancellation)
    {
        while (true)
        {
            var isStarting = home.IsStarting();
            try
            {
                await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
                await connection.OpenAsync(cancellation);
                return;
            }
            catch (NpgsqlException) when (isStarting)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
            }
            catch (NpgsqlException error)
            {
                throw home.Failure($"does not let us in ({error.Message})", "server.log");
            }
        }
    }

    private static string ConnectionTo(int port, string password) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = "postgres",
            Password = password,
            Database = "postgres",
        }.ConnectionString;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
