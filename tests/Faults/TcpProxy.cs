using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SchemaHub.Faults;

/// <summary>What a proxy does with its connections.</summary>
internal enum ProxyMode
{
    /// <summary>Passes every byte on.</summary>
    Pass,

    /// <summary>Ends every connection, and every new one at once.</summary>
    Cut,

    /// <summary>Passes nothing and ends nothing, as a network that drops packets does.</summary>
    Blackhole,

    /// <summary>Passes everything late.</summary>
    Delay,
}

/// <summary>A TCP proxy on loopback whose network can be made to fail.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(60);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Link, Task> _links = new();
    private readonly int _target;
    private readonly Task _accepting;
    private volatile ProxyMode _mode;

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = Task.Run(Accept);
    }

    public int Port { get; }

    /// <summary>Changes what happens to bytes and connections from now on.</summary>
    public void Set(ProxyMode mode)
    {
        var before = _mode;
        _mode = mode;
        // What was swallowed is lost, so the connections that lost it cannot go on.
        if (mode == ProxyMode.Cut || before == ProxyMode.Blackhole)
            EndLinks();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        EndLinks();
        await _accepting;
        await Task.WhenAll(_links.Values);
        _stopping.Dispose();
    }

    private void EndLinks()
    {
        foreach (var link in _links.Keys)
            link.End();
    }

    private async Task Accept()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptAsync(_stopping.Token);
                if (_mode == ProxyMode.Cut)
                    client.Close(timeout: 0);
                else
                    Begin(client);
            }
            catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted.
            }
        }
    }

    private void Begin(Socket client)
    {
        var link = new Link(client);
        var begin = new TaskCompletionSource();
        _links[link] = Run();
        begin.SetResult();

        async Task Run()
        {
            await begin.Task;
            await Task.Run(() => Carry(link));
            _links.TryRemove(link, out _);
        }
    }

    private async Task Carry(Link link)
    {
        try
        {
            await link.Server.ConnectAsync(IPAddress.Loopback, _target);
            (link.Client.NoDelay, link.Server.NoDelay) = (true, true);
            var there = Pump(link, link.Client, link.Server);
            var back = Pump(link, link.Server, link.Client);
            await Task.WhenAny(there, back);
            link.End();
            await Task.WhenAll(there, back);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server refuses, or the proxy ends.
        }
        finally
        {
            link.End();
        }
    }

    private async Task Pump(Link link, Socket from, Socket to)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer);
                if (_mode == ProxyMode.Blackhole)
                    await link.Ended;

                if (read == 0)
                    return;

                if (_mode == ProxyMode.Delay)
                    await Task.Delay(Lateness);

                for (var sent = 0; sent < read; )
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side ended; the other is ended with it.
        }
    }

    /// <summary>A client's connection and ours to the server behind the proxy.</summary>
    private sealed class Link(Socket client)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _isEnding;

        public Socket Client { get; } = client;

        public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        /// <summary>Completes when both sides are closed.</summary>
        public Task Ended => _ended.Task;

        public void End()
        {
            if (Interlocked.Exchange(ref _isEnding, 1) == 1)
                return;

            // With a reset, as a cut network ends connections: neither side reads what was still on its way.
            Client.Close(timeout: 0);
            Server.Close(timeout: 0);
            // Last: what a pump was kept from passing on must find both closed.
            _ended.TrySetResult();
        }
    }
}
