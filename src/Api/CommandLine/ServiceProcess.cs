using System.Diagnostics;

namespace SchemaHub.Api.CommandLine;

/// <summary>The service as a process of its own, on a port that the system chooses, until it is killed.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const string Serving = "Serving ";
    private const int MostLines = 50;

    private readonly Process _process;
    private readonly Queue<string> _said = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        // Read all along, so that it never waits for a reader.
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it listens, once it says so.</summary>
    public Task<Uri> Address => _address.Task;

    /// <summary>Starts <c>serve</c> of this program.</summary>
    public static ServiceProcess Start(IReadOnlyDictionary<string, string> environment)
    {
        var program = Environment.ProcessPath!;
        string[] command =
            Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ServiceProcess).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. command, "serve", "--urls", "http://127.0.0.1:0"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        return new ServiceProcess(start);
    }

    /// <summary>Sees to it that it still runs.</summary>
    /// <exception cref="InvalidOperationException">It ended by itself; the message has what it said last.</exception>
    public void RequireRunning()
    {
        if (!_process.HasExited)
            return;

        _process.WaitForExit();
        throw new InvalidOperationException(
            $"The service ended by itself, with {_process.ExitCode}:\n{string.Join('\n', Said())}"
        );
    }

    /// <summary>Kills it, as a power cut would.</summary>
    public Task Kill(CancellationToken cancellation)
    {
        _process.Kill();
        return _process.WaitForExitAsync(cancellation);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;

        if (line.StartsWith(Serving, StringComparison.Ordinal))
            _address.TrySetResult(new Uri(line[Serving.Length..line.IndexOf(';', StringComparison.Ordinal)]));

        lock (_said)
        {
            _said.Enqueue(line);
            if (_said.Count > MostLines)
                _said.Dequeue();
        }
    }

    private string[] Said()
    {
        lock (_said)
            return [.. _said];
    }
}
