using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>A Node process that compiles MJML, a line of JSON at a time.</summary>
internal sealed class MjmlWorker : IDisposable
{
    // A megabyte of MJML makes a few of HTML.
    private const int MostAnswerCharacters = 16 * 1024 * 1024;
    private const int MostErrorCharacters = 4_000;

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private readonly int _megabytes;

    private MjmlWorker(Process process, int megabytes) => (_process, _megabytes) = (process, megabytes);

    public int ProcessId => _process.Id;

    public bool IsAlive => !_process.HasExited;

    /// <summary>Starts one; it has the package loaded.</summary>
    /// <exception cref="MjmlUnavailableException">Node or the package is not there.</exception>
    public static async Task<MjmlWorker> Start(MjmlOptions options, CancellationToken cancellation)
    {
        var folder =
            options.Find()
            ?? throw new MjmlUnavailableException(
                "The mjml package is not installed: run npm ci in the folder mjml beside the program, or name its "
                    + "folder in SchemaHub:Mjml:Directory."
            );
        var start = new ProcessStartInfo(
            options.Node,
            [$"--max-old-space-size={options.MemoryMegabytes}", "worker.mjs"]
        )
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        // It needs nothing of what the service knows.
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "SystemRoot")).ToList())
            start.Environment.Remove(name);

        var worker = new MjmlWorker(new Process { StartInfo = start }, options.MemoryMegabytes);
        try
        {
            worker.Run();
            await worker.Read(cancellation);
            return worker;
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    /// <summary>One request, and its answer.</summary>
    /// <exception cref="MjmlUnavailableException">The process died.</exception>
    /// <exception cref="TemplateTooCostlyException">It took too much memory, or made too much HTML.</exception>
    public async Task<JsonElement> Ask(string request, CancellationToken cancellation)
    {
        try
        {
            // The process may end in the middle of reading.
            await _process.StandardInput.WriteLineAsync(request.AsMemory(), cancellation);
            await _process.StandardInput.FlushAsync(cancellation);
        }
        catch (IOException broken)
        {
            throw await Died(broken);
        }

        return await Read(cancellation);
    }

    public void Dispose()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It was never started.
        }

        _process.Dispose();
    }

    private void Run()
    {
        try
        {
            _process.Start();
        }
        catch (Win32Exception missing)
        {
            throw new MjmlUnavailableException(
                $"Node is not installed: {_process.StartInfo.FileName} cannot be started. HTML can be saved.",
                missing
            );
        }

        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                if (_errors.Length < MostErrorCharacters)
                    _errors.Append(line.Data).Append(' ');
            }
        };
        _process.BeginErrorReadLine();
    }

    private async Task<JsonElement> Read(CancellationToken cancellation)
    {
        var answer = new StringBuilder();
        var buffer = new char[16 * 1024];
        while (answer.Length <= MostAnswerCharacters)
        {
            var read = await _process.StandardOutput.ReadAsync(buffer, cancellation);
            if (read == 0)
                throw await Died(inner: null);

            answer.Append(buffer, 0, read);
            // One answer at a time: its line end is the last character.
            if (buffer[read - 1] == '\n')
                return Parsed(answer.ToString());
        }

        throw TemplateTooCostlyException.MjmlHtml();
    }

    private static JsonElement Parsed(string answer)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(answer);
        }
        catch (JsonException garbled)
        {
            throw new MjmlUnavailableException("The MJML compiler answered with what is no JSON.", garbled);
        }
    }

    private async Task<Exception> Died(Exception? inner)
    {
        // What it wrote before its end is read to the end.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_errors)
        {
            var said = _errors.ToString();
            return said.Contains("heap out of memory", StringComparison.Ordinal)
                ? TemplateTooCostlyException.MjmlMegabytes(_megabytes)
                : new MjmlUnavailableException($"The MJML compiler ended. {said}".TrimEnd(), inner);
        }
    }
}
