using System.Diagnostics;
using System.Globalization;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Another process that sends campaigns, until it is killed.</summary>
internal sealed class SendingProgram : IDisposable
{
    public const string Verb = "send";

    private readonly Process _process;

    private SendingProgram(Process process) => _process = process;

    public bool HasEnded => _process.HasExited;

    public static SendingProgram Start(TestMailing mailing, int connections)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return new SendingProgram(
            Process.Start(
                new ProcessStartInfo(
                    dotnet,
                    [
                        "exec",
                        typeof(SendingProgram).Assembly.Location,
                        Verb,
                        mailing.Service.ConnectionString,
                        mailing.Service.Installation.Keys.Directory,
                        Text(mailing.Sink.Port),
                        Text(connections),
                    ]
                )
                {
                    UseShellExecute = false,
                }
            )!
        );
    }

    /// <summary>As <c>kill -9</c> does it.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>It stands still, with its connections open, until <see cref="Continue"/>.</summary>
    public Task Stop() => Signal("-STOP");

    public Task Continue() => Signal("-CONT");

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();

        _process.Dispose();
    }

    /// <summary>What runs in the other process.</summary>
    public static async Task<int> Run(string[] arguments)
    {
        await using var service = await TestService.Start(
            arguments[1],
            arguments[2],
            services => TestMailing.AddSending(services, Number(arguments[3]), Number(arguments[4]))
        );
        await using var node = new SendingNode(service);
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    private async Task Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, Text(_process.Id)]);
        await kill.WaitForExitAsync();
        kill.ExitCode.ShouldBe(0);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
