using System.Text.RegularExpressions;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>One thing that a document says of its schema.</summary>
/// <param name="Kind"><c>relation</c>, <c>column</c>, or a constraint's: <c>pk</c>, <c>fk</c>, <c>index</c> …</param>
/// <param name="Row">What the line of the list says, by its heading.</param>
internal sealed record DocumentedFact(string Schema, string Table, string Kind, IReadOnlyDictionary<string, string> Row)
{
    public string this[string heading] => Row.GetValueOrDefault(heading, "");

    /// <summary>How a report names it.</summary>
    public string Id =>
        Kind switch
        {
            "relation" => $"{Schema}.{Table}",
            "column" => $"{Schema}.{Table}.{this["column"]}",
            _ => $"{Schema}.{Table} {Kind} {this["name"]} {this["definition"]}".Replace(
                "  ",
                " ",
                StringComparison.Ordinal
            ),
        };
}

/// <summary>What a document says of a foreign key.</summary>
/// <param name="OnDelete">Null where it says nothing.</param>
internal sealed record DocumentedReference(
    IReadOnlyList<string> Columns,
    string Target,
    IReadOnlyList<string> TargetColumns,
    string? OnDelete
);

/// <summary>
/// Every fact of the five documents, one for each table or view, column and constraint: <c>columns.tsv</c> and
/// <c>constraints.tsv</c>.
/// </summary>
internal static partial class DocumentedFacts
{
    /// <summary>The schemas that documents describe.</summary>
    public static IReadOnlyList<string> Schemas { get; } = ["backstage", "saas", "snorq", "podcast", "smarthub"];

    /// <summary>All facts: relations, their columns, then the constraints.</summary>
    public static IReadOnlyList<DocumentedFact> All { get; } = [.. Load()];

    /// <summary>The columns of a key or index, as <c>(organization_id, updated_at desc)</c> lists them.</summary>
    public static IReadOnlyList<string> ColumnsOf(string definition) =>
        definition.Trim('(', ')').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>A foreign key as <c>(user_id) references users(id) on delete cascade</c>; null for prose.</summary>
    public static DocumentedReference? ReferenceOf(string definition) =>
        Reference().Match(definition) is { Success: true } match
            ? new DocumentedReference(
                ColumnsOf(match.Groups["columns"].Value),
                match.Groups["target"].Value,
                ColumnsOf(match.Groups["target_columns"].Value),
                match.Groups["action"] is { Success: true, Value: var action } ? action : null
            )
            : null;

    private static IEnumerable<DocumentedFact> Load()
    {
        var columns = Resource.Rows("schema/columns.tsv");
        foreach (var relation in columns.DistinctBy(row => (row["schema"], row["table"])))
            yield return new DocumentedFact(relation["schema"], relation["table"], "relation", relation);

        foreach (var row in columns.Where(row => row["column"] != "*"))
            yield return new DocumentedFact(row["schema"], row["table"], "column", row);

        foreach (var row in Resource.Rows("schema/constraints.tsv"))
            yield return new DocumentedFact(row["schema"], row["table"], row["kind"], row);
    }

    [GeneratedRegex(
        @"^\((?<columns>[^)]*)\) references (?<target>\w+) ?\((?<target_columns>[^)]*)\)"
            + @"( on delete (?<action>[a-z ]+))?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex Reference();
}

/// <summary>Lists that are part of the program.</summary>
internal static class Resource
{
    public static string Text(string name)
    {
        using var stream =
            typeof(Resource).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The rows of a list, by the headings in its first line.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Rows(string name) => RowsOf(Text(name));

    public static IReadOnlyList<IReadOnlyDictionary<string, string>> RowsOf(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var headings = lines[0].TrimEnd('\r').Split('\t');
        return
        [
            .. lines
                .Skip(1)
                .Select(line =>
                    headings
                        .Zip(line.TrimEnd('\r').Split('\t'))
                        .ToDictionary(cell => cell.First, cell => cell.Second, StringComparer.Ordinal)
                ),
        ];
    }
}
