using System.Diagnostics;

namespace SchemaHub.Benchmarks;

/// <summary>How things are timed.</summary>
internal static class Rounds
{
    /// <summary>
    /// Value and floor in turn, since the machine is not ours alone, and the medians of each. A round before the first
    /// is not counted: code is compiled and caches fill.
    /// </summary>
    public static async Task<(double Value, double Floor)> Compare(
        Func<Task<double>> value,
        Func<Task<double>> floor,
        int rounds = BenchmarkOptions.Rounds
    )
    {
        var values = new List<double>();
        var floors = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            GC.Collect();
            values.Add(await value());
            GC.Collect();
            floors.Add(await floor());
        }

        return (Median(values[1..]), Median(floors[1..]));
    }

    /// <summary>
    /// Calls that ended within the window, per second; every caller waits for its answer before it calls again.
    /// </summary>
    /// <param name="call">Given the caller's number.</param>
    public static async Task<double> Rate(int callers, TimeSpan window, Func<int, Task> call)
    {
        // Callers start one after the other, and the sealer finds its pace.
        var start = Stopwatch.GetTimestamp() + (long)(window.TotalSeconds / 3 * Stopwatch.Frequency);
        var end = start + (long)(window.TotalSeconds * Stopwatch.Frequency);
        var finished = await Task.WhenAll(
            Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallUntil(start, end, () => call(caller))))
        );
        return finished.Sum() / window.TotalSeconds;
    }

    /// <summary>Seconds that something takes.</summary>
    public static async Task<double> Seconds(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<int> CallUntil(long start, long end, Func<Task> call)
    {
        var finished = 0;
        while (true)
        {
            await call();
            var now = Stopwatch.GetTimestamp();
            if (now > end)
                return finished;

            if (now >= start)
                finished++;
        }
    }

    private static double Median(List<double> measured)
    {
        measured.Sort();
        return measured[measured.Count / 2];
    }
}
