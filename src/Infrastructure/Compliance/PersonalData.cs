using System.Text;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>What a column holds of persons, and what becomes of it when one of them is erased.</summary>
/// <param name="Table">Schema and table.</param>
/// <param name="Whose">What kinds of persons, as in <c>contact</c>; none where it is not personal.</param>
/// <param name="Origin"><c>provided</c>, <c>observed</c>, <c>derived</c>, <c>secret</c>, or <c>-</c>.</param>
/// <param name="AtErasure">One of <see cref="PersonalData.Fates"/>, or <c>-</c>.</param>
/// <param name="Why">What the fate alone does not say.</param>
public sealed record PersonalColumn(
    string Table,
    string Column,
    IReadOnlyList<string> Whose,
    string Origin,
    string AtErasure,
    string Why
)
{
    /// <summary>Whether it holds anything of a person.</summary>
    public bool IsPersonal => Whose.Count > 0;
}

/// <summary>By which condition on <c>t</c> the rows of one person are found in a table.</summary>
/// <param name="Condition">
/// SQL with <c>{id}</c>, <c>{number}</c>, <c>{cuid}</c> and <c>{email}</c>; null where rows are not looked for.
/// </param>
public sealed record PersonalLink(string Table, string Whose, string? Condition);

/// <summary>
/// The classification of every column: personal or not, whose, where it comes from, how it is erased. Archives are
/// made from it, and specs hold the database to it, so that a new column cannot be forgotten.
/// </summary>
public static class PersonalData
{
    /// <summary>What becomes of a column when its person is erased, with what that means.</summary>
    public static IReadOnlyDictionary<string, string> Fates { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["cleared"] = "set to null, or to a placeholder that names nobody, in the commit of the erasure",
            ["deleted"] = "goes with its row in the commit of the erasure",
            ["key"] = "ciphertext, to which the key is destroyed in the commit of the erasure",
            ["unlinked"] = "refers to a person only by an id behind which nothing personal is left",
            ["retention"] = "goes when its time is over",
            ["record"] =
                "stays until the record is deleted by whoever keeps it: an erasure of somebody else is no reason",
            ["kept"] = "stays, for the reason given",
        };

    /// <summary>Where what is personal comes from.</summary>
    public static IReadOnlyDictionary<string, string> Origins { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["provided"] = "the person gave it, or somebody for them",
            ["observed"] = "noted of what the person did, or what was done to them",
            ["derived"] = "follows from something else: an id, a state",
            ["secret"] = "opens something, or did: in no archive",
        };

    /// <summary>Every column, in the order of the file.</summary>
    public static IReadOnlyList<PersonalColumn> Columns { get; } =
    [
        .. Read("personal-data")
            .Select(line => new PersonalColumn(
                line[0][..line[0].LastIndexOf('.')],
                line[0][(line[0].LastIndexOf('.') + 1)..],
                line[1] == "-" ? [] : line[1].Split(','),
                line[2],
                line[3],
                line[4]
            )),
    ];

    /// <summary>How rows are found, table by table.</summary>
    public static IReadOnlyList<PersonalLink> Links { get; } =
    [.. Read("personal-links").Select(line => new PersonalLink(line[0], line[1], line[2] == "-" ? null : line[2]))];

    /// <summary>The page for people.</summary>
    public static string ToMarkdown()
    {
        var page = new StringBuilder(
            """
            # Personal data

            What each column holds of persons, where that comes from, and what becomes of it when the person is erased.
            Columns that hold nothing of anybody are left out here; they stand in the file that this page is made of,
            `src/Infrastructure/Compliance/personal-data.tsv`. A spec fails on a column that is not in the file or not
            in the database any more; another one fills the columns, erases, and looks. To make this page anew, run the
            specs of `PersonalDataSpec` with `SCHEMAHUB_WRITE_DOCS=1`.


            """.ReplaceLineEndings("\n")
        );
        foreach (var (name, meaning) in Fates)
            page.Append(string.Concat("- **", name, "**: ", meaning, ".\n"));

        page.Append('\n');
        foreach (var (name, meaning) in Origins)
            page.Append(string.Concat("- *", name, "*: ", meaning, ".\n"));

        foreach (var table in Columns.Where(column => column.IsPersonal).GroupBy(column => column.Table))
        {
            page.Append(string.Concat("\n## ", table.Key, "\n\n| Column | Whose | Origin | When erased | |\n"));
            page.Append("|---|---|---|---|---|\n");
            foreach (var column in table)
                page.Append(
                    string.Concat(
                        $"| {column.Column} | {string.Join(", ", column.Whose)} | {column.Origin} ",
                        $"| {column.AtErasure} | {column.Why} |\n"
                    )
                );
        }

        return page.ToString();
    }

    private static IEnumerable<string[]> Read(string name)
    {
        using var stream = typeof(PersonalData).Assembly.GetManifestResourceStream($"compliance/{name}.tsv")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        reader.ReadLine();
        var lines = new List<string[]>();
        while (reader.ReadLine() is { } line)
            lines.Add(line.Split('\t'));

        return lines;
    }
}
