using System.Diagnostics;
using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>What happened in a round, with the seconds since its start; written to the round's directory.</summary>
internal sealed class Timeline : IDisposable
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<string> _lines = [];
    private readonly StreamWriter _file;

    public Timeline(string directory) => _file = File.CreateText(Path.Combine(directory, "timeline.txt"));

    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public void Add(string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{Now.TotalSeconds, 8:F2}  {what}");
        lock (_lines)
        {
            _lines.Add(line);
            _file.WriteLine(line);
            _file.Flush();
        }
    }

    public void Dispose() => _file.Dispose();
}
