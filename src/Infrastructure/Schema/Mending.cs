using System.Globalization;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>The statements that make a part as it is expected, from nothing or from what is there.</summary>
internal static class Mending
{
    /// <summary>What no statement does by itself.</summary>
    public static string Note(string what) => $"-- {what}";

    public static string Qualified(string schema, string name) =>
        $"{SqlTokens.Quoted(schema)}.{SqlTokens.Quoted(name)}";

    /// <summary>The same part, but for one trait.</summary>
    public static CataloguePart With(CataloguePart part, string trait, string value) =>
        part with
        {
            Traits = new Dictionary<string, string>(part.Traits, StringComparer.Ordinal) { [trait] = value },
        };

    public static string Create(CataloguePart part) =>
        part.Kind switch
        {
            PartKind.Extension => $"create extension {SqlTokens.Quoted(part.Id)};",
            PartKind.Schema => $"create schema {SqlTokens.Quoted(part.Id)};",
            PartKind.Enum => $"create type {Qualified(part.Schema, part.Id)} as enum ({Labels(part)});",
            PartKind.Type => Note($"create the type {Qualified(part.Schema, part.Id)}: {part[Trait.Definition]}"),
            PartKind.Column => $"alter table {Of(part)} add column {ColumnLine(part)};",
            PartKind.PrimaryKey or PartKind.Unique or PartKind.Check or PartKind.Exclusion or PartKind.ForeignKey =>
                $"alter table {Of(part)} add {ConstraintLine(part)};",
            PartKind.Index => IndexStatement(part),
            PartKind.Trigger => part[Trait.Definition] + ";" + Switched(part, "trigger"),
            PartKind.Rule => part[Trait.Definition].TrimEnd(';') + ";" + Switched(part, "rule"),
            PartKind.Policy => PolicyStatement(part),
            PartKind.Privilege => Grants(part, part[Trait.Privileges], "grant", "to"),
            PartKind.Function => FunctionStatements(part),
            _ => throw new InvalidOperationException($"A {part.Kind} cannot be made by itself."),
        };

    public static string Drop(CataloguePart part) =>
        part.Kind switch
        {
            PartKind.Extension => $"drop extension {SqlTokens.Quoted(part.Id)};",
            PartKind.Schema => $"drop schema {SqlTokens.Quoted(part.Id)};",
            PartKind.Enum or PartKind.Type => $"drop type {Qualified(part.Schema, part.Id)};",
            PartKind.Table => $"drop {(part[Trait.Is] == "partitioned table" ? "table" : part[Trait.Is])} {Of(part)};",
            PartKind.Column => $"alter table {Of(part)} drop column {SqlTokens.Quoted(part.Id)};",
            PartKind.PrimaryKey or PartKind.Unique or PartKind.Check or PartKind.Exclusion or PartKind.ForeignKey =>
                $"alter table {Of(part)} drop constraint {SqlTokens.Quoted(part.Name)};",
            PartKind.Index => $"drop index {Qualified(part.Schema, part.Name)};",
            PartKind.Trigger or PartKind.Rule or PartKind.Policy =>
                $"drop {part.Kind} {SqlTokens.Quoted(part.Id)} on {Of(part)};",
            PartKind.Privilege => Grants(part, part[Trait.Privileges], "revoke", "from"),
            PartKind.Function => $"drop {part[Trait.Is]} {SignatureOf(part)};",
            _ => throw new InvalidOperationException($"A {part.Kind} cannot be dropped by itself."),
        };

    /// <summary>One part instead of another.</summary>
    public static string Replace(CataloguePart there, CataloguePart expected, Catalogue? live = null) =>
        expected.Kind == PartKind.Enum
            ? EnumMending.Replace(there, expected, live)
            : $"{Drop(there)}\n{Create(expected)}";

    public static string Rename(CataloguePart there, string name) =>
        there.Kind is PartKind.Index or CatalogueRows.IndexOfConstraint
            ? $"alter index {Qualified(there.Schema, there.Name)} rename to {SqlTokens.Quoted(name)};"
            : $"alter table {Of(there)} rename constraint {SqlTokens.Quoted(there.Name)} to {SqlTokens.Quoted(name)};";

    /// <summary>Makes PostgreSQL hold to a constraint that it has and does not enforce.</summary>
    public static string Enforce(CataloguePart part) =>
        (part.Kind, part[Trait.State]) switch
        {
            (PartKind.Index, _) => $"reindex index {Qualified(part.Schema, part.Name)};",
            (_, "switched off") => string.Join(
                '\n',
                new[] { Of(part), part[Trait.Target] }
                    .Where(table => table.Length > 0)
                    .Distinct(StringComparer.Ordinal)
                    .Select(table => $"alter table {table} enable trigger all;")
            ),
            _ => $"alter table {Of(part)} validate constraint {SqlTokens.Quoted(part.Name)};",
        };

    public static string RowSecurity(CataloguePart table, string expected) =>
        $"alter table {Of(table)} {(expected.StartsWith("off", StringComparison.Ordinal) ? "disable" : "enable")} "
        + $"row level security, {(expected.EndsWith("forced", StringComparison.Ordinal) ? "" : "no ")}force "
        + "row level security;";

    public static string AlterColumn(CataloguePart column, string trait, string value)
    {
        var alter = $"alter table {Of(column)} alter column {SqlTokens.Quoted(column.Id)}";
        return (trait, value) switch
        {
            (Trait.Type, _) => TypeChange(column, alter, value),
            (Trait.Nullability, CatalogueRows.NotNull) => $"{alter} set not null;",
            (Trait.Nullability, _) => $"{alter} drop not null;",
            (Trait.Default, "") => $"{alter} drop default;",
            (Trait.Default, CatalogueRows.Serial) => Sequence(column, alter),
            (Trait.Default, _) => $"{alter} set default {value};",
            (Trait.Generated, "") => $"{alter} drop identity;",
            (Trait.Generated, _) when value.EndsWith("identity", StringComparison.Ordinal) =>
                $"{alter} add generated {value};",
            (Trait.Collation, _) =>
                $"{alter} type {column[Trait.Type]}{(value.Length == 0 ? "" : $" collate {SqlTokens.Quoted(value)}")};",
            _ => Note($"make {column.Place} {trait} {value}"),
        };
    }

    /// <summary>A column as it stands in <c>create table</c>.</summary>
    public static string ColumnLine(CataloguePart column)
    {
        var standard = column[Trait.Default];
        var isSerial = standard == CatalogueRows.Serial;
        var type = (isSerial, column[Trait.Type]) switch
        {
            (true, "integer") => "serial",
            (true, "bigint") => "bigserial",
            (true, "smallint") => "smallserial",
            (_, var plain) => plain,
        };
        return $"{SqlTokens.Quoted(column.Id)} {type}"
            + (column[Trait.Collation] is { Length: > 0 } collation ? $" collate {SqlTokens.Quoted(collation)}" : "")
            + (column[Trait.Generated] is { Length: > 0 } generated ? $" generated {generated}" : "")
            + (isSerial || standard.Length == 0 ? "" : $" default {standard}")
            + (column[Trait.Nullability] == CatalogueRows.NotNull ? " not null" : "");
    }

    /// <summary>A constraint as it stands in <c>create table</c>.</summary>
    public static string ConstraintLine(CataloguePart part)
    {
        var timing = part[Trait.Timing] is { Length: > 0 } said ? $" {said}" : "";
        var definition = part.Kind switch
        {
            PartKind.PrimaryKey => $"primary key {part.Id}",
            PartKind.Unique => $"unique {part.Id}",
            PartKind.Check => $"check {part.Id}",
            PartKind.Exclusion => part.Id,
            _ => $"foreign key {part.Id}"
                + (part[Trait.OnDelete] is "no action" or "" ? "" : $" on delete {part[Trait.OnDelete]}")
                + (part[Trait.OnUpdate] is "no action" or "" ? "" : $" on update {part[Trait.OnUpdate]}"),
        };
        return $"constraint {SqlTokens.Quoted(part.Name)} {definition}{timing}";
    }

    /// <summary>Everything a view or a table's own line is made with.</summary>
    public static string CreateRelation(CataloguePart table, IEnumerable<string> lines)
    {
        var options = table[Trait.Options] is { Length: > 0 } said ? $" with ({said})" : "";
        if (table[Trait.Definition].Length > 0)
            return $"create {table[Trait.Is]} {Of(table)}{options} as\n{table[Trait.Definition]};";

        var unlogged = table[Trait.Persistence] == "unlogged" ? "unlogged " : "";
        var partitions = table[Trait.PartitionKey] is { Length: > 0 } key ? $" partition by {key}" : "";
        return $"create {unlogged}table {Of(table)} (\n    {string.Join(",\n    ", lines)}\n){partitions}{options};";
    }

    private static string Of(CataloguePart part) => Qualified(part.Schema, part.Table);

    private static string SignatureOf(CataloguePart function)
    {
        var open = function.Id.IndexOf('(', StringComparison.Ordinal);
        return $"{Qualified(function.Schema, function.Id[..open])}{function.Id[open..]}";
    }

    private static string Labels(CataloguePart part) =>
        string.Join(", ", part[Trait.Values].Split(CataloguePart.ColumnSeparator).Select(SqlTokens.Literal));

    private static string IndexStatement(CataloguePart index)
    {
        var unique = index.Id.StartsWith("unique ", StringComparison.Ordinal);
        return $"create {(unique ? "unique " : "")}index {SqlTokens.Quoted(index.Name)} on {Of(index)} "
            + $"using {(unique ? index.Id["unique ".Length..] : index.Id)};";
    }

    private static string Switched(CataloguePart part, string kind) =>
        part[Trait.State] switch
        {
            "disabled" => $"\nalter table {Of(part)} disable {kind} {SqlTokens.Quoted(part.Id)};",
            "always" => $"\nalter table {Of(part)} enable always {kind} {SqlTokens.Quoted(part.Id)};",
            _ => "",
        };

    private static string PolicyStatement(CataloguePart policy) =>
        $"create policy {SqlTokens.Quoted(policy.Id)} on {Of(policy)} as {policy[Trait.Permissive]} "
        + $"for {policy[Trait.Command]} to {Roles(policy[Trait.Roles])}"
        + (policy[Trait.Using] is { Length: > 0 } condition ? $" using ({condition})" : "")
        + (policy[Trait.WithCheck] is { Length: > 0 } check ? $" with check ({check})" : "")
        + ";";

    private static string Roles(string roles) =>
        string.Join(", ", roles.Split(", ").Select(role => role == "public" ? role : SqlTokens.Quoted(role)));

    /// <summary>Gives or takes privileges on a table.</summary>
    public static string Grants(CataloguePart part, string privileges, string verb, string preposition) =>
        string.Join(
            '\n',
            privileges
                .Split(CataloguePart.ColumnSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Select(privilege =>
                    (Right: Plain(privilege), IsGrantable: privilege.Contains(" with grant", StringComparison.Ordinal))
                )
                .Select(its =>
                    $"{verb} {its.Right} on {Of(part)} {preposition} {Roles(part.Id)}"
                    + (its.IsGrantable && verb == "grant" ? " with grant option;" : ";")
                )
        );

    private static string Plain(string privilege) =>
        privilege.Replace(" with grant option", "", StringComparison.Ordinal);

    private static string FunctionStatements(CataloguePart function)
    {
        var open = string.Create(CultureInfo.InvariantCulture, $"{function[Trait.Definition]};");
        var who = function[Trait.Privileges];
        return string.Join(
            '\n',
            new[]
            {
                open,
                Owner(function, function[Trait.Owner]),
                $"revoke all on {function[Trait.Is]} {SignatureOf(function)} from public;",
                who.Length == 0
                    ? ""
                    : $"grant execute on {function[Trait.Is]} {SignatureOf(function)} to {Roles(who)};",
            }.Where(line => line.Length > 0)
        );
    }

    /// <summary>Lets exactly these, and the owner, call a function.</summary>
    public static string Callers(CataloguePart function, string expected, string actual)
    {
        var on = $"on {function[Trait.Is]} {SignatureOf(function)}";
        var (wanted, given) = (Names(expected), Names(actual));
        return string.Join(
            '\n',
            given
                .Except(wanted, StringComparer.Ordinal)
                .Select(role => $"revoke execute {on} from {Roles(role)};")
                .Concat(
                    wanted.Except(given, StringComparer.Ordinal).Select(role => $"grant execute {on} to {Roles(role)};")
                )
        );

        static string[] Names(string list) => list.Split(", ", StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Gives a thing to its owner.</summary>
    public static string Owner(CataloguePart part, string owner) =>
        part.Kind switch
        {
            PartKind.Function => $"alter {part[Trait.Is]} {SignatureOf(part)} owner to {SqlTokens.Quoted(owner)};",
            PartKind.Schema => $"alter schema {SqlTokens.Quoted(part.Id)} owner to {SqlTokens.Quoted(owner)};",
            _ => $"alter table {Of(part)} owner to {SqlTokens.Quoted(owner)};",
        };

    // A default is of the old type, and follows only where it can be cast.
    private static string TypeChange(CataloguePart column, string alter, string type)
    {
        var standard = column[Trait.Default];
        var using_ = $"{alter} type {type} using {SqlTokens.Quoted(column.Id)}::text::{type};";
        return standard.Length == 0 || standard == CatalogueRows.Serial
            ? using_
            : $"{alter} drop default;\n{using_}\n{alter} set default {standard};";
    }

    private static string Sequence(CataloguePart column, string alter)
    {
        var sequence = Qualified(column.Schema, $"{column.Table}_{column.Id}_seq");
        return $"create sequence if not exists {sequence} as {column[Trait.Type]} "
            + $"owned by {Of(column)}.{SqlTokens.Quoted(column.Id)};\n"
            + $"{alter} set default nextval({SqlTokens.Literal(sequence)});";
    }
}
