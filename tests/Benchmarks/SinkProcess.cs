using System.Diagnostics;
using System.Globalization;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>The mail server that senders are measured by, in a process of its own: its garbage is not theirs.</summary>
internal sealed class SinkProcess : IAsyncDisposable
{
    /// <summary>The argument that makes this program the mail server.</summary>
    public const string Verb = "sink";

    private readonly Process _process;

    private SinkProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public static async Task<SinkProcess> Start()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SinkProcess).Assembly.Location, Verb])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        var port = await process.StandardOutput.ReadLineAsync();
        return new SinkProcess(process, int.Parse(port!, CultureInfo.InvariantCulture));
    }

    /// <summary>Mails taken so far.</summary>
    public async Task<long> Count()
    {
        await _process.StandardInput.WriteLineAsync();
        return long.Parse((await _process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    /// <summary>What that process does: prints its port, and its count for every line it reads, until there is none.</summary>
    public static async Task Serve()
    {
        await using var sink = new MailSink(keeps: false);
        await Console.Out.WriteLineAsync(sink.Port.ToString(CultureInfo.InvariantCulture));
        while (await Console.In.ReadLineAsync() is not null)
            await Console.Out.WriteLineAsync(sink.Count.ToString(CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
