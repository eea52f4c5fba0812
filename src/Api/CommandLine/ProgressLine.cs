using System.Diagnostics;
using Spectre.Console;

namespace SchemaHub.Api.CommandLine;

/// <summary>How far long work is: one line that rewrites itself on a terminal, a plain line now and then elsewhere.</summary>
internal sealed class ProgressLine(string unit) : IDisposable
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(5);

    private readonly IAnsiConsole _console = AnsiConsole.Create(
        new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
    );

    private readonly long _started = Stopwatch.GetTimestamp();
    private TimeSpan _shown = TimeSpan.Zero;
    private bool _open;

    /// <summary>Tells how much is done.</summary>
    public void Report(long done) => Report(done, share: null);

    /// <summary>The same, with the share of the whole.</summary>
    /// <param name="share">0 to 1, where the end is known.</param>
    public void Report(long done, double? share)
    {
        var elapsed = Stopwatch.GetElapsedTime(_started);
        var isTerminal = !Console.IsErrorRedirected;
        if (elapsed - _shown < (isTerminal ? OnTerminal : Elsewhere))
            return;

        _shown = elapsed;
        var rate = done / Math.Max(elapsed.TotalSeconds, 0.001);
        var text = $"{done:N0} {unit}, {rate:N0}/s";
        if (!isTerminal)
        {
            Console.Error.WriteLine(text);
            return;
        }

        _open = true;
        var bar = share is { } part
            ? $"[green]{new string('━', (int)(part * 40))}[/][grey]{new string('━', 40 - (int)(part * 40))}[/] "
            : "";
        _console.Markup($"\r{bar}{Markup.Escape(text)}   ");
    }

    /// <summary>Ends the line on a terminal.</summary>
    public void Finish()
    {
        if (_open)
            Console.Error.WriteLine();

        _open = false;
    }

    public void Dispose() => Finish();
}
