using System.Text.Json;
using System.Text.Json.Nodes;
using SchemaHub.Application;
using SchemaHub.Application.Records;
using SchemaHub.Domain.Records;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Records;

/// <summary>Fills the records' tables of one schema.</summary>
internal sealed class RecordsProjection : FoldedProjection
{
    public RecordsProjection(string schema)
    {
        Schema = schema;
        Tables =
        [
            .. RecordCatalogue
                .All.Where(type => type.Schema == schema)
                .Select(type => new PublishedTable(type.Table, [.. type.KeyColumns])),
        ];
    }

    /// <summary>One for each schema that has records.</summary>
    public static IEnumerable<IProjection> All { get; } =
    [.. RecordCatalogue.All.Select(type => type.Schema).Distinct().Select(schema => new RecordsProjection(schema))];

    public override string Schema { get; }

    public override IReadOnlyList<PublishedTable> Tables { get; }

    protected override bool Concerns(RecordedEvent recorded) => TypeOf(recorded) is not null;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        if (TypeOf(recorded) is { } type)
            Fold(type, recorded, tables[type.Table]);
    }

    private RecordType? TypeOf(RecordedEvent recorded)
    {
        var table = recorded.Data switch
        {
            RecordSaved saved => saved.Table,
            RecordDeleted deleted => deleted.Table,
            RecordErased erased => erased.Table,
            _ => null,
        };
        return table is not null && RecordCatalogue.Find(table) is { } type && type.Schema == Schema ? type : null;
    }

    private static void Fold(RecordType type, RecordedEvent recorded, RowChanges rows)
    {
        switch (recorded.Data)
        {
            case RecordSaved { Before: null } saved:
                rows.Put(NewRow(type, recorded, saved));
                break;
            case RecordSaved saved:
                rows.Change(ChangedRow(type, recorded, saved));
                break;
            case RecordDeleted { Before: var before }:
                Delete(type, recorded, before, rows);
                break;
            case RecordErased { Before: var before }:
                Delete(type, recorded, before, rows);
                break;
        }
    }

    private static void Delete(RecordType type, RecordedEvent recorded, JsonElement before, RowChanges rows)
    {
        var row = Key(type, recorded, before);
        if (!type.SoftDeletes)
        {
            rows.Delete(row);
            return;
        }

        row["deleted_at"] = RowJson.Instant(recorded.RecordedAt);
        if (type.HasUpdatedAt)
            row["updated_at"] = RowJson.Instant(recorded.RecordedAt);

        rows.Change(row);
    }

    private static JsonObject NewRow(RecordType type, RecordedEvent recorded, RecordSaved saved)
    {
        var row = ChangedRow(type, recorded, saved);
        var now = RowJson.Instant(recorded.RecordedAt);
        if (type.HasCreatedAt)
            row["created_at"] = now;

        if (type.TenantColumn is { } tenant)
            row[tenant] = type.TenantValue(recorded.Tenant);

        if (type.OwnerColumn is { } owner)
            row[owner] = Node(saved.After, owner);

        foreach (var column in type.Columns.Where(column => column.IsRecordedIfLeftOut))
            row[column.Name] ??= now;

        return row;
    }

    private static JsonObject ChangedRow(RecordType type, RecordedEvent recorded, RecordSaved saved)
    {
        var now = RowJson.Instant(recorded.RecordedAt);
        var row = Key(type, recorded, saved.After);
        foreach (var column in type.Columns)
        {
            // What is personal is unreadable once its key is gone: the row then holds what it holds without it.
            var value = Node(column.IsPersonal ? saved.PersonalAfter : saved.After, column.Name);
            if (value is not null || !column.IsRecordedIfLeftOut)
                row[column.Name] = value ?? (column.Otherwise is { } json ? JsonNode.Parse(json) : null);

            if (column.Since is { } since && $"{Node(saved.Before, column.Name)}" != $"{value}")
                row[since] = now;
        }

        if (type.HasUpdatedAt)
            row["updated_at"] = now;

        return row;
    }

    private static JsonObject Key(RecordType type, RecordedEvent recorded, JsonElement own)
    {
        var key = new JsonObject();
        foreach (var column in type.KeyColumns)
            key[column] =
                type.HasNaturalKey ? Node(own, column)
                : type.IsOnePerTenant ? recorded.Tenant
                : type.HasNumber ? recorded.Number
                : type.HasCuid ? Cuid.Of(recorded.Stream)
                : recorded.Stream.ToString();

        return key;
    }

    private static JsonNode? Node(JsonElement? row, string column) =>
        row is { } there && there.TryGetProperty(column, out var value) && value.ValueKind != JsonValueKind.Null
            ? JsonSerializer.SerializeToNode(value)
            : null;
}
