namespace SchemaHub.Infrastructure.Schema;

/// <summary>A table as the one who asks finds it.</summary>
/// <param name="Rows">As the statistics have it.</param>
/// <param name="HidesRows">Row-level security shows this login not all rows.</param>
/// <param name="IsReadable">The login may select from it.</param>
internal sealed record TableAccess(long Rows, bool HidesRows, bool IsReadable);

/// <summary>One partition.</summary>
/// <param name="Bound">As PostgreSQL prints it: <c>FOR VALUES FROM ('…') TO ('…')</c>.</param>
internal sealed record CataloguePartition(
    string Schema,
    string Parent,
    string PartitionSchema,
    string Name,
    string Bound
);

/// <summary>What there is in some schemas, under the names that the documents have for them.</summary>
internal sealed class Catalogue(IEnumerable<CataloguePart> parts)
{
    private readonly Dictionary<(string Schema, string Table), List<CataloguePart>> _byTable = parts
        .GroupBy(part => (part.Schema, part.Table))
        .ToDictionary(group => group.Key, group => group.ToList());

    private static readonly List<CataloguePart> s_nothing = [];

    /// <summary>All parts, table by table, columns in their order.</summary>
    public IEnumerable<CataloguePart> Parts => _byTable.Values.SelectMany(list => list);

    public int ServerVersion { get; init; }

    public string Database { get; init; } = "";

    /// <summary>The database is one of this program: it was made by its migrations.</summary>
    public bool IsOurs { get; init; }

    /// <summary>Schemas that there are, by their documented names.</summary>
    public IReadOnlySet<string> Schemas { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    public IReadOnlyList<CataloguePartition> Partitions { get; init; } = [];

    public IReadOnlyDictionary<(string Schema, string Table), TableAccess> Access { get; init; } =
        new Dictionary<(string, string), TableAccess>();

    /// <summary>Columns the login may not read.</summary>
    public IReadOnlySet<(string Schema, string Table, string Column)> Unreadable { get; init; } =
        new HashSet<(string, string, string)>();

    public IEnumerable<CataloguePart> Of(string schema) => Parts.Where(part => part.Schema == schema);

    public IReadOnlyList<CataloguePart> Of(string schema, string table) =>
        _byTable.GetValueOrDefault((schema, table), s_nothing);

    public IEnumerable<CataloguePart> Of(string schema, string table, string kind) =>
        Of(schema, table).Where(part => part.Kind == kind);

    public CataloguePart? Table(string schema, string table) => Of(schema, table, PartKind.Table).FirstOrDefault();

    public CataloguePart? Column(string schema, string table, string column) =>
        Of(schema, table, PartKind.Column).FirstOrDefault(part => part.Id == column);

    public IEnumerable<CataloguePart> Tables(string schema) =>
        Parts.Where(part => part.Schema == schema && part.Kind == PartKind.Table);

    /// <summary>Whatever makes columns unique, or finds them: keys, unique constraints, indexes.</summary>
    public IEnumerable<CataloguePart> Keys(string schema, string table) =>
        Of(schema, table)
            .Where(part =>
                part.Kind is PartKind.PrimaryKey or PartKind.Unique
                || part.Kind == PartKind.Index && part[Trait.State] == CatalogueReader.Valid
            );

    /// <summary>Whether an index finds the rows that refer to something by these columns.</summary>
    public bool HasIndexFor(string schema, string table, IReadOnlyList<string> columns) =>
        Keys(schema, table)
            .Any(key =>
                key.Columns.Count >= columns.Count
                && key.Columns.Take(columns.Count)
                    .Select(WithoutOrder)
                    .ToHashSet(StringComparer.Ordinal)
                    .SetEquals(columns)
                // A look-up by a key never looks for null.
                && (key[Trait.Predicate].Length == 0 || OnlyLeavesOutNull(key[Trait.Predicate], columns))
            );

    /// <summary>Whether a column is one of a key's or an index's columns.</summary>
    public bool IsIndexed(string schema, string table, string column) =>
        Keys(schema, table).Any(key => key.Columns.Select(WithoutOrder).Contains(column, StringComparer.Ordinal));

    public static string WithoutOrder(string column) =>
        column.EndsWith(" desc", StringComparison.Ordinal) ? column[..^" desc".Length] : column;

    private static bool OnlyLeavesOutNull(string predicate, IReadOnlyList<string> columns) =>
        columns.Any(column =>
            SqlExpression.Canonical(predicate) == SqlExpression.Canonical($"{SqlTokens.Quoted(column)} is not null")
        );
}
