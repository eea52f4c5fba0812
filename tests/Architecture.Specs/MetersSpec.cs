using System.Text.RegularExpressions;

namespace SchemaHub.Architecture.Specs;

/// <summary>Who watches the service finds what is counted: every meter and instrument is in the docs.</summary>
public sealed partial class MetersSpec
{
    [Test]
    public void Every_meter_and_instrument_is_in_the_docs()
    {
        var docs = Repository.Read("docs/running.md");
        var names = Repository
            .Files.Where(file =>
                file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)
            )
            .Select(Repository.Read)
            .Where(code => code.Contains("Meter Meter = new(", StringComparison.Ordinal))
            .SelectMany(code => Name().Matches(code).Select(match => match.Groups["name"].Value))
            .Distinct()
            .ToList();

        names.Count.ShouldBeGreaterThan(20);
        names.Where(name => !docs.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty("Name it there.");
    }

    [GeneratedRegex("\"(?<name>SchemaHub\\.[A-Z]\\w+|schemahub(\\.[a-z_]+)+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Name();
}
