using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SchemaHub.Benchmarks;

/// <summary>
/// One thing measured. The ratio is how much of the floor's speed is reached: 1 is as fast as the floor.
/// </summary>
/// <param name="Floor">Null where there is nothing to compare with.</param>
internal sealed record Figure(string Name, string Unit, double Value, double? Floor, double? Ratio);

/// <summary>Where it was measured; settings as the server says them.</summary>
internal sealed record Machine(
    int Cores,
    string PostgreSql,
    string Fsync,
    string SynchronousCommit,
    string FullPageWrites,
    string Load
);

/// <summary>All figures of a run.</summary>
internal sealed class Report(Machine machine)
{
    private readonly List<Figure> _figures = [];

    /// <summary>Adds a rate: more is better.</summary>
    public void AddRate(string name, string unit, (double Value, double Floor) measured) =>
        Add(new Figure(name, unit, measured.Value, measured.Floor, measured.Value / measured.Floor));

    /// <summary>Adds a duration in seconds: less is better.</summary>
    public void AddSeconds(string name, (double Value, double Floor) measured) =>
        Add(new Figure(name, "s", measured.Value, measured.Floor, measured.Floor / measured.Value));

    /// <summary>Adds a duration in nanoseconds: less is better.</summary>
    public void AddNanoseconds(string name, (double Value, double Floor) measured) =>
        Add(new Figure(name, "ns", measured.Value, measured.Floor, measured.Floor / measured.Value));

    /// <summary>Adds what has no floor.</summary>
    public void Add(string name, string unit, double value) => Add(new Figure(name, unit, value, null, null));

    public string ToJson() => JsonSerializer.Serialize(new { figures = _figures, machine }, JsonSerializerOptions.Web);

    public string ToTable()
    {
        var table = new StringBuilder();
        table.AppendLine(
            CultureInfo.InvariantCulture,
            $"PostgreSQL {machine.PostgreSql}, fsync {machine.Fsync}, {machine.Cores} cores, load {machine.Load}"
        );
        foreach (var figure in _figures)
            table.AppendLine(Line(figure));

        return table.ToString().TrimEnd();
    }

    private void Add(Figure figure)
    {
        var rounded = figure with
        {
            Value = Math.Round(figure.Value, 3),
            Floor = figure.Floor is { } floor ? Math.Round(floor, 3) : null,
            Ratio = figure.Ratio is { } ratio ? Math.Round(ratio, 3) : null,
        };
        _figures.Add(rounded);
        Console.Error.WriteLine(Line(rounded));
    }

    private static string Line(Figure figure)
    {
        var floor = figure.Floor is null ? "" : $"floor {figure.Floor:N2}, ratio {figure.Ratio:N2}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{figure.Name, -16} {figure.Value, 12:N2} {figure.Unit, -12} {floor}"
        );
    }
}
