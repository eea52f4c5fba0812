using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>What a mail server does instead of answering.</summary>
public enum Misbehaviour
{
    Silence,
    HangUp,
    Drip,
    EndlessLines,
    Closing,
    Nonsense,
}

/// <summary>
/// A mail server for many connections at once that misbehaves at one step of the talk, on every connection: the
/// greeting, a command, <c>TLS</c>, or <c>.</c>, the end of a mail. It counts the mails that it was given in full.
/// </summary>
internal sealed class MisbehavingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _talks = [];
    private readonly Task _accepting;
    private volatile Manner? _manner;
    private int _connections;

    public MisbehavingServer()
    {
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The recipient of each mail that it was given in full, as often as it was.</summary>
    public ConcurrentQueue<string> HandedOver { get; } = new();

    /// <summary>Whether it closes each connection after one mail, without a word.</summary>
    public bool ClosesAfterEach { get; set; }

    /// <summary>Misbehaves from now on at a step; friendly again where the step is null.</summary>
    /// <param name="only">At mails to this recipient only.</param>
    public void Behave(string? step, Misbehaviour misbehaviour = default, string? only = null) =>
        _manner = step is null ? null : new Manner(step, misbehaviour, only);

    /// <summary>As new.</summary>
    public void Reset()
    {
        Behave(step: null);
        HandedOver.Clear();
        Interlocked.Exchange(ref _connections, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_talks);
        _end.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                _talks.Add(Task.Run(() => Serve(socket)));
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException)
        {
            // The spec is over.
        }
    }

    private async Task Serve(Socket socket)
    {
        using var connection = socket;
        try
        {
            await Talk(connection);
        }
        catch (Exception gone)
            when (gone is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side hung up, or the spec is over.
        }
    }

    private async Task Talk(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var to = "";
        if (!await Answer(socket, "GREETING", to))
            return;

        while (await reader.ReadLineAsync(_end.Token) is { } line)
        {
            var step = line.Split(' ', ':')[0].ToUpperInvariant();
            if (step == "RCPT")
                to = line[(line.IndexOf('<') + 1)..line.LastIndexOf('>')];

            if (!await Answer(socket, step, to) || step == "QUIT")
                return;

            if (step == "STARTTLS")
            {
                await Answer(socket, "TLS", to);
                return;
            }

            if (step != "DATA")
                continue;

            string? content;
            while ((content = await reader.ReadLineAsync(_end.Token)) is not (null or ".")) { }

            if (content is null)
                return;

            HandedOver.Enqueue(to);
            if (!await Answer(socket, ".", to) || ClosesAfterEach)
                return;
        }
    }

    private async Task<bool> Answer(Socket socket, string step, string to)
    {
        var manner = _manner;
        if (manner is null || manner.Step != step || (manner.Only is { } only && only != to))
        {
            await Say(socket, Friendly(step));
            return true;
        }

        switch (manner.Misbehaviour)
        {
            case Misbehaviour.Silence:
                await Task.Delay(Timeout.Infinite, _end.Token);
                return false;
            case Misbehaviour.HangUp:
                return false;
            case Misbehaviour.Closing:
                await Say(socket, "421 4.3.2 closing\r\n");
                return false;
            case Misbehaviour.Nonsense:
                await Say(socket, "what?\r\n");
                return step != "DATA";
            case Misbehaviour.Drip:
                using (var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100)))
                {
                    foreach (var letter in "250 2.0.0 this will take a very, very long time")
                    {
                        await Say(socket, letter.ToString());
                        await pace.WaitForNextTickAsync(_end.Token);
                    }
                }

                return false;
            default:
                while (true)
                    await Say(socket, "250-and another line\r\n");
        }
    }

    private Task<int> Say(Socket socket, string text) =>
        socket.SendAsync(Encoding.ASCII.GetBytes(text), SocketFlags.None, _end.Token).AsTask();

    private static string Friendly(string step) =>
        step switch
        {
            "GREETING" => "220 here\r\n",
            "EHLO" => "250-here\r\n250 STARTTLS\r\n",
            "STARTTLS" => "220 go ahead\r\n",
            "DATA" => "354 go on\r\n",
            "QUIT" => "221 bye\r\n",
            "TLS" => "",
            _ => "250 2.0.0 ok\r\n",
        };

    private sealed record Manner(string Step, Misbehaviour Misbehaviour, string? Only);
}
