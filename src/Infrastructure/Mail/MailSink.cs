using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// A mail server on this machine (RFC 5321 with PIPELINING) that takes everything and delivers nothing: it keeps who
/// got what, for the demo and for specs, and is fast enough to measure a sender by.
/// </summary>
public sealed class MailSink : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly Task _accepting;
    private readonly bool _keeps;
    private long _count;
    private int _open;
    private int _mostOpen;

    /// <param name="keeps">Whether to keep each mail's recipient and Message-ID, or only to count.</param>
    public MailSink(bool keeps = true)
    {
        _keeps = keeps;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = Task.Run(Accept);
    }

    public int Port { get; }

    /// <summary>Mails taken.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>The most connections that were open at once.</summary>
    public int MostOpen => Volatile.Read(ref _mostOpen);

    /// <summary>Every mail taken, as recipient and Message-ID, in no order.</summary>
    public ConcurrentBag<(string To, string MessageId)> Taken { get; } = [];

    /// <summary>The whole of the mails that were taken, where somebody asks for them.</summary>
    public ConcurrentBag<string>? Contents { get; init; }

    /// <summary>The longest that it takes over a mail: servers take their time.</summary>
    public TimeSpan Slowness { get; set; }

    /// <summary>What to answer the end of a mail to a recipient with; null takes it. Runs before it is kept.</summary>
    public Func<string, Task<string?>>? Answer { get; set; }

    /// <summary>Told of every mail kept, as recipient, Message-ID and content, before its sender is answered.</summary>
    public Action<string, string, string>? Kept { get; init; }

    /// <summary>
    /// Runs after a mail was kept and before its sender is told; answers false to say nothing and hang up.
    /// </summary>
    public Func<string, Task<bool>>? AfterTaking { get; set; }

    /// <summary>
    /// Asked once the sender of a mail was answered: true hangs up, as servers do that served enough.
    /// </summary>
    public Func<bool>? HangsUpAfter { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var connection in _connections.Keys)
            connection.Dispose();

        await Task.WhenAll(_connections.Values);
        _stopping.Dispose();
    }

    private async Task Accept()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stopping.Token);
                socket.NoDelay = true;
                _connections[socket] = Task.Run(() => Serve(socket));
            }
            catch (Exception over)
                when (over is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task Serve(Socket socket)
    {
        var open = Interlocked.Increment(ref _open);
        for (var most = MostOpen; open > most; most = MostOpen)
            Interlocked.CompareExchange(ref _mostOpen, open, most);

        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            await Talk(stream);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException)
        {
            // Killed in mid-sentence.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            _connections.TryRemove(socket, out _);
        }
    }

    private async Task Talk(NetworkStream stream)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024));
        var replies = new ArrayBufferWriter<byte>();
        replies.Write("220 sink ESMTP\r\n"u8);
        var to = "";
        var (isContent, isAnswered) = (false, false);
        while (true)
        {
            if (replies.WrittenCount > 0)
            {
                await stream.WriteAsync(replies.WrittenMemory);
                replies.ResetWrittenCount();
            }

            if (isAnswered && HangsUpAfter?.Invoke() == true)
                return;

            isAnswered = false;

            var read = await reader.ReadAsync();
            var rest = read.Buffer;
            while (true)
            {
                if (isContent)
                {
                    if (!TryReadContent(ref rest, out var content))
                        break;

                    isContent = false;
                    if (await Take(to, content) is not { } answer)
                        return;

                    replies.Write(Encoding.ASCII.GetBytes(answer));
                    isAnswered = true;
                    continue;
                }

                if (!TryReadLine(ref rest, out var line))
                    break;

                if (line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
                    return;

                if (line.StartsWith("RCPT TO:", StringComparison.OrdinalIgnoreCase))
                    to = line[(line.IndexOf('<') + 1)..line.LastIndexOf('>')];

                isContent = line.Equals("DATA", StringComparison.OrdinalIgnoreCase);
                replies.Write(Reply(line, isContent));
            }

            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
                return;
        }
    }

    private static ReadOnlySpan<byte> Reply(string line, bool isContent) =>
        isContent ? "354 go on\r\n"u8
        : line.StartsWith("EHLO", StringComparison.OrdinalIgnoreCase)
            ? "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"u8
        : "250 2.0.0 ok\r\n"u8;

    /// <returns>The reply; null to hang up without one.</returns>
    private async Task<string?> Take(string to, ReadOnlySequence<byte> content)
    {
        if (Slowness > TimeSpan.Zero)
            await Task.Delay(Slowness * Random.Shared.NextDouble(), _stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        if (Answer is { } ask && await ask(to) is { } refusal)
            return $"{refusal}\r\n";

        if (_keeps)
        {
            var text = Encoding.UTF8.GetString(content);
            var messageId = MessageIdOf(text);
            Taken.Add((to, messageId));
            Kept?.Invoke(to, messageId, text);
            Contents?.Add(text);
        }

        Interlocked.Increment(ref _count);
        return AfterTaking is { } after && !await after(to) ? null : "250 2.0.0 queued\r\n";
    }

    private static string MessageIdOf(string mail)
    {
        const string name = "\r\nMessage-ID: <";
        var start = mail.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        return start < 0 ? "" : mail[(start + name.Length)..mail.IndexOf('>', start)];
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out string line)
    {
        var found = new SequenceReader<byte>(buffer);
        if (!found.TryReadTo(out ReadOnlySequence<byte> bytes, "\r\n"u8))
        {
            line = "";
            return false;
        }

        line = Encoding.UTF8.GetString(bytes);
        buffer = buffer.Slice(found.Position);
        return true;
    }

    private static bool TryReadContent(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> content)
    {
        var found = new SequenceReader<byte>(buffer);
        if (!found.TryReadTo(out content, "\r\n.\r\n"u8))
            return false;

        buffer = buffer.Slice(found.Position);
        return true;
    }
}
