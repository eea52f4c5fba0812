using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SchemaHub.Testing;

/// <summary>A real mail server (Debian's python3-aiosmtpd) that keeps what it is sent in a mailbox.</summary>
public sealed class SmtpServer : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly string _mailbox;

    private SmtpServer(Process process, string mailbox, int port)
    {
        _process = process;
        _mailbox = mailbox;
        Port = port;
    }

    /// <summary>Why there can be none on this machine, or null.</summary>
    public static string? Absence { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Combine(directory, "aiosmtpd")))
            ? null
            : "aiosmtpd is not installed (Debian: python3-aiosmtpd).";

    public int Port { get; }

    public static async Task<SmtpServer> Start()
    {
        var port = FreePort();
        var mailbox = Path.Combine(Path.GetTempPath(), $"schemahub-mailbox-{Guid.CreateVersion7():n}");
        var start = new ProcessStartInfo("aiosmtpd") { UseShellExecute = false, RedirectStandardError = true };
        string[] arguments = ["-n", "-c", "aiosmtpd.handlers.Mailbox", mailbox, "-l", $"127.0.0.1:{Text(port)}"];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        var server = new SmtpServer(Process.Start(start)!, mailbox, port);
        await server.WaitUntilItListens();
        return server;
    }

    /// <summary>What came, decoded; it is taken out of the mailbox.</summary>
    public IReadOnlyList<ReceivedMail> TakeMails() => ReceivedMail.Take(Path.Combine(_mailbox, "new"));

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        if (Directory.Exists(_mailbox))
            Directory.Delete(_mailbox, recursive: true);
    }

    /// <summary>A port nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task WaitUntilItListens()
    {
        using var late = new CancellationTokenSource(LongestStart);
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"aiosmtpd ended: {await _process.StandardError.ReadToEndAsync()}");

            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, late.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, late.Token);
            }
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
