using System.Globalization;

namespace SchemaHub.Benchmarks;

/// <summary>What to measure, and how thoroughly.</summary>
/// <param name="Seconds">Of one side of one figure, all rounds together, the warming up not counted.</param>
/// <param name="Scale">Shrinks every list, for a run that only shows that the benchmarks still work.</param>
internal sealed record BenchmarkOptions(IReadOnlyList<string> Figures, bool Json, double Seconds, double Scale)
{
    public const string Usage = """
        dotnet run -c Release --project tests/Benchmarks -- all|log|records|jobs|auth|<figure>…
            --json        prints {"figures":[{"name","unit","value","floor","ratio"},…],"machine":{…}}
            --seconds n   measures each side of a figure for n seconds in all (15)
            --scale f     shrinks the lists (1); 0.001 with --seconds 0.2 only shows that everything still runs
        Figures: import as-of rebuild replay ingest rollup send, and of log: append-1 append-32 append-256
        append-32-keyed change-32; of records: record-32 record-page; of jobs: enqueue-1 enqueue-8 process; of auth:
        auth-request auth-bare auth-key auth-decision auth-revocation. The server is a private one with fsync on, or
        the one that SCHEMAHUB_TEST_DATABASE names.
        """;

    /// <summary>Rounds of a figure; value and floor take turns, and the medians count.</summary>
    public const int Rounds = 5;

    private static readonly string[] Log =
    [
        "append-1",
        "append-32",
        "append-256",
        "append-32-keyed",
        "append-direct-1",
        "append-direct-32",
        "append-direct-256",
        "marten-plain-32",
        "marten-load",
        "change-32",
    ];
    private static readonly string[] Records = ["record-32", "record-page"];
    private static readonly string[] Jobs = ["enqueue-1", "enqueue-8", "process"];
    private static readonly string[] Authorizing =
    [
        "auth-request",
        "auth-bare",
        "auth-key",
        "auth-decision",
        "auth-revocation",
    ];

    private static readonly string[] Others = ["import", "as-of", "rebuild", "replay", "ingest", "rollup", "send"];

    /// <summary>One round of one side.</summary>
    public TimeSpan Window => TimeSpan.FromSeconds(Seconds / Rounds);

    /// <summary>Rows made ready for one round of a floor: about as many as two cores can write.</summary>
    public int Supplied => (int)(12_000 * Window.TotalSeconds * 4 / 3);

    /// <summary>Null where the arguments are not understood.</summary>
    public static BenchmarkOptions? Parse(string[] arguments)
    {
        var options = new BenchmarkOptions([], Json: false, Seconds: 15, Scale: 1);
        for (var i = 0; i < arguments.Length; i++)
        {
            var next = arguments.ElementAtOrDefault(i + 1);
            switch (arguments[i])
            {
                case "--json":
                    options = options with { Json = true };
                    break;
                case "--seconds" when Number(next) is { } seconds:
                    options = options with { Seconds = seconds };
                    i++;
                    break;
                case "--scale" when Number(next) is { } scale:
                    options = options with { Scale = scale };
                    i++;
                    break;
                case var name when FiguresOf(name) is { Count: > 0 } figures:
                    options = options with { Figures = [.. options.Figures, .. figures] };
                    break;
                default:
                    return null;
            }
        }

        return options.Figures.Count == 0 ? null : options;
    }

    public bool Wants(params ReadOnlySpan<string> figures)
    {
        foreach (var figure in figures)
        {
            if (Figures.Contains(figure))
                return true;
        }

        return false;
    }

    /// <summary>A list's length, shrunk, but never to nothing.</summary>
    public int Scaled(int count) => Math.Max(64, (int)(count * Scale));

    private static IReadOnlyList<string> FiguresOf(string name) =>
        name switch
        {
            "all" => [.. Others, .. Log, .. Records, .. Jobs, .. Authorizing],
            "log" => Log,
            "records" => Records,
            "jobs" => Jobs,
            "auth" => Authorizing,
            _ =>
            [
                .. Others.Concat(Log).Concat(Records).Concat(Jobs).Concat(Authorizing).Where(figure => figure == name),
            ],
        };

    private static double? Number(string? text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
