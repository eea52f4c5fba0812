namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The statements by which a rebuild makes one table anew beside the live one, and mends the live one.
/// </summary>
internal sealed class RebuildStatements(PublishedTable table, string schema, string shadow)
{
    private readonly IReadOnlyList<string> _keys = [.. table.Keys.Select(key => $"\"{key}\"")];

    /// <summary>What the log says of a row, quoted. PostgreSQL does not compare <c>json</c>: its text is.</summary>
    public IReadOnlyList<(string Name, bool IsJson)> Columns { get; init; } = [];

    private string Live => $"{schema}.{table.Name}";

    private string Shadow => $"{shadow}.{table.Name}";

    private string Differing => $"{shadow}.{table.Name}_differs";

    private string KeyList => string.Join(", ", _keys);

    /// <summary>An empty table like the live one, and one for the keys of rows that differ.</summary>
    public string CreateShadow() =>
        $"""
            create unlogged table {Shadow} (like {Live} including defaults);
            alter table {Shadow} add primary key ({KeyList});
            create unlogged table {Differing} as select {KeyList} from {Live} with no data;
            alter table {Differing} add primary key ({KeyList});
            """;

    public string FindDifferences() =>
        $"""
            insert into {Differing} ({KeyList})
            select {string.Join(", ", _keys.Select(key => $"coalesce(l.{key}, s.{key})"))}
            from {Live} l
            full join {Shadow} s on {Same("l", "s")}
            where {Distinct}
            """;

    public string Delete() =>
        $"""
            delete from {Live} l
            using {Differing} d
            where {Same("l", "d")} and not exists (select 1 from {Shadow} s where {Same("s", "d")})
            """;

    public string Update() =>
        $"""
            update {Live} l
            set {string.Join(", ", Columns.Select(column => $"{column.Name} = s.{column.Name}"))}
            from {Shadow} s
            join {Differing} d on {Same("d", "s")}
            where {Same("l", "s")} and {Distinct}
            """;

    public string Insert() =>
        $"""
            insert into {Live} ({string.Join(", ", Columns.Select(column => column.Name))})
            select {string.Join(", ", Columns.Select(column => $"s.{column.Name}"))}
            from {Shadow} s
            join {Differing} d on {Same("d", "s")}
            where not exists (select 1 from {Live} l where {Same("l", "s")})
            """;

    private string Distinct => $"({Values("l")}) is distinct from ({Values("s")})";

    private string Same(string left, string right) =>
        string.Join(" and ", _keys.Select(key => $"{left}.{key} = {right}.{key}"));

    private string Values(string row) =>
        string.Join(", ", Columns.Select(column => $"{row}.{column.Name}{(column.IsJson ? "::text" : "")}"));
}
