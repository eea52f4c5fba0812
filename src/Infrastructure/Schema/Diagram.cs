using System.Text;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>How the tables of one schema hang together, as a Mermaid entity relationship diagram.</summary>
internal sealed class Diagram(Catalogue live, string schema)
{
    private readonly StringBuilder _text = new();

    public string Write()
    {
        Line($"# {schema}");
        Line("");
        Line(
            "Written by `schemahub schema erd` from the database's own catalogue: do not edit it. "
                + "What the columns mean is in the [data dictionary](../data-dictionary.md)."
        );
        Line("");
        Line("```mermaid");
        Line("erDiagram");
        var tables = live.Tables(schema)
            .Where(table => table[Trait.Is].EndsWith("table", StringComparison.Ordinal))
            .OrderBy(table => table.Table, StringComparer.Ordinal)
            .ToList();
        foreach (var table in tables)
            Entity(table);

        foreach (var key in tables.SelectMany(References))
            Relationship(key);

        Line("```");
        return _text.ToString();
    }

    private void Entity(CataloguePart table)
    {
        Line($"    {table.Table} {{");
        var parts = live.Of(schema, table.Table);
        foreach (var column in parts.Where(part => part.Kind == PartKind.Column))
        {
            var keys = new List<string>();
            if (parts.Any(part => part.Kind == PartKind.PrimaryKey && Has(part, column.Id)))
                keys.Add("PK");
            if (parts.Any(part => part.Kind == PartKind.ForeignKey && Has(part, column.Id)))
                keys.Add("FK");
            if (parts.Any(part => part.Kind == PartKind.Unique && part.Columns is [var one] && one == column.Id))
                keys.Add("UK");

            Line($"        {TypeOf(column)} {column.Id} {string.Join(", ", keys)}".TrimEnd());
        }

        Line("    }");
    }

    private IEnumerable<CataloguePart> References(CataloguePart table) =>
        live.Of(schema, table.Table, PartKind.ForeignKey).OrderBy(key => key.Id, StringComparer.Ordinal);

    private void Relationship(CataloguePart key)
    {
        var mayBeMissing = key.Columns.Any(column =>
            live.Column(schema, key.Table, column)?[Trait.Nullability] == CatalogueRows.Nullable
        );
        var isOne = live.Keys(schema, key.Table)
            .Any(other =>
                (other.Kind != PartKind.Index || other[Trait.IsUnique].Length > 0)
                && other[Trait.Predicate].Length == 0
                && other.Columns.ToHashSet(StringComparer.Ordinal).IsSubsetOf(key.Columns)
            );
        var target = key[Trait.Target].Split('.')[^1].Trim('"');
        Line(
            $"    {target} {(mayBeMissing ? "|o" : "||")}--{(isOne ? "o|" : "o{")} {key.Table} : "
                + $"\"{string.Join(", ", key.Columns)}\""
        );
    }

    private static bool Has(CataloguePart key, string column) => key.Columns.Contains(column, StringComparer.Ordinal);

    // Mermaid takes letters, digits and brackets.
    private static string TypeOf(CataloguePart column) =>
        column[Trait.Type]
            .Split('.')[^1]
            .Replace("\"", "", StringComparison.Ordinal)
            .Replace(",", "-", StringComparison.Ordinal)
            .Replace(' ', '_');

    private void Line(string text) => _text.Append(text).Append('\n');
}
