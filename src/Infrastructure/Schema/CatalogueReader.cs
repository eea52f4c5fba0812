using Npgsql;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>Reads the system catalogue, in one round trip that can change nothing.</summary>
internal sealed class CatalogueReader
{
    public const string Valid = "valid";

    private readonly Dictionary<string, string> _names;
    private readonly HashSet<string> _ofExtensions = new(StringComparer.Ordinal);
    private readonly List<CataloguePart> _parts = [];
    private readonly Dictionary<(string, string), TableAccess> _access = [];
    private readonly HashSet<(string, string, string)> _unreadable = [];
    private readonly List<CataloguePartition> _partitions = [];
    private readonly HashSet<string> _schemas = new(StringComparer.Ordinal);

    private CatalogueReader(IReadOnlyDictionary<string, string> schemas) =>
        // Told from what they are called there to what the documents call them.
        _names = schemas
            .Where(pair => pair.Key != pair.Value)
            .ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Reads some schemas.</summary>
    /// <param name="connection">In a transaction; <c>search_path</c> must be <c>pg_catalog</c>.</param>
    /// <param name="schemas">What they are called, by the name that the documents have for them.</param>
    public static async Task<Catalogue> Read(
        NpgsqlConnection connection,
        IReadOnlyDictionary<string, string> schemas,
        CancellationToken cancellation
    )
    {
        var reader = new CatalogueReader(schemas);
        await using var batch = new NpgsqlBatch(connection);
        string[] questions =
        [
            CatalogueSql.Server,
            CatalogueSql.Extensions,
            CatalogueSql.Schemas,
            CatalogueProgramSql.Types,
            CatalogueSql.Tables,
            CatalogueSql.Columns,
            CatalogueSql.Constraints,
            CatalogueSql.Indexes,
            CatalogueProgramSql.Functions,
            CatalogueProgramSql.Triggers,
            CatalogueSql.Policies,
            CatalogueSql.Privileges,
            CatalogueProgramSql.Partitions,
        ];
        foreach (var sql in questions)
        {
            var command = new NpgsqlBatchCommand(sql);
            if (sql.Contains("$1", StringComparison.Ordinal))
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. schemas.Values] });

            batch.BatchCommands.Add(command);
        }

        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        return await reader.Read(rows, cancellation);
    }

    private async Task<Catalogue> Read(NpgsqlDataReader rows, CancellationToken cancellation)
    {
        await rows.ReadAsync(cancellation);
        var (version, database, isOurs) = (rows.GetInt32(0), rows.GetString(1), rows.GetBoolean(2));
        var maps = new Action<NpgsqlDataReader>[]
        {
            Extension,
            Schema,
            Type,
            Table,
            Column,
            row => Add(CatalogueRows.Constraint(row, Text)),
            row => Add(CatalogueRows.Index(row, Text)),
            row => Add(CatalogueRows.Function(row, Text)),
            row => Add(CatalogueRows.Trigger(row, Text)),
            row => Add(CatalogueRows.Policy(row, Text)),
        };
        foreach (var map in maps)
        {
            await rows.NextResultAsync(cancellation);
            while (await rows.ReadAsync(cancellation))
                map(rows);
        }

        await rows.NextResultAsync(cancellation);
        await ReadPrivileges(rows, cancellation);
        await rows.NextResultAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            _partitions.Add(Partition(rows));

        return new Catalogue(_parts)
        {
            ServerVersion = version,
            Database = database,
            IsOurs = isOurs,
            Schemas = _schemas,
            Partitions = _partitions,
            Access = _access,
            Unreadable = _unreadable,
        };
    }

    private async Task ReadPrivileges(NpgsqlDataReader rows, CancellationToken cancellation)
    {
        var grants = new List<(string Schema, string Table, string? Column, string Grantee, string Privilege)>();
        while (await rows.ReadAsync(cancellation))
            grants.Add(
                (
                    rows.GetString(0),
                    rows.GetString(1),
                    rows.IsDBNull(2) ? null : rows.GetString(2),
                    rows.GetString(3),
                    rows.GetString(4)
                )
            );

        _parts.AddRange(CatalogueRows.Privileges(grants, Named));
    }

    private CataloguePartition Partition(NpgsqlDataReader row) =>
        new(Named(row.GetString(0)), row.GetString(1), Named(row.GetString(2)), row.GetString(3), row.GetString(4));

    private void Extension(NpgsqlDataReader row)
    {
        var (name, schema) = (row.GetString(0), row.GetString(1));
        _parts.Add(Part("", "", PartKind.Extension, name));
        if (schema == "pg_catalog")
            return;

        foreach (var its in row.GetFieldValue<string[]>(2))
            _ofExtensions.Add($"{schema}.{its}");
    }

    private void Schema(NpgsqlDataReader row)
    {
        var schema = Named(row.GetString(0));
        _schemas.Add(schema);
        _parts.Add(
            Part(
                schema,
                "",
                PartKind.Schema,
                schema,
                (Trait.Owner, row.GetString(1)),
                (Trait.Privileges, string.Join(", ", row.GetFieldValue<string[]>(2)))
            )
        );
    }

    private void Type(NpgsqlDataReader row)
    {
        var schema = Named(row.GetString(0));
        var isEnum = row.GetString(2) == "e";
        _parts.Add(
            Part(
                schema,
                "",
                isEnum ? PartKind.Enum : PartKind.Type,
                row.GetString(1),
                isEnum
                    ? (Trait.Values, string.Join(CataloguePart.ColumnSeparator, row.GetFieldValue<string[]>(3)))
                    : (Trait.Definition, Text(row.GetString(4))),
                (Trait.Is, row.GetString(2)),
                (Trait.Comment, row.IsDBNull(5) ? "" : row.GetString(5))
            )
        );
    }

    private void Table(NpgsqlDataReader row)
    {
        var part = CatalogueRows.Table(row, Text);
        part = part with { Schema = Named(part.Schema) };
        _parts.Add(part);
        _access[(part.Schema, part.Table)] = new TableAccess(row.GetInt64(11), row.GetBoolean(12), row.GetBoolean(13));
    }

    private void Column(NpgsqlDataReader row)
    {
        var part = CatalogueRows.Column(row, Text);
        part = part with { Schema = Named(part.Schema) };
        _parts.Add(part);
        if (!row.GetBoolean(11))
            _unreadable.Add((part.Schema, part.Table, part.Id));
    }

    private void Add(CataloguePart part) => _parts.Add(part with { Schema = Named(part.Schema) });

    private string Named(string schema) => _names.GetValueOrDefault(schema, schema);

    // An extension may live in any schema, also in one that the documents have another name for.
    private string Text(string sql)
    {
        if (_ofExtensions.Count > 0)
            sql = SqlTokens.Unqualify(sql, _ofExtensions);

        return SqlTokens.Rename(sql, _names);
    }

    internal static CataloguePart Part(
        string schema,
        string table,
        string kind,
        string id,
        params (string Trait, string Value)[] traits
    ) =>
        new(
            schema,
            table,
            kind,
            id,
            traits
                .Where(trait => trait.Value.Length > 0)
                .ToDictionary(trait => trait.Trait, trait => trait.Value, StringComparer.Ordinal)
        );
}
