using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>A question to the rows: how many there are that should not be.</summary>
/// <param name="Tables">What must be there and readable for it to be asked; the column may be empty.</param>
/// <param name="Sql">Answers one number.</param>
/// <param name="IsFault">Whether that number is a fault.</param>
internal sealed record DataQuestion(
    IReadOnlyList<(string Schema, string Table, string Column)> Tables,
    string Sql,
    Func<long, bool> IsFault,
    Func<long, SchemaFinding> Finding
);

/// <summary>What only the rows tell. Findings count rows, and never show one.</summary>
internal static class DataQuestions
{
    /// <summary>Rows that a missing key or unique constraint would forbid.</summary>
    public static DataQuestion Duplicates(CataloguePart unique)
    {
        var table = Mending.Qualified(unique.Schema, unique.Table);
        var columns = unique.Columns.Select(Expression).ToList();
        var list = string.Join(", ", columns);
        var present = string.Join(" and ", columns.Select(column => $"{column} is not null"));
        if (unique[Trait.Predicate] is { Length: > 0 } predicate)
            present += $" and ({predicate})";

        var same = string.Join(
            " and ",
            columns.Select(column => $"{InAlias(column, "kept")} = {InAlias(column, "extra")}")
        );
        return new DataQuestion(
            [.. unique.Columns.Select(column => (unique.Schema, unique.Table, IsPlain(column) ? column : ""))],
            $"""
            select count(*) from (
                select from {table} where {present} group by {list} having count(*) > 1
            ) duplicates
            """,
            static count => count > 0,
            count => new SchemaFinding(
                Severity.Error,
                "data.duplicates",
                unique.Place,
                $"each ({list}) once",
                $"{count} more than once",
                columns.TrueForAll(IsPlain) && unique[Trait.Predicate].Length == 0
                    ? $"delete from {table} extra using {table} kept where {same} and extra.ctid > kept.ctid;"
                    : $"select {list}, count(*) from {table} where {present} group by {list} having count(*) > 1;"
            )
        );
    }

    /// <summary>Rows that refer to something that is not there.</summary>
    public static DataQuestion Orphans(CataloguePart key, Catalogue live)
    {
        var (targetSchema, targetTable) = TargetOf(key);
        var (child, parent) = (Mending.Qualified(key.Schema, key.Table), Mending.Qualified(targetSchema, targetTable));
        var present = string.Join(" and ", key.Columns.Select(column => $"c.{SqlTokens.Quoted(column)} is not null"));
        var same = string.Join(
            " and ",
            key.Columns.Zip(key.TargetColumns)
                .Select(pair => Same(key, targetSchema, targetTable, pair.First, pair.Second, live))
        );
        var without = $"not exists (select from {parent} p where {same})";
        return new DataQuestion(
            [
                .. key.Columns.Select(column => (key.Schema, key.Table, column)),
                .. key.TargetColumns.Select(column => (targetSchema, targetTable, column)),
            ],
            $"select count(*) from {child} c where {present} and {without}",
            static count => count > 0,
            count => new SchemaFinding(
                Severity.Error,
                "data.orphans",
                key.Place,
                key.Id,
                $"{count} {(count == 1 ? "row refers" : "rows refer")} to nothing",
                MayBeNull(key, live)
                    ? $"update {child} c set {Emptied(key)} " + $"where {present} and {without};"
                    : $"delete from {child} c where {present} and {without};"
            )
        );
    }

    /// <summary>The saas document's own rules about rows.</summary>
    public static IEnumerable<DataQuestion> OfSaas()
    {
        foreach (var slug in new[] { "superadmin", "admin" })
            yield return new DataQuestion(
                [("saas", "roles", "slug"), ("saas", "roles", "is_system"), ("saas", "users", "id")],
                // Before anybody is there, nobody can miss a role.
                $"""
                select case when exists (select from saas.users) then
                    (select count(*) from saas.roles r where r.slug = '{slug}' and r.is_system and r.is_active)
                else 1 end
                """,
                static count => count == 0,
                _ => new SchemaFinding(
                    Severity.Warning,
                    "data.system_role",
                    "saas.roles",
                    $"the system role {slug}",
                    "none",
                    "insert into saas.roles (id, name, slug, is_system, is_active, created_at, updated_at) "
                        + $"select coalesce(max(id), 0) + 1, '{slug}', '{slug}', true, true, now(), now() "
                        + "from saas.roles;"
                )
            );

        yield return new DataQuestion(
            [("saas", "themes", "is_active"), ("saas", "themes", "updated_at"), ("saas", "themes", "id")],
            "select count(*) from saas.themes t where t.is_active",
            static count => count > 1,
            count => new SchemaFinding(
                Severity.Error,
                "data.active_themes",
                "saas.themes.is_active",
                "one active theme at most",
                $"{count}",
                "update saas.themes set is_active = false where is_active and id <> "
                    + "(select t.id from saas.themes t where t.is_active order by t.updated_at desc, t.id desc "
                    + "limit 1);"
            )
        );
        yield return new DataQuestion(
            [("saas", "teams", "owner_id"), ("saas", "users", "is_active"), ("saas", "users", "id")],
            """
            select count(*) from saas.teams t join saas.users u on u.id = t.owner_id
            where not u.is_active and t.is_active
            """,
            static count => count > 0,
            count => new SchemaFinding(
                Severity.Warning,
                "data.inactive_owner",
                "saas.teams.owner_id",
                "active teams with active owners",
                $"{count} whose owner is inactive",
                "update saas.teams t set is_active = false from saas.users u "
                    + "where u.id = t.owner_id and not u.is_active;"
            )
        );
    }

    public static (string Schema, string Table) TargetOf(CataloguePart key)
    {
        var names = SqlTokens
            .Read(key[Trait.Target])
            .Where(token => token.IsName)
            .Select(token => token.Value)
            .ToList();
        return names is [var schema, var table] ? (schema, table) : (key.Schema, key[Trait.Target]);
    }

    private static string Emptied(CataloguePart key) =>
        string.Join(", ", key.Columns.Select(column => $"{SqlTokens.Quoted(column)} = null"));

    private static bool IsPlain(string column) => column.All(c => char.IsLetterOrDigit(c) || c == '_');

    private static string Expression(string column) =>
        IsPlain(Catalogue.WithoutOrder(column)) ? SqlTokens.Quoted(Catalogue.WithoutOrder(column)) : column;

    private static string InAlias(string column, string alias) => $"{alias}.{column}";

    private static bool MayBeNull(CataloguePart key, Catalogue live) =>
        key.Columns.All(c => live.Column(key.Schema, key.Table, c)?[Trait.Nullability] == CatalogueRows.Nullable)
        && key[Trait.OnDelete] != "cascade";

    // Where nothing keeps two columns of one type, they are compared as texts.
    private static string Same(
        CataloguePart key,
        string targetSchema,
        string targetTable,
        string column,
        string target,
        Catalogue live
    )
    {
        var (one, other) = (
            live.Column(key.Schema, key.Table, column)?[Trait.Type],
            live.Column(targetSchema, targetTable, target)?[Trait.Type]
        );
        var cast = one == other || key[Trait.State] == CatalogueReader.Valid ? "" : "::text";
        return $"p.{SqlTokens.Quoted(target)}{cast} = c.{SqlTokens.Quoted(column)}{cast}";
    }
}
