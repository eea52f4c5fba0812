using System.Collections.Concurrent;
using Npgsql;
using SchemaHub.Application.Records;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Records;

/// <summary>Asks the live catalogue, once for each table.</summary>
internal sealed class TableShapes(NpgsqlDataSource writer, IReadOnlyList<string> schemas) : ITableShapes
{
    private readonly ConcurrentDictionary<string, TableShape> _known = new(StringComparer.Ordinal);

    public bool IsOn(string schema) => schemas.Contains(schema);

    public async Task<TableShape> Of(RecordType type, CancellationToken cancellation)
    {
        if (_known.TryGetValue(type.Name, out var known))
            return known;

        var shape = await Read(type.Name, cancellation);
        return _known.GetOrAdd(type.Name, shape);
    }

    private async Task<TableShape> Read(string table, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        var name = new NpgsqlParameter<string> { TypedValue = table };
        batch.Add(ColumnsSql, name.Clone());
        batch.Add(IndexesSql, name.Clone());
        batch.Add(ConstraintsSql, name.Clone());
        batch.Add(ReferencesSql, name.Clone());
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var types = await Rows(reader, row => (row.GetString(0), row.GetString(1)));
        var indexes = await Rows(reader, row => Columns(row, 0));
        var constraints = await Rows(reader, row => (Name: row.GetString(0), Columns: Columns(row, 1)));
        var references = await Rows(
            reader,
            row => new TableReference(
                row.GetString(0),
                Columns(row, 1),
                row.GetString(2),
                Columns(row, 3),
                row.GetChar(4) switch
                {
                    'c' => OnDelete.Cascade,
                    'n' => OnDelete.SetNull,
                    _ => OnDelete.Restrict,
                }
            )
        );
        return new TableShape(
            types.ToDictionary(column => column.Item1, column => column.Item2),
            indexes,
            [.. references.Where(reference => reference.Table == table)],
            [.. references.Where(reference => reference.Target == table)],
            constraints.ToDictionary(one => one.Name, one => one.Columns)
        );
    }

    private static IReadOnlyList<string> Columns(NpgsqlDataReader row, int column) =>
        row.GetFieldValue<string[]>(column);

    private static async Task<List<T>> Rows<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));

        await reader.NextResultAsync();
        return rows;
    }

    private const string ColumnsSql = """
        select a.attname::text, format_type(a.atttypid, null)
        from pg_attribute a
        where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
        """;

    // A column of an index that is an expression of one column counts as that column: saas and backstage list by id
    // as bigint.
    private const string IndexesSql = """
        select array(
            select coalesce(
                a.attname::text,
                substring(pg_get_indexdef(i.indexrelid, k.place::integer, false) from '^\(+([a-z_]+)\)+::bigint\)*$'),
                ''
            )
            from unnest(i.indkey) with ordinality k (attnum, place)
            left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum > 0
            order by k.place
        )
        from pg_index i
        where i.indrelid = $1::regclass and i.indpred is null and i.indisvalid
        """;

    private const string ConstraintsSql = """
        select n.name, array(
            select distinct a.attname::text
            from pg_attribute a
            where a.attrelid = $1::regclass and a.attnum = any(n.columns) and a.attnum > 0
        )
        from (
            select c.conname::text as name, c.conkey as columns
            from pg_constraint c
            where c.conrelid = $1::regclass and c.conkey is not null
            union all
            select x.relname::text, array(
                select d.refobjsubid::smallint
                from pg_depend d
                where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid
                union
                select unnest(i.indkey)
            )
            from pg_index i
            join pg_class x on x.oid = i.indexrelid
            where i.indrelid = $1::regclass and i.indisunique
                and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
        ) n
        """;

    private const string ReferencesSql = """
        select c.conrelid::regclass::text,
            array(
                select a.attname::text
                from unnest(c.conkey) with ordinality k (attnum, place)
                join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
                order by k.place
            ),
            c.confrelid::regclass::text,
            array(
                select a.attname::text
                from unnest(c.confkey) with ordinality k (attnum, place)
                join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum
                order by k.place
            ),
            c.confdeltype
        from pg_constraint c
        where c.contype = 'f' and c.conparentid = 0 and $1::regclass in (c.conrelid, c.confrelid)
        """;
}
