using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// What a batch of events makes of one published table, folded to one final change per row, rows being JSON objects
/// with the table's columns as names. Deleted rows go first, children before parents; then rows are written, parents
/// before children: one statement for each set of columns.
/// </summary>
internal sealed class RowChanges(string table, params string[] key)
{
    private readonly Dictionary<string, JsonObject> _whole = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> _changed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> _deleted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<JsonObject>> _deletedWhere = new(StringComparer.Ordinal);

    /// <summary>A row as a whole. Columns it does not name keep what they have, or their default.</summary>
    public void Put(JsonObject row)
    {
        var id = KeyOf(row);
        if (_changed.Remove(id, out var earlier) || _whole.TryGetValue(id, out earlier))
        {
            foreach (var (column, value) in earlier.Where(pair => !row.ContainsKey(pair.Key)).ToList())
                row[column] = value?.DeepClone();
        }

        _whole[id] = row;
    }

    /// <summary>Some columns of a row that is there: its key and what changes.</summary>
    public void Change(JsonObject keyAndChanges)
    {
        var id = KeyOf(keyAndChanges);
        if (!_whole.TryGetValue(id, out var row) && !_changed.TryGetValue(id, out row))
        {
            _changed[id] = keyAndChanges;
            return;
        }

        foreach (var (column, value) in keyAndChanges)
            row[column] = value?.DeepClone();
    }

    /// <summary>One row by its key.</summary>
    public void Delete(JsonObject row)
    {
        var id = KeyOf(row);
        _whole.Remove(id);
        _changed.Remove(id);
        _deleted[id] = row;
    }

    /// <summary>Every row that has the value in the column.</summary>
    public void DeleteWhere(string column, JsonNode value)
    {
        var text = value.ToJsonString();
        foreach (var rows in new[] { _whole, _changed })
        {
            foreach (var (id, _) in rows.Where(row => row.Value[column]?.ToJsonString() == text).ToList())
                rows.Remove(id);
        }

        if (!_deletedWhere.TryGetValue(column, out var values))
            _deletedWhere[column] = values = [];

        values.Add(new JsonObject { [column] = value });
    }

    /// <summary>Adds the statements that delete.</summary>
    public void AddDeletes(NpgsqlBatch batch, string schema)
    {
        foreach (var (column, values) in _deletedWhere)
            AddDelete(batch, schema, values, column);

        if (_deleted.Count > 0)
            AddDelete(batch, schema, _deleted.Values, key);
    }

    /// <summary>Adds the statements that write.</summary>
    public void AddWrites(NpgsqlBatch batch, string schema)
    {
        foreach (var rows in ByColumns(_whole.Values))
        {
            var columns = Columns(rows[0]);
            var list = string.Join(", ", columns);
            var others = columns.Except(key.Select(Quoted)).Select(column => $"{column} = excluded.{column}").ToList();
            var action = others.Count == 0 ? "nothing" : $"update set {string.Join(", ", others)}";
            batch.Add(
                $"""
                insert into {schema}.{table} ({list})
                select {list} from {Rows(schema)} u
                on conflict ({string.Join(", ", key.Select(Quoted))}) do {action}
                """,
                Json(rows)
            );
        }

        foreach (var rows in ByColumns(_changed.Values))
        {
            var sets = Columns(rows[0]).Except(key.Select(Quoted)).Select(column => $"{column} = u.{column}");
            batch.Add(
                $"update {schema}.{table} t set {string.Join(", ", sets)} from {Rows(schema)} u where {Joined(key)}",
                Json(rows)
            );
        }
    }

    // PostgreSQL converts each value to its column's type.
    private string Rows(string schema) => $"jsonb_populate_recordset(null::{schema}.{table}, $1)";

    private void AddDelete(NpgsqlBatch batch, string schema, IEnumerable<JsonObject> rows, params string[] columns) =>
        batch.Add($"delete from {schema}.{table} t using {Rows(schema)} u where {Joined(columns)}", Json(rows));

    private static string Joined(string[] columns) =>
        string.Join(" and ", columns.Select(column => $"t.{Quoted(column)} = u.{Quoted(column)}"));

    private static IEnumerable<List<JsonObject>> ByColumns(IEnumerable<JsonObject> rows) =>
        rows.GroupBy(row => string.Join(',', Columns(row)), StringComparer.Ordinal).Select(group => group.ToList());

    private static List<string> Columns(JsonObject row) => [.. row.Select(pair => Quoted(pair.Key)).Order()];

    private static string Quoted(string column) => $"\"{column}\"";

    private string KeyOf(JsonObject row) =>
        string.Join('\n', key.Select(column => row[column]?.ToJsonString() ?? throw MissingKey(column)));

    private InvalidOperationException MissingKey(string column) => new($"A row of {table} lacks its key {column}.");

    private static NpgsqlParameter Json(IEnumerable<JsonObject> rows) =>
        new()
        {
            NpgsqlDbType = NpgsqlDbType.Jsonb,
            Value = $"[{string.Join(',', rows.Select(row => row.ToJsonString()))}]",
        };
}
