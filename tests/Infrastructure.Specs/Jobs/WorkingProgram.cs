using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>Another node: a process that runs jobs until it is killed. The long ones never end there.</summary>
internal sealed class WorkingProgram : IDisposable
{
    public const string Verb = "work";

    private readonly Process _process;

    private WorkingProgram(Process process) => _process = process;

    public static WorkingProgram Start(TestService service)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] arguments =
        [
            "exec",
            typeof(WorkingProgram).Assembly.Location,
            Verb,
            service.ConnectionString,
            service.Installation.Keys.Directory,
        ];
        return new WorkingProgram(Process.Start(new ProcessStartInfo(dotnet, arguments) { UseShellExecute = false })!);
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
    public static async Task<int> Run(string[] arguments)
    {
        var happenings = new Happenings();
        await using var service = await TestService.Start(
            arguments[1],
            arguments[2],
            services => SpecJobs.Add(services, happenings)
        );
        await ActivatorUtilities.CreateInstance<JobService>(service.Services).StartAsync(CancellationToken.None);
        await Task.WhenAny(Task.Delay(Timeout.Infinite));
        return 0;
    }
}
