using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>How long the driver runs, with which seed, and which faults it injects.</summary>
/// <param name="Seconds">Of load and faults, without start and comparison.</param>
/// <param name="RoundSeconds">
/// A longer run is cut into rounds, each on a fresh installation with its own comparison.
/// </param>
/// <param name="Seed">Of the first round; the next round has the next seed.</param>
/// <param name="Nodes">Service processes on one database.</param>
/// <param name="Faults">The names of the faults that may be injected.</param>
internal sealed record FaultOptions(
    int Seconds,
    int RoundSeconds,
    int Seed,
    int Nodes,
    IReadOnlyList<string> Faults,
    bool IsJson
)
{
    public const string Usage = """
        Usage: dotnet run --project tests/Faults -- [--seconds 120] [--round-seconds 600] [--seed 42] [--nodes 3]
            [--faults kill-node,stop-node,...] [--json]

        Runs the service as several processes on a private PostgreSQL, with load and with faults at random, and then
        compares what was acknowledged with what is stored and what was mailed. Ends with 1 on any violation.
        """;

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="FormatException">Names the argument that cannot be read.</exception>
    public static FaultOptions Parse(IReadOnlyList<string> arguments, int randomSeed)
    {
        var options = new FaultOptions(120, 600, randomSeed, 3, FaultNames.All, IsJson: false);
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            options = name switch
            {
                "--json" => options with { IsJson = true },
                "--seconds" => options with { Seconds = Number(name, Next()) },
                "--round-seconds" => options with { RoundSeconds = Number(name, Next()) },
                "--seed" => options with { Seed = Number(name, Next()) },
                "--nodes" => options with { Nodes = Number(name, Next()) },
                "--faults" => options with { Faults = Names(Next()) },
                _ => throw new FormatException($"{name} is not an argument."),
            };

            string Next() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{name} needs a value.");
        }

        return options;
    }

    private static int Number(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{name} needs a number above 0.");

    private static string[] Names(string text)
    {
        var names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.FirstOrDefault(name => !FaultNames.All.Contains(name)) is { } unknown
            ? throw new FormatException($"{unknown} is not a fault; there are {string.Join(", ", FaultNames.All)}.")
            : names;
    }
}
