using System.Diagnostics;
using System.Globalization;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Infrastructure.Specs.Campaigns;
using SchemaHub.Infrastructure.Specs.EventLog;
using SchemaHub.Infrastructure.Specs.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

/// <summary>Another process that uses the server of a data directory until it is killed or told to end.</summary>
internal sealed class ServerHolder : IDisposable
{
    private readonly Process _process;

    private ServerHolder(Process process, int serverProcessId)
    {
        _process = process;
        ServerProcessId = serverProcessId;
    }

    public int ServerProcessId { get; }

    public static async Task<ServerHolder> Start(string dataDirectory)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var process = Process.Start(
            new ProcessStartInfo(dotnet, ["exec", typeof(ServerHolder).Assembly.Location, dataDirectory])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        var line = await process.StandardOutput.ReadLineAsync();
        return new ServerHolder(process, int.Parse(line.ShouldNotBeNull(), CultureInfo.InvariantCulture));
    }

    /// <summary>As <c>kill -9</c> does it.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    /// <summary>What runs in the other process.</summary>
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments[0] == SendingProgram.Verb)
            return await SendingProgram.Run(arguments);

        if (arguments[0] == AppendingProgram.Verb)
            return await AppendingProgram.Run(arguments);

        if (arguments[0] == WorkingProgram.Verb)
            return await WorkingProgram.Run(arguments);

        await using var server = await EmbeddedPostgres.Start(
            TestServer.Options(arguments[0]),
            progress: null,
            default
        );
        Console.WriteLine(server.ProcessId.ToString(CultureInfo.InvariantCulture));
        await Console.In.ReadLineAsync();
        return 0;
    }
}
