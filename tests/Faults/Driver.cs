using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SchemaHub.Faults;

/// <summary>Runs one round after another until the time is over or a round finds a violation.</summary>
internal sealed class Driver(FaultOptions options)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly List<RoundResult> _results = [];

    /// <returns>Whether every round was sound.</returns>
    public async Task<bool> Run()
    {
        var start = Stopwatch.GetTimestamp();
        Say($"Seed {options.Seed}, {options.Seconds} s of load and faults, {options.Nodes} nodes.");
        for (var left = options.Seconds; left > 0; left -= options.RoundSeconds)
        {
            if (!await RunRound(TimeSpan.FromSeconds(Math.Min(left, options.RoundSeconds))))
                break;
        }

        if (options.IsJson)
            Console.Out.WriteLine(JsonSerializer.Serialize(new Report(options.Seed, options.Nodes, _results), Json));

        var violations = _results.Sum(result => result.Violations.Count);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Seed {options.Seed}: {_results.Count} rounds in {seconds:F0} s, {violations} violations."
            )
        );
        return violations == 0;
    }

    private async Task<bool> RunRound(TimeSpan length)
    {
        var seed = options.Seed + _results.Count;
        var directory = NewDirectory(seed);
        var round = await Round.Start(options, seed, directory);
        RoundResult result;
        await using (round)
            result = await round.Run(length);

        _results.Add(result);
        Say(Summary(result));
        if (result.IsSound)
        {
            Directory.Delete(directory, recursive: true);
            return true;
        }

        Say($"What happened:\n{string.Join('\n', round.Timeline.Lines)}");
        Say($"Everything of this round is in {directory}.");
        return false;
    }

    private void Say(string text) => (options.IsJson ? Console.Error : Console.Out).WriteLine(text);

    // Where the account that PostgreSQL runs under can reach it.
    private static string NewDirectory(int seed)
    {
        var parent = Directory.Exists("/var/tmp") ? "/var/tmp" : Path.GetTempPath();
        return Directory
            .CreateDirectory(
                Path.Combine(
                    parent,
                    string.Create(CultureInfo.InvariantCulture, $"schemahub-faults-{seed}-{Guid.CreateVersion7():n}")
                )
            )
            .FullName;
    }

    private static string Summary(RoundResult result) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Round with seed {result.Seed}: {result.LoadSeconds} s of load, {result.TotalSeconds} s in all
              faults         {string.Join(", ", result.Faults.Select(fault => $"{fault.Value} {fault.Key}"))}
              acknowledged   {result.Acknowledged}
              unclear tries  {string.Join(", ", result.Indeterminate.Select(what => $"{what.Value} {what.Key}"))}
              longest stall  {result.LongestStallSeconds} s without an acknowledged change on any node
              stored         {result.Events} events, {result.Contacts} contacts, {result.Campaigns} campaigns
              mails          {result.MailsTaken} taken, {result.MailsInDoubt} in doubt, {result.MailsTwice} taken twice
              PostgreSQL     started by the driver {result.PostgresStartedByDriver} times
              violations     {result.Violations.Count}
            """
        ) + string.Concat(result.Violations.Select(violation => $"\n    {violation}"));

    /// <summary>What a run came to, as JSON.</summary>
    private sealed record Report(int Seed, int Nodes, IReadOnlyList<RoundResult> Rounds);
}
