using static SchemaHub.Infrastructure.Schema.CatalogueReader;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>
/// What a document asks for, as parts that could be made. Where it leaves a type open, this program's own choice is
/// taken.
/// </summary>
internal static class DocumentedParts
{
    private static readonly string[] s_views = ["view", "matview", "continuous_aggregate"];

    public static CataloguePart PrimaryKey(string schema, string table, IReadOnlyList<string> columns) =>
        Part(
            schema,
            table,
            PartKind.PrimaryKey,
            $"({List(columns)})",
            (Trait.Name, $"{table}_pkey"),
            (Trait.Columns, string.Join(CataloguePart.ColumnSeparator, columns))
        );

    public static CataloguePart Unique(string schema, string table, IReadOnlyList<string> columns, string name) =>
        Part(
            schema,
            table,
            PartKind.Unique,
            $"({List(columns)})",
            (Trait.Name, name.Length > 0 ? name : $"{table}_{string.Join('_', columns)}_key"),
            (Trait.Columns, string.Join(CataloguePart.ColumnSeparator, columns))
        );

    public static CataloguePart ForeignKey(string schema, string table, DocumentedReference reference) =>
        Part(
            schema,
            table,
            PartKind.ForeignKey,
            $"({List(reference.Columns)}) references {schema}.{reference.Target} ({List(reference.TargetColumns)})",
            (Trait.Name, $"{table}_{string.Join('_', reference.Columns)}_fkey"),
            (Trait.Columns, string.Join(CataloguePart.ColumnSeparator, reference.Columns)),
            (Trait.Target, $"{schema}.{reference.Target}"),
            (Trait.TargetColumns, string.Join(CataloguePart.ColumnSeparator, reference.TargetColumns)),
            (Trait.OnDelete, reference.OnDelete ?? "no action"),
            (Trait.OnUpdate, "no action"),
            (Trait.State, Valid)
        );

    public static CataloguePart Index(string schema, string table, IReadOnlyList<string> columns, string name) =>
        Part(
            schema,
            table,
            PartKind.Index,
            $"btree ({string.Join(", ", columns.Select(InIndex))})",
            (
                Trait.Name,
                name.Length > 0 ? name : $"idx_{table}_{string.Join('_', columns.Select(Catalogue.WithoutOrder))}"
            ),
            (Trait.Columns, string.Join(CataloguePart.ColumnSeparator, columns)),
            (Trait.State, Valid)
        );

    public static CataloguePart Check(DocumentedFact fact) =>
        Part(
            fact.Schema,
            fact.Table,
            PartKind.Check,
            fact["definition"],
            (Trait.Name, fact["name"]),
            (Trait.State, Valid)
        );

    public static CataloguePart Enum(string schema, string name, IReadOnlyList<string> values) =>
        Part(schema, "", PartKind.Enum, name, (Trait.Values, string.Join(CataloguePart.ColumnSeparator, values)));

    public static CataloguePart Column(DocumentedFact fact) =>
        Part(
            fact.Schema,
            fact.Table,
            PartKind.Column,
            fact["column"],
            (Trait.Type, TypeOf(fact)),
            (Trait.Nullability, fact["nullable"] == "no" ? CatalogueRows.NotNull : CatalogueRows.Nullable),
            (
                Trait.Default,
                fact["type"] == CatalogueRows.Serial ? CatalogueRows.Serial
                : fact["note"].Contains("no DB default", StringComparison.Ordinal) ? ""
                : fact["default"]
            )
        );

    /// <summary>A type to make the column of.</summary>
    public static string TypeOf(DocumentedFact fact)
    {
        var published = PublishedCatalogue
            .Current.Catalogue.Column(fact.Schema, fact.Table, fact["column"])
            ?[Trait.Type];
        return fact["type"] switch
        {
            CatalogueRows.Serial => "integer",
            "" or "array" or "enum:(unnamed)" => published ?? "text",
            var type when type.StartsWith("enum:", StringComparison.Ordinal) =>
                $"{fact.Schema}.{SqlTokens.Quoted(type["enum:".Length..])}",
            var type => SqlTypes.Short(type),
        };
    }

    /// <summary>What a table refers to by its document.</summary>
    public static IEnumerable<DocumentedReference> ReferencesOf(string schema, string table) =>
        DocumentedFacts
            .All.Where(fact => fact.Schema == schema && fact.Table == table && fact.Kind == "fk")
            .Select(fact => DocumentedFacts.ReferenceOf(fact["definition"]))
            .OfType<DocumentedReference>();

    /// <summary>The statement that makes a table with what its document says of it, and nothing else.</summary>
    /// <param name="isThere">Whether another table of the schema can be referred to by then.</param>
    public static string CreateTable(string schema, string table, Func<string, bool> isThere)
    {
        var facts = DocumentedFacts.All.Where(fact => fact.Schema == schema && fact.Table == table).ToList();
        if (facts.Find(fact => s_views.Contains(fact.Kind, StringComparer.Ordinal)) is { } view)
            return Mending.Note($"create {schema}.{table}, a {view.Kind.Replace('_', ' ')}");

        var columns = facts.Where(fact => fact.Kind == "column").Select(Column).ToList();
        if (columns.Count == 0)
            return Mending.Note($"create {schema}.{table}; its document names no columns");

        var lines = columns.Select(Mending.ColumnLine).ToList();
        var after = new List<string>();
        foreach (var fact in facts)
        {
            var names = DocumentedFacts.ColumnsOf(fact["definition"]);
            switch (fact.Kind)
            {
                case "pk":
                    lines.Add(Mending.ConstraintLine(PrimaryKey(schema, table, names)));
                    break;
                case "unique":
                    lines.Add(Mending.ConstraintLine(Unique(schema, table, names, fact["name"])));
                    break;
                case "check":
                    lines.Add(Mending.ConstraintLine(Check(fact)));
                    break;
                case "fk" when DocumentedFacts.ReferenceOf(fact["definition"]) is { } to && isThere(to.Target):
                    lines.Add(Mending.ConstraintLine(ForeignKey(schema, table, to)));
                    break;
                case "index":
                    after.Add(Mending.Create(Index(schema, table, names, fact["name"])));
                    break;
                default:
                    break;
            }
        }

        var head = $"create table {Mending.Qualified(schema, table)} (\n    {string.Join(",\n    ", lines)}\n);";
        return string.Join('\n', after.Prepend(head));
    }

    private static string List(IEnumerable<string> columns) => string.Join(", ", columns.Select(SqlTokens.Quoted));

    private static string InIndex(string column) =>
        SqlTokens.Quoted(Catalogue.WithoutOrder(column))
        + (column.EndsWith(" desc", StringComparison.Ordinal) ? " DESC" : "");
}
