using System.Net;
using System.Net.Sockets;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// A way to the database that can be cut: connections stay open and nothing comes through, in either direction, as when
/// a network is partitioned.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private CancellationTokenSource _cut = new();
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly Task _accepting;
    private volatile bool _isCut;

    public CuttingProxy(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = port,
        }.ConnectionString;
        _accepting = Accept();
    }

    /// <summary>The administrator's connection, by way of the proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>The command that was under way when the way was cut.</summary>
    public Task<Position>? Sent { get; private set; }

    /// <summary>
    /// Sends a command and cuts the way once its transaction holds the log's lock and waits for the node: the lock of
    /// the journal's file, which is held meanwhile, keeps the node there.
    /// </summary>
    public async Task CutInsideABatch(TestService service, Func<Task<Position>> send)
    {
        var path = Path.Combine(service.Installation.Keys.Directory, "journal.lock");
        await using var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Sent = send();
        await Eventually.True(async () =>
            await service.Scalar<long>(
                """
                select count(*)
                from pg_stat_activity a
                join pg_locks l on l.pid = a.pid and l.locktype = 'advisory' and l.granted
                where a.datname = current_database() and a.state = 'idle in transaction'
                """
            ) > 0
        );

        _isCut = true;
    }

    /// <summary>New connections come through; the old ones end.</summary>
    public void Restore()
    {
        var dead = _cut;
        (_cut, _isCut) = (new CancellationTokenSource(), false);
        dead.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            var near = await _listener.AcceptTcpClientAsync(_end.Token);
            _ = Forward(near);
        }
    }

    private async Task Forward(TcpClient near)
    {
        using var _ = near;
        using var far = new TcpClient();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, _cut.Token);
        try
        {
            if (!_isCut)
                await far.ConnectAsync(_server.Host!, _server.Port, _end.Token);

            await Task.WhenAny(Copy(near, far, end.Token), Copy(far, near, end.Token));
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or SocketException)
        {
            // The spec has ended.
        }
    }

    private async Task Copy(TcpClient from, TcpClient to, CancellationToken end)
    {
        var buffer = new byte[65_536];
        while (true)
        {
            // Once cut, a connection stays open and silent until both ends have given it up.
            if (_isCut || !from.Connected || !to.Connected)
                await Task.Delay(Timeout.Infinite, end);

            var read = await from.GetStream().ReadAsync(buffer, end);
            if (_isCut)
                await Task.Delay(Timeout.Infinite, end);

            if (read == 0)
                return;

            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), end);
        }
    }
}
