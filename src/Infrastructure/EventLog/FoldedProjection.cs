using System.Text.Json.Nodes;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>A projection of events that are few: each is folded into row changes of any of its tables.</summary>
internal abstract class FoldedProjection : IProjection
{
    public abstract string Schema { get; }

    public abstract IReadOnlyList<PublishedTable> Tables { get; }

    public void Write(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        // Most batches are of contacts only.
        if (!events.Any(Concerns))
            return;

        var tables = new FoldedTables(Tables);
        foreach (var recorded in events)
            Apply(recorded, tables);

        tables.AddTo(batch, schema);
        AddMore(events, schema, batch);
    }

    /// <summary>Whether the event may change a row.</summary>
    protected virtual bool Concerns(RecordedEvent recorded) => recorded.Data is Domain.IAudited;

    protected abstract void Apply(RecordedEvent recorded, FoldedTables tables);

    /// <summary>Statements that are no changes of known rows, after those.</summary>
    protected virtual void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch) { }

    /// <summary>A row, or the key and changes of one; columns in any order.</summary>
    protected static JsonObject Row(params ReadOnlySpan<(string Column, JsonNode? Value)> columns)
    {
        var row = new JsonObject();
        foreach (var (column, value) in columns)
            row[column] = value;

        return row;
    }

    /// <summary>The instant of an event as every kind of time column reads it: UTC.</summary>
    protected static JsonNode At(DateTimeOffset instant) => JsonValue.Create(instant.UtcDateTime.ToString("O"));

    protected static JsonNode? At(DateTimeOffset? instant) => instant is { } known ? At(known) : null;

    /// <summary>Texts as an array column takes them.</summary>
    protected static JsonNode? Texts(IReadOnlyList<string>? texts) =>
        texts is null ? null : new JsonArray([.. texts.Select(text => (JsonNode)text)]);

    /// <summary>The organization whose event it is; null where it is the system's.</summary>
    protected static JsonNode? OrganizationOf(RecordedEvent recorded) =>
        recorded.Tenant == Tenant.System ? null : JsonValue.Create(recorded.Tenant);
}

/// <summary>The row changes of a projection's tables, of those that have any.</summary>
internal sealed class FoldedTables(IReadOnlyList<PublishedTable> tables)
{
    private readonly Dictionary<string, RowChanges> _changes = new(StringComparer.Ordinal);

    public RowChanges this[string table]
    {
        get
        {
            if (!_changes.TryGetValue(table, out var changes))
                _changes[table] = changes = new RowChanges(table, tables.Single(one => one.Name == table).Keys);

            return changes;
        }
    }

    /// <summary>Adds the statements: children are deleted before parents, parents written before children.</summary>
    public void AddTo(NpgsqlBatch batch, string schema)
    {
        foreach (var table in tables.Reverse())
            _changes.GetValueOrDefault(table.Name)?.AddDeletes(batch, schema);

        foreach (var table in tables)
            _changes.GetValueOrDefault(table.Name)?.AddWrites(batch, schema);
    }
}
