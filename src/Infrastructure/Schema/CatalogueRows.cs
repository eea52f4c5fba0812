using Npgsql;
using static SchemaHub.Infrastructure.Schema.CatalogueReader;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>Rows of the system catalogue as parts.</summary>
internal static class CatalogueRows
{
    public const string Serial = "serial";
    public const string NotNull = "not null";
    public const string Nullable = "null";

    public static CataloguePart Table(NpgsqlDataReader row, Func<string, string> text) =>
        Part(
            row.GetString(0),
            row.GetString(1),
            PartKind.Table,
            row.GetString(1),
            (
                Trait.Is,
                row.GetString(2) switch
                {
                    "r" => "table",
                    "p" => "partitioned table",
                    "v" => "view",
                    "m" => "materialized view",
                    _ => "foreign table",
                }
            ),
            (Trait.PartitionKey, Optional(row, 8, text)),
            (Trait.Persistence, row.GetString(3) == "u" ? "unlogged" : ""),
            (
                Trait.RowSecurity,
                (row.GetString(2), row.GetBoolean(4), row.GetBoolean(5)) switch
                {
                    ("v" or "m" or "f", _, _) => "",
                    (_, true, true) => "forced",
                    (_, true, false) => "enabled",
                    (_, false, true) => "off, forced",
                    _ => "off",
                }
            ),
            (Trait.Options, row.GetString(6)),
            (Trait.Definition, Optional(row, 7, text).Trim().TrimEnd(';')),
            (Trait.Owner, row.GetString(9)),
            (Trait.Comment, Optional(row, 10))
        );

    public static CataloguePart Column(NpgsqlDataReader row, Func<string, string> text)
    {
        var standard = Optional(row, 5, text);
        var isGenerated = row.GetString(7).Length > 0;
        var isSerial = row.GetBoolean(9) && standard.StartsWith("nextval(", StringComparison.Ordinal);
        return Part(
            row.GetString(0),
            row.GetString(1),
            PartKind.Column,
            row.GetString(2),
            (Trait.Type, SqlTypes.Short(text(row.GetString(3)))),
            (Trait.Nullability, row.GetBoolean(4) ? NotNull : Nullable),
            (
                Trait.Default,
                isSerial ? Serial
                : isGenerated ? ""
                : standard
            ),
            (
                Trait.Generated,
                row.GetString(6) switch
                {
                    "a" => "always as identity",
                    "d" => "by default as identity",
                    _ => isGenerated ? $"always as ({standard}) stored" : "",
                }
            ),
            (Trait.Collation, Optional(row, 8)),
            (Trait.Comment, Optional(row, 10))
        );
    }

    public static CataloguePart Constraint(NpgsqlDataReader row, Func<string, string> text)
    {
        var timing = (row.GetBoolean(12), row.GetBoolean(13)) switch
        {
            (true, true) => "deferrable initially deferred",
            (true, false) => "deferrable",
            _ => "",
        };
        var isValid = row.GetBoolean(11) ? Valid : "not valid";
        var definition = text(row.GetString(4)).Replace(" NOT VALID", "", StringComparison.Ordinal);
        return row.GetString(3) switch
        {
            "p" => Of(PartKind.PrimaryKey, Key(definition), (Trait.Timing, timing)),
            "u" => Of(PartKind.Unique, Key(definition), (Trait.Timing, timing)),
            "c" => Of(PartKind.Check, Bare(definition), (Trait.State, isValid)),
            "x" => Of(PartKind.Exclusion, definition, (Trait.Timing, timing)),
            _ => ForeignKey(row, text, timing, row.GetBoolean(14) ? "switched off" : isValid),
        };

        CataloguePart Of(string kind, string id, (string, string) trait) =>
            Part(
                row.GetString(0),
                row.GetString(1),
                kind,
                id,
                (Trait.Name, row.GetString(2)),
                ColumnsOf(row, 5),
                trait
            );
    }

    private static CataloguePart ForeignKey(
        NpgsqlDataReader row,
        Func<string, string> text,
        string timing,
        string state
    )
    {
        var (columns, targets) = (row.GetFieldValue<string[]>(5), row.GetFieldValue<string[]>(8));
        var target = text($"{SqlTokens.Quoted(row.GetString(6))}.{SqlTokens.Quoted(row.GetString(7))}");
        return Part(
            row.GetString(0),
            row.GetString(1),
            PartKind.ForeignKey,
            $"({List(columns)}) references {target} ({List(targets)})",
            (Trait.Name, row.GetString(2)),
            ColumnsOf(row, 5),
            (Trait.Target, target),
            (Trait.TargetColumns, string.Join(CataloguePart.ColumnSeparator, targets)),
            (Trait.OnDelete, Action(row.GetString(9))),
            (Trait.OnUpdate, Action(row.GetString(10))),
            (Trait.Timing, timing),
            (Trait.State, state)
        );
    }

    private static (string, string) ColumnsOf(NpgsqlDataReader row, int place) =>
        (Trait.Columns, string.Join(CataloguePart.ColumnSeparator, row.GetFieldValue<string[]>(place)));

    public static CataloguePart Index(NpgsqlDataReader row, Func<string, string> text)
    {
        var definition = text(row.GetString(3));
        var isUnique = row.GetBoolean(4);
        // Behind the table's name: an index has any name, in any schema.
        var use = definition.IndexOf(" USING ", StringComparison.Ordinal) + " USING ".Length;
        return Part(
            row.GetString(0),
            row.GetString(1),
            row.GetBoolean(9) ? IndexOfConstraint : PartKind.Index,
            (isUnique ? "unique " : "") + definition[use..],
            (Trait.Name, row.GetString(2)),
            (Trait.Columns, string.Join(CataloguePart.ColumnSeparator, row.GetFieldValue<string[]>(6).Select(text))),
            (Trait.Predicate, Optional(row, 7, text)),
            (Trait.IsUnique, isUnique ? "unique" : ""),
            (Trait.State, row.GetBoolean(5) ? Valid : "invalid")
        );
    }

    /// <summary>Kept for counting only: it comes and goes with its constraint.</summary>
    public const string IndexOfConstraint = "index_of_constraint";

    public static CataloguePart Policy(NpgsqlDataReader row, Func<string, string> text) =>
        Part(
            row.GetString(0),
            row.GetString(1),
            PartKind.Policy,
            row.GetString(2),
            (
                Trait.Command,
                row.GetString(3) switch
                {
                    "r" => "select",
                    "a" => "insert",
                    "w" => "update",
                    "d" => "delete",
                    _ => "all",
                }
            ),
            (Trait.Permissive, row.GetBoolean(4) ? "permissive" : "restrictive"),
            (Trait.Roles, string.Join(", ", row.GetFieldValue<string[]>(5))),
            (Trait.Using, Optional(row, 6, text)),
            (Trait.WithCheck, Optional(row, 7, text))
        );

    public static CataloguePart Function(NpgsqlDataReader row, Func<string, string> text) =>
        Part(
            row.GetString(0),
            "",
            PartKind.Function,
            $"{row.GetString(1)}({text(row.GetString(2))})",
            (Trait.Is, row.GetString(3) == "p" ? "procedure" : "function"),
            (Trait.Definition, Optional(row, 4).TrimEnd()),
            (Trait.Owner, row.GetString(5)),
            (Trait.Returns, Optional(row, 6, text)),
            (Trait.Privileges, string.Join(", ", row.GetFieldValue<string[]>(7))),
            (Trait.Comment, Optional(row, 8))
        );

    public static CataloguePart Trigger(NpgsqlDataReader row, Func<string, string> text) =>
        Part(
            row.GetString(0),
            row.GetString(1),
            row.GetString(3) == "rule" ? PartKind.Rule : PartKind.Trigger,
            row.GetString(2),
            (Trait.Definition, text(row.GetString(4))),
            (
                Trait.State,
                row.GetString(5) == "D" ? "disabled"
                : row.GetString(5) == "O" ? "enabled"
                : "always"
            )
        );

    /// <summary>One part for each who may do something with a table.</summary>
    public static IEnumerable<CataloguePart> Privileges(
        IEnumerable<(string Schema, string Table, string? Column, string Grantee, string Privilege)> grants,
        Func<string, string> named
    ) =>
        from grant in grants
        group grant by (grant.Schema, grant.Table, grant.Grantee) into its
        let whole = its.Where(grant => grant.Column is null).Select(grant => grant.Privilege)
        let some = its.Where(grant => grant.Column is not null)
            .GroupBy(grant => grant.Privilege)
            .Select(same =>
                $"{same.Key} ({string.Join(", ", same.Select(g => g.Column).Order(StringComparer.Ordinal))})"
            )
        select Part(
            named(its.Key.Schema),
            its.Key.Table,
            PartKind.Privilege,
            its.Key.Grantee,
            (
                Trait.Privileges,
                string.Join(CataloguePart.ColumnSeparator, whole.Concat(some).Order(StringComparer.Ordinal))
            )
        );

    private static string Optional(NpgsqlDataReader row, int column, Func<string, string>? text = null) =>
        row.IsDBNull(column) ? ""
        : text is null ? row.GetString(column)
        : text(row.GetString(column));

    // CHECK (…), UNIQUE (…), PRIMARY KEY (…): what stands in brackets is what it is.
    private static string Bare(string definition) => definition[definition.IndexOf('(', StringComparison.Ordinal)..];

    private static string Key(string definition) =>
        (definition.Contains("NULLS NOT DISTINCT", StringComparison.Ordinal) ? "nulls not distinct " : "")
        + Bare(definition)
            .Replace(" DEFERRABLE", "", StringComparison.Ordinal)
            .Replace(" INITIALLY DEFERRED", "", StringComparison.Ordinal);

    private static string List(IEnumerable<string> columns) => string.Join(", ", columns.Select(SqlTokens.Quoted));

    private static string Action(string code) =>
        code switch
        {
            "c" => "cascade",
            "n" => "set null",
            "d" => "set default",
            "r" => "restrict",
            _ => "no action",
        };
}
