using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using SchemaHub.Faults;

FaultOptions options;
try
{
    options = FaultOptions.Parse(args, RandomNumberGenerator.GetInt32(1, 1_000_000));
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n\n{FaultOptions.Usage}");
    return 2;
}

var json = new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true };
Say($"Seed {options.Seed}, {options.Seconds} s of load and faults, {options.Nodes} nodes.");
var started = Stopwatch.GetTimestamp();
var results = new List<RoundResult>();
for (var left = options.Seconds; left > 0; left -= options.RoundSeconds)
{
    var seed = options.Seed + results.Count;
    var length = TimeSpan.FromSeconds(Math.Min(left, options.RoundSeconds));
    var directory = NewDirectory(seed);
    var round = await Round.Start(options, seed, directory);
    RoundResult result;
    IReadOnlyList<string> timeline;
    await using (round)
    {
        result = await round.Run(length);
        timeline = round.Timeline.Lines;
    }

    results.Add(result);
    Say(Summary(result));
    if (!result.IsSound)
    {
        Say($"What happened:\n{string.Join('\n', timeline)}\n\nEverything of this round is in {directory}.");
        break;
    }

    Directory.Delete(directory, recursive: true);
}

if (options.IsJson)
    Console.Out.WriteLine(
        JsonSerializer.Serialize(
            new
            {
                options.Seed,
                options.Nodes,
                rounds = results,
            },
            json
        )
    );

var violations = results.Sum(result => result.Violations.Count);
Say(
    string.Create(
        CultureInfo.InvariantCulture,
        $"Seed {options.Seed}: {results.Count} rounds in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s, "
    ) + $"{violations} violations."
);
return violations == 0 ? 0 : 1;

void Say(string text) => (options.IsJson ? Console.Error : Console.Out).WriteLine(text);

// Where the account that PostgreSQL runs under can reach it.
static string NewDirectory(int seed)
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

static string Summary(RoundResult result) =>
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
