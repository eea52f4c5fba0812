using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>
/// A mail server that answers each step as it is told, also wrongly: a real one cannot be made to. Steps are the
/// commands, <c>GREETING</c> and <c>.</c>, the content's end.
/// </summary>
internal sealed class TalkingServer : IAsyncDisposable
{
    /// <summary>An answer that is none: the connection ends.</summary>
    public const string HangUp = "\0";

    /// <summary>An answer that never comes.</summary>
    public const string Silence = "\u0001";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<string, string?> _answer;
    private readonly string[] _extensions;
    private readonly Task _serving;

    /// <param name="answer">To each step; null for a friendly one. One that ends in … is cut.</param>
    public TalkingServer(Func<string, string?> answer, params string[] extensions)
    {
        _answer = answer;
        _extensions = extensions;
        _listener.Start();
        _serving = Serve();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Hangs up once it was sent so many bytes.</summary>
    public int CutAfter { get; init; } = int.MaxValue;

    /// <summary>What it was told, a group of commands in one string where they came in one.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>The content of each mail that it was given in full, as it came.</summary>
    public List<string> Mails { get; } = [];

    public int Connections { get; private set; }

    public int Received { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _listener.Stop();
        _end.Dispose();
    }

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync(_end.Token);
                Connections++;
                await Talk(socket);
            }
        }
        catch (OperationCanceledException)
        {
            // The spec is over.
        }
    }

    private async Task Talk(Socket socket)
    {
        var bytes = new byte[64 * 1024];
        var pending = "";
        StringBuilder? content = null;
        try
        {
            if (!await Answer(socket, "GREETING"))
                return;

            while (Received < CutAfter)
            {
                var read = await socket.ReceiveAsync(
                    bytes.AsMemory(0, Math.Min(bytes.Length, CutAfter - Received)),
                    _end.Token
                );
                if (read == 0)
                    return;

                Received += read;
                var text = Encoding.UTF8.GetString(bytes, 0, read);
                if (content is null)
                    Heard.Add(text.TrimEnd('\r', '\n'));

                pending += text;
                for (int end; (end = pending.IndexOf("\r\n", StringComparison.Ordinal)) >= 0; )
                {
                    var line = pending[..end];
                    pending = pending[(end + 2)..];
                    if (content is not null && line != ".")
                    {
                        content.Append(line).Append("\r\n");
                        continue;
                    }

                    if (content is not null)
                        Mails.Add(content.ToString());

                    var step = line.Split(' ', ':')[0];
                    content =
                        step == "DATA" && (_answer(step) ?? "354").StartsWith("354", StringComparison.Ordinal)
                            ? new StringBuilder()
                            : null;
                    if (!await Answer(socket, step))
                        return;
                }
            }
        }
        catch (SocketException)
        {
            // The other side hung up.
        }
    }

    private async Task<bool> Answer(Socket socket, string step)
    {
        var answer =
            _answer(step)
            ?? step switch
            {
                "GREETING" => "220 here",
                "EHLO" => string.Join("\r\n", _extensions.Select(one => $"250-{one}").Prepend("250-here"))
                    + "\r\n250 HELP",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 2.0.0 ok",
            };
        if (answer == Silence)
            await Task.Delay(Timeout.Infinite, _end.Token);

        if (answer == HangUp)
            return false;

        var isHalf = answer.EndsWith('…');
        await socket.SendAsync(Encoding.ASCII.GetBytes(isHalf ? answer[..^1] : answer + "\r\n"), _end.Token);
        return !isHalf;
    }
}
