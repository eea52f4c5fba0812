using System.Diagnostics;
using Spectre.Console;

namespace SchemaHub.Api.CommandLine;

/// <summary>
/// How far long work is: one line that rewrites itself on a terminal, a plain line now and then elsewhere.
/// </summary>
internal sealed class ProgressLine(string unit) : IDisposable
{
    private const int Width = 40;

    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(5);

    private readonly IAnsiConsole _console = AnsiConsole.Create(
        new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
    );

    private readonly long _started = Stopwatch.GetTimestamp();
    private TimeSpan _shown = TimeSpan.Zero;
    private (long Done, double? Share) _last;
    private bool _open;

    /// <summary>Tells how much is done.</summary>
    public void Report(long done) => Report(done, share: null);

    /// <summary>The same, with the share of the whole.</summary>
    /// <param name="share">0 to 1, where the end is known.</param>
    public void Report(long done, double? share)
    {
        _last = (done, share);
        var elapsed = Stopwatch.GetElapsedTime(_started);
        if (elapsed - _shown < (Console.IsErrorRedirected ? Elsewhere : OnTerminal))
            return;

        _shown = elapsed;
        Show();
    }

    /// <summary>Shows the end, where a way to it was shown.</summary>
    public void Finish()
    {
        if (!_open)
            return;

        _last.Share = _last.Share is null ? null : 1;
        Show();
        Dispose();
    }

    /// <summary>Ends the line on a terminal, wherever it stands.</summary>
    public void Dispose()
    {
        if (_open)
            Console.Error.WriteLine();

        _open = false;
    }

    private void Show()
    {
        var rate = _last.Done / Math.Max(Stopwatch.GetElapsedTime(_started).TotalSeconds, 0.001);
        var text = $"{_last.Done:N0} {unit}, {rate:N0}/s";
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(text);
            return;
        }

        _open = true;
        var full = (int)(Math.Clamp(_last.Share ?? 0, 0, 1) * Width);
        var bar = _last.Share is null
            ? ""
            : $"[green]{new string('━', full)}[/][grey]{new string('━', Width - full)}[/] ";
        _console.Markup($"\r{bar}{Markup.Escape(text)}   ");
    }
}
