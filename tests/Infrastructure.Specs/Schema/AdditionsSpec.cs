using System.Text.RegularExpressions;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>
/// Whatever a published schema has beside its document stands on its page, with a reason. What is beside it is taken
/// from the published catalogue, which <see cref="PublishedCatalogueSpec"/> compares with a live database.
/// </summary>
public sealed partial class AdditionsSpec
{
    private static readonly string[] Schemas = ["saas", "snorq", "podcast", "smarthub"];

    // Rights and forced isolation are the same everywhere, and the isolation specs' to check.
    private static readonly string[] Kinds =
    [
        "table",
        "column",
        "check",
        "unique",
        "index",
        "foreign_key",
        "primary_key",
        "policy",
        "function",
        "trigger",
    ];

    [TestCaseSource(nameof(Schemas))]
    public void Whatever_a_schema_has_beside_its_document_is_on_its_page_with_a_reason(string schema)
    {
        var page = Page(schema);
        var silent = Additions(schema)
            .Where(part => !page.Exists(row => row.Tells(part)))
            .Select(part => part.ToString());

        silent.ShouldBeEmpty($"Add it to the table of docs/{schema}-additions.md, with the reason.");
    }

    [TestCaseSource(nameof(Schemas))]
    public void Whatever_the_page_says_is_a_column_beside_the_document_is_one(string schema)
    {
        var there = Additions(schema).Where(part => part.Kind == "column").ToList();
        var gone =
            from row in Page(schema)
            where row.Kind == "column"
            from table in row.Tables
            where !there.Exists(part => part.Table == table && row.Names(part.Name))
            select $"{table}: {row.What}";

        gone.ShouldBeEmpty();
    }

    [TestCaseSource(nameof(Schemas))]
    public void Every_line_of_the_page_has_a_reason(string schema) =>
        Page(schema).Where(row => row.Why.Length < 3).Select(row => row.What).ShouldBeEmpty();

    private static IEnumerable<Part> Additions(string schema) =>
        from line in File.ReadLines(Path.Combine(Repository(), "src", "Infrastructure", "Schema", "published.tsv"))
        let fields = line.Split('\t')
        where fields is ["addition", _, _, _, _, ..] && fields[1] == schema && Kinds.Contains(fields[3])
        select new Part(fields[2], fields[3], fields[4], string.Join(' ', fields[5..]));

    private static List<Row> Page(string schema) =>
        [
            .. File.ReadLines(Path.Combine(Repository(), "docs", $"{schema}-additions.md"))
                .Select(line => Cells().Match(line))
                .Where(match => match.Success && match.Groups["kind"].Value is not ("kind" or "---"))
                .Select(match => new Row(
                    match.Groups["tables"].Value,
                    match.Groups["kind"].Value,
                    match.Groups["what"].Value,
                    match.Groups["why"].Value
                )),
        ];

    private static string Repository()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SchemaHub.sln")))
            folder = folder.Parent;

        return folder.FullName;
    }

    [GeneratedRegex(
        @"^\| (?<tables>[^|]+) \| (?<kind>[^|]+) \| (?<what>.*?) ?\| (?<why>[^|]*) \|$",
        RegexOptions.None,
        1_000
    )]
    private static partial Regex Cells();

    [GeneratedRegex("[a-z0-9_]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Words();

    /// <summary>Something that is there and not documented.</summary>
    private sealed record Part(string Table, string Kind, string Name, string Details)
    {
        public IEnumerable<string> Columns =>
            Word("columns")?.Trim('(', ')').Split(',', StringSplitOptions.TrimEntries) ?? [];

        public string? Word(string name) =>
            Details
                .Split(' ')
                .FirstOrDefault(word => word.StartsWith($"{name}=", StringComparison.Ordinal))
                ?[(name.Length + 1)..];
    }

    /// <summary>A line of a page's table.</summary>
    private sealed record Row(string Subjects, string Kind, string What, string Why)
    {
        public IReadOnlyList<string> Tables { get; } =
        [.. Subjects.Split(',', StringSplitOptions.TrimEntries).Select(table => table.Trim('`'))];

        public bool Names(string name) => Words().Matches(What).Any(word => word.Value == name);

        public bool Tells(Part part) =>
            part.Kind switch
            {
                "table" => Tables.Contains(part.Table),
                "function" => Tables.Contains(part.Name.Split('(')[0]) || Names(part.Name.Split('(')[0]),
                "column" => Tables.Contains(part.Table) && Names(part.Name),
                "policy" => Kind == "policy" && Tables.Contains(part.Table) && Names(part.Name),
                "trigger" => Tables.Contains(part.Table) && Kind == "trigger",
                _ => Tables.Contains(part.Table)
                    && Kind is not ("column" or "policy" or "row-level security")
                    && (Named(part) || part.Columns.Any(Names)),
            };

        private bool Named(Part part) => part.Word("name") is { } name && Names(name);
    }
}
