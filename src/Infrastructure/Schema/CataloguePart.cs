namespace SchemaHub.Infrastructure.Schema;

/// <summary>What a part of a schema is.</summary>
internal static class PartKind
{
    public const string Extension = "extension";
    public const string Schema = "schema";
    public const string Enum = "enum";
    public const string Type = "type";
    public const string Function = "function";
    public const string Table = "table";
    public const string Column = "column";
    public const string PrimaryKey = "primary_key";
    public const string Unique = "unique";
    public const string Check = "check";
    public const string Exclusion = "exclusion";
    public const string Index = "index";
    public const string ForeignKey = "foreign_key";
    public const string Trigger = "trigger";
    public const string Rule = "rule";
    public const string Policy = "policy";
    public const string Privilege = "privilege";

    /// <summary>In the order in which they can be made.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Extension,
        Schema,
        Enum,
        Type,
        Table,
        Column,
        PrimaryKey,
        Unique,
        Check,
        Exclusion,
        Index,
        ForeignKey,
        Function,
        Trigger,
        Rule,
        Policy,
        Privilege,
    ];
}

/// <summary>What can be said of a part. Each is compared by itself.</summary>
internal static class Trait
{
    public const string Name = "name";
    public const string Owner = "owner";
    public const string Is = "kind";
    public const string PartitionKey = "partitioning";
    public const string Persistence = "persistence";
    public const string Options = "options";
    public const string RowSecurity = "row_level_security";
    public const string Definition = "definition";
    public const string Type = "type";
    public const string Nullability = "nullability";
    public const string Default = "default";
    public const string Generated = "generated";
    public const string Collation = "collation";
    public const string OnDelete = "on_delete";
    public const string OnUpdate = "on_update";
    public const string State = "state";
    public const string Timing = "timing";
    public const string Values = "values";
    public const string Command = "command";
    public const string Permissive = "permissive";
    public const string Roles = "roles";
    public const string Using = "using";
    public const string WithCheck = "with_check";
    public const string Privileges = "privileges";

    // Of use, and never compared: they follow from the others, or are not the schema's.
    public const string Columns = "columns";
    public const string Target = "target";
    public const string TargetColumns = "target_columns";
    public const string Predicate = "predicate";
    public const string IsUnique = "is_unique";
    public const string Comment = "comment";
    public const string Returns = "returns";

    public static IReadOnlySet<string> NotCompared { get; } =
        new HashSet<string>(StringComparer.Ordinal)
        {
            Columns,
            Target,
            TargetColumns,
            Predicate,
            IsUnique,
            Comment,
            Returns,
        };
}

/// <summary>One thing a schema is made of, told apart from others by what it is rather than is called.</summary>
/// <param name="Table">Empty for what belongs to no table.</param>
/// <param name="Id">A column's name, a key's columns, an index's definition, a check's condition.</param>
internal sealed record CataloguePart(
    string Schema,
    string Table,
    string Kind,
    string Id,
    IReadOnlyDictionary<string, string> Traits
)
{
    public string this[string trait] => Traits.GetValueOrDefault(trait, "");

    /// <summary>The name it was given, where that is not what it is.</summary>
    public string Name => Traits.GetValueOrDefault(Trait.Name, Id);

    public IReadOnlyList<string> Columns => Words(this[Trait.Columns]);

    public IReadOnlyList<string> TargetColumns => Words(this[Trait.TargetColumns]);

    /// <summary>Schema, table, and the column where it is about one.</summary>
    public string Place =>
        string.Join(
            '.',
            new[] { Schema, Table, Kind is PartKind.Column ? Id : OnlyColumn }.Where(part => part.Length > 0)
        );

    // An index may be on an expression, which is no place.
    private string OnlyColumn =>
        Kind is PartKind.PrimaryKey or PartKind.Unique or PartKind.Index or PartKind.ForeignKey
        && Columns is [var one]
        && one.Split(' ')[0] is var column
        && column.All(c => char.IsLetterOrDigit(c) || c == '_')
            ? column
            : "";

    private static string[] Words(string list) =>
        list.Split(ColumnSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Between columns: an expression may hold a comma.</summary>
    public const string ColumnSeparator = " | ";
}
