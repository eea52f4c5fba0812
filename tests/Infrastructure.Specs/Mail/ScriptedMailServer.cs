using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>A mail server that refuses as it is told: a real one cannot be made to.</summary>
/// <param name="answers">To each RCPT in turn; the last one for ever. An empty answer hangs up.</param>
internal sealed class ScriptedMailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Queue<string> _answers;
    private readonly Task _serving;

    public ScriptedMailServer(params string[] answers)
    {
        _answers = new Queue<string>(answers);
        _listener.Start();
        _serving = Serve();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many mails were offered.</summary>
    public int Tries { get; private set; }

    /// <summary>How many were taken.</summary>
    public int Taken { get; private set; }

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
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await Talk(client);
            }
        }
        catch (OperationCanceledException)
        {
            // The spec is over.
        }
    }

    private async Task Talk(TcpClient client)
    {
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false))
        {
            NewLine = "\r\n",
            AutoFlush = true,
        };
        await writer.WriteLineAsync("220 scripted");
        while (await reader.ReadLineAsync(_end.Token) is { } line)
        {
            var answer = Answer(line);
            if (answer.Length == 0)
                return;

            await writer.WriteLineAsync(answer);
            if (answer.StartsWith("354", StringComparison.Ordinal))
            {
                while (await reader.ReadLineAsync(_end.Token) is not "." and not null) { }
                Taken++;
                await writer.WriteLineAsync("250 taken");
            }
        }
    }

    private string Answer(string line)
    {
        switch (line.Split(' ', ':')[0].ToUpperInvariant())
        {
            case "RCPT":
                Tries++;
                return _answers.Count > 1 ? _answers.Dequeue() : _answers.Peek();
            case "DATA":
                return "354 go on";
            case "QUIT":
                return "221 bye";
            default:
                return "250 scripted";
        }
    }
}
