using System.Text.RegularExpressions;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>A part of a schema, in words that the documents and the database share.</summary>
/// <param name="Kind"><c>column</c>, <c>foreign key</c>, <c>on delete</c>, <c>check</c> and so on.</param>
internal sealed record SchemaPart(string Table, string Kind, string Definition);

/// <summary>
/// What is written about a published schema: the facts of its document (the program's .tsv files), and this
/// project's own list of additions.
/// </summary>
internal static partial class SchemaDocuments
{
    private const string NotYetThere = "not yet";
    private const string NotFollowed = "exception";

    public static IEnumerable<SchemaPart> Columns(string schema) =>
        from row in Facts("columns.tsv", schema)
        where row["column"] != "*"
        select new SchemaPart(row["table"], "column", Column(row));

    /// <summary>Columns documented as indexed, in whatever way.</summary>
    public static IEnumerable<SchemaPart> IndexedColumns(string schema) =>
        from row in Facts("columns.tsv", schema)
        where row["indexed"] == "yes"
        select new SchemaPart(row["table"], LiveSchema.Leading, row["column"]);

    public static IEnumerable<SchemaPart> Constraints(string schema) =>
        from row in Facts("constraints.tsv", schema)
        where row["table"] != "*"
        let table = row["table"]
        let columns = row["definition"]
        select row["kind"] switch
        {
            "pk" => new SchemaPart(table, "primary key", columns),
            "fk" => new SchemaPart(table, "foreign key", columns),
            "unique" => new SchemaPart(table, "unique", columns),
            // The document names indexes by one pattern.
            "index" => new SchemaPart(table, "index", $"idx_{table}_{columns.Trim('(', ')')} {columns}"),
            _ => new SchemaPart(table, row["kind"], ""),
        };

    public static IEnumerable<string> Tables(string schema) =>
        Facts("columns.tsv", schema).Select(row => row["table"]).Distinct();

    public static IReadOnlyList<SchemaPart> Additions() =>
        [.. List().Where(part => part.Kind is not (NotYetThere or NotFollowed))];

    /// <summary>Documented facts that do not hold, each listed by its kind and definition.</summary>
    public static IEnumerable<SchemaPart> Exceptions() =>
        from part in List()
        where part.Kind == NotFollowed
        let words = part.Definition.Split(" (", 2)
        select new SchemaPart(part.Table, words[0], words.Length == 1 ? "" : $"({words[1]}");

    public static IEnumerable<string> NotYet() =>
        List().Where(part => part.Kind == NotYetThere).Select(part => part.Table);

    /// <summary>The table's rows: tables (one or more), kind, definition in backquotes, why.</summary>
    private static IEnumerable<SchemaPart> List() =>
        from line in File.ReadLines(Path.Combine(Root(), "docs", "backstage-additions.md"))
        let row = ListRow().Match(line)
        where row.Success
        from table in row.Groups["tables"].Value.Split(", ")
        select new SchemaPart(table, row.Groups["kind"].Value, row.Groups["definition"].Value);

    private static string Column(Dictionary<string, string> row)
    {
        var required = row["nullable"] == "no" ? " not null" : "";
        var standard = row["default"].Length > 0 ? $" default {row["default"]}" : "";
        return $"{row["column"]} {row["type"]}{required}{standard}";
    }

    private static IEnumerable<Dictionary<string, string>> Facts(string file, string schema)
    {
        var lines = File.ReadAllLines(Path.Combine(Root(), "src", "Infrastructure", "Schema", file));
        var names = lines[0].Split('\t');
        return from line in lines.Skip(1)
            let row = names.Zip(line.Split('\t')).ToDictionary(cell => cell.First, cell => cell.Second)
            where row["schema"] == schema
            select row;
    }

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent!;

        return folder.FullName;
    }

    [GeneratedRegex(
        @"^\| (?<tables>[a-z_, ]+) \| (?<kind>[a-z -]+) \| (`(?<definition>[^`]+)`)? *\| .+ \|$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex ListRow();
}
