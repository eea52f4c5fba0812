using System.Globalization;
using System.Text;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>Every table, column and key of the published schemas, for people who read them with SQL.</summary>
internal sealed class DataDictionary(Catalogue live)
{
    private readonly StringBuilder _text = new();

    public string Write()
    {
        _text.Append("# Data dictionary\n\n");
        _text.Append("Written by `schemahub schema docs` from the database's own catalogue: do not edit it. ");
        _text.Append("How the tables hang together is drawn in [erd](erd).\n");
        foreach (var schema in SchemaReview.Published(live))
            Schema(schema);

        return _text.ToString();
    }

    private void Schema(string schema)
    {
        var counts = CatalogueCounts.Of(live, schema);
        Line("");
        Line($"## {schema}");
        Line("");
        Line(
            $"{Count(counts.Tables, "table")}, {Count(counts.Views, "view")}, "
                + $"{Count(counts.ForeignKeys, "foreign key")}."
        );
        var enums = live.Of(schema, "", PartKind.Enum).OrderBy(part => part.Id, StringComparer.Ordinal).ToList();
        if (enums.Count > 0)
        {
            Line("");
            Line("| enum | values |");
            Line("|---|---|");
            foreach (var part in enums)
                Line($"| `{part.Id}` | {Wording.Of(part)} |");
        }

        foreach (var table in live.Tables(schema).OrderBy(part => part.Table, StringComparer.Ordinal))
            Table(table);

        var functions = live.Of(schema, "", PartKind.Function)
            .OrderBy(part => part.Id, StringComparer.Ordinal)
            .ToList();
        if (functions.Count == 0)
            return;

        Line("");
        Line($"### Functions of {schema}");
        Line("");
        Line("| function | returns | meaning |");
        Line("|---|---|---|");
        foreach (var function in functions)
            Line($"| `{function.Id}` | {Code(function[Trait.Returns])} | {Cell(function[Trait.Comment])} |");
    }

    private void Table(CataloguePart table)
    {
        var parts = live.Of(table.Schema, table.Table);
        Line("");
        Line($"### {table.Schema}.{table.Table}");
        Line("");
        var what = table[Trait.Is] switch
        {
            "table" => "",
            "partitioned table" => $"Partitioned by {table[Trait.PartitionKey].ToLowerInvariant()}. ",
            var other => $"A {other}. ",
        };
        if (what.Length + table[Trait.Comment].Length > 0)
        {
            Line($"{what}{Cell(table[Trait.Comment])}".TrimEnd());
            Line("");
        }

        Line("| column | type | null | default | key | meaning |");
        Line("|---|---|---|---|---|---|");
        foreach (var column in parts.Where(part => part.Kind == PartKind.Column))
        {
            var isView = table[Trait.Definition].Length > 0;
            var isNull = isView || column[Trait.Nullability] == CatalogueRows.NotNull ? "" : "yes";
            Line(
                $"| `{column.Id}` | {Code(column[Trait.Type])} | {isNull} | {Code(DefaultOf(column))} "
                    + $"| {KeyOf(parts, column.Id)} | {Cell(column[Trait.Comment])} |"
            );
        }

        var lines = Keys(parts).ToList();
        if (lines.Count == 0)
            return;

        Line("");
        foreach (var line in lines)
            Line($"- {line}");
    }

    private static IEnumerable<string> Keys(IReadOnlyList<CataloguePart> parts)
    {
        foreach (var part in Sorted(parts, PartKind.Unique))
            yield return $"Unique: {Code(part.Id)}";
        foreach (var part in Sorted(parts, PartKind.ForeignKey))
            yield return $"Foreign key: {Code($"{part.Id} on delete {part[Trait.OnDelete]}")}";
        foreach (var part in Sorted(parts, PartKind.Check))
            yield return $"Check: {Code(part.Id)}";
        foreach (var part in Sorted(parts, PartKind.Index))
            yield return $"Index: {Code($"{part.Name} {part.Id}")}";
    }

    private static IEnumerable<CataloguePart> Sorted(IReadOnlyList<CataloguePart> parts, string kind) =>
        parts
            .Where(part => part.Kind == kind)
            .OrderBy(part => part.Name, StringComparer.Ordinal)
            .ThenBy(part => part.Id, StringComparer.Ordinal);

    private static string KeyOf(IReadOnlyList<CataloguePart> parts, string column)
    {
        var keys = new List<string>();
        if (
            parts.Any(part => part.Kind == PartKind.PrimaryKey && part.Columns.Contains(column, StringComparer.Ordinal))
        )
            keys.Add("primary");
        if (parts.Any(part => part.Kind == PartKind.Unique && part.Columns is [var one] && one == column))
            keys.Add("unique");
        var targets = parts
            .Where(part => part.Kind == PartKind.ForeignKey && part.Columns.Contains(column, StringComparer.Ordinal))
            .Select(part => part[Trait.Target].Split('.')[^1])
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        keys.AddRange(targets.Select(target => $"→ {target}"));
        return string.Join(", ", keys);
    }

    private static string DefaultOf(CataloguePart column) =>
        column[Trait.Generated].Length > 0 ? $"generated {column[Trait.Generated]}" : column[Trait.Default];

    private static string Code(string text) => text.Length == 0 ? "" : $"`{Cell(text)}`";

    // A bar would end the cell.
    private static string Cell(string text) =>
        string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))
            .Replace("|", "\\|", StringComparison.Ordinal);

    private static string Count(int number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");

    private void Line(string text) => _text.Append(text).Append('\n');
}
