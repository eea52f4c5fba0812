using System.Net;
using System.Net.Sockets;

namespace SchemaHub.Faults.Specs;

public sealed class TcpProxySpec
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Bytes_pass_until_the_connection_is_cut()
    {
        using var echo = new Echo();
        await using var proxy = new TcpProxy(echo.Port);
        using var client = await Connect(proxy);
        (await Send(client, 1)).ShouldBe(1);
        proxy.Set(ProxyMode.Cut);
        (await Send(client, 2)).ShouldBe(-1, "the connection must end");
        using var refused = await Connect(proxy);
        (await Send(refused, 3)).ShouldBe(-1, "a new connection must end, too");
        proxy.Set(ProxyMode.Pass);
        using var again = await Connect(proxy);
        (await Send(again, 4)).ShouldBe(4);
    }

    [Test]
    public async Task A_black_hole_keeps_the_connection_and_loses_the_bytes()
    {
        using var echo = new Echo();
        await using var proxy = new TcpProxy(echo.Port);
        using var client = await Connect(proxy);
        proxy.Set(ProxyMode.Blackhole);
        var answer = Send(client, 1);
        await Should.ThrowAsync<TimeoutException>(() => answer.WaitAsync(TimeSpan.FromMilliseconds(300)));
        echo.Bytes.ShouldBe(0);
        proxy.Set(ProxyMode.Pass);
        (await answer).ShouldBe(-1, "what was lost cannot be made good, so the connection must end");
        echo.Bytes.ShouldBe(0);
    }

    private static async Task<TcpClient> Connect(TcpProxy proxy)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        }
        catch (SocketException)
        {
            // It was ended before we knew that it had begun; what is sent on it fails.
        }

        return client;
    }

    /// <returns>The byte that came back; -1 where the connection ended.</returns>
    private static async Task<int> Send(TcpClient client, byte value)
    {
        using var late = new CancellationTokenSource(s_longest);
        try
        {
            var stream = client.GetStream();
            await stream.WriteAsync(new[] { value }, late.Token);
            var answer = new byte[1];
            return await stream.ReadAsync(answer, late.Token) == 0 ? -1 : answer[0];
        }
        catch (Exception ended) when (ended is IOException or InvalidOperationException)
        {
            return -1;
        }
    }

    /// <summary>A server that sends back what it gets.</summary>
    private sealed class Echo : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _bytes;

        public Echo()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _ = Accept();
        }

        public int Port { get; }

        public int Bytes => Volatile.Read(ref _bytes);

        public void Dispose() => _listener.Dispose();

        private async Task Accept()
        {
            try
            {
                while (true)
                    _ = Serve(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }

        private async Task Serve(TcpClient client)
        {
            using (client)
            {
                try
                {
                    var buffer = new byte[16];
                    int read;
                    while ((read = await client.GetStream().ReadAsync(buffer)) > 0)
                    {
                        Interlocked.Add(ref _bytes, read);
                        await client.GetStream().WriteAsync(buffer.AsMemory(0, read));
                    }
                }
                catch (IOException)
                {
                    // Cut.
                }
            }
        }
    }
}
