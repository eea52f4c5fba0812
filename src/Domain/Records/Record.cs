using System.Diagnostics;
using System.Text.Json;

namespace SchemaHub.Domain.Records;

/// <summary>A back-office row: it is there, as somebody saved it last, or it is not.</summary>
/// <param name="Table">The table it is, or was, a row of; null before the first event.</param>
/// <param name="Row">The row without what is personal; null where there is none.</param>
/// <param name="PersonalRow">The personal columns, while their key lives.</param>
public sealed record Record(string? Table, JsonElement? Row, JsonElement? PersonalRow) : IAggregate<Record, RecordEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "record";

    /// <inheritdoc/>
    public static Record Initial { get; } = new(null, null, null);

    /// <summary>Writes the row for the first time, or again after it was deleted.</summary>
    public IReadOnlyList<RecordEvent> Create(string table, JsonElement row, JsonElement? personal) =>
        Row is null
            ? [new RecordSaved(table, Before: null, row, personal)]
            : throw new RuleBrokenException("record.exists", "There is such a record already; replace it instead.");

    /// <summary>Writes the row anew; as it was, nothing happens.</summary>
    public IReadOnlyList<RecordEvent> Replace(string table, JsonElement row, JsonElement? personal)
    {
        var before = Require(table);
        return Same(before, row) && Same(PersonalRow, personal) ? [] : [new RecordSaved(table, before, row, personal)];
    }

    /// <summary>Takes one column's value away, since what it referred to goes.</summary>
    public IReadOnlyList<RecordEvent> Clear(string table, string column)
    {
        if (!IsOf(table))
            return [];

        var row = Row!.Value.EnumerateObject().ToDictionary(pair => pair.Name, pair => (object?)pair.Value);
        row[column] = null;
        return Replace(table, JsonSerializer.SerializeToElement(row), PersonalRow);
    }

    /// <summary>Deletes the row.</summary>
    /// <param name="erases">The table has personal columns: every version of them becomes unreadable.</param>
    public IReadOnlyList<RecordEvent> Delete(string table, bool erases)
    {
        var before = Require(table);
        return erases ? [new RecordErased(table, before)] : [new RecordDeleted(table, before)];
    }

    /// <summary>The same, where the row may have gone already.</summary>
    public IReadOnlyList<RecordEvent> DeleteIfThere(string table, bool erases) =>
        IsOf(table) ? Delete(table, erases) : [];

    /// <inheritdoc/>
    public Record Apply(RecordEvent happened) =>
        happened switch
        {
            RecordSaved saved => new Record(saved.Table, saved.After, saved.PersonalAfter),
            RecordDeleted deleted => new Record(deleted.Table, null, null),
            RecordErased erased => new Record(erased.Table, null, null),
            _ => throw new UnreachableException($"Record cannot apply {happened.GetType().Name}."),
        };

    private bool IsOf(string table) => Row is not null && Table == table;

    private JsonElement Require(string table) =>
        IsOf(table) ? Row!.Value : throw new RuleBrokenException("record.not_found", "There is no such record.");

    private static bool Same(JsonElement? one, JsonElement? other) =>
        one is { } a && other is { } b ? JsonElement.DeepEquals(a, b) : one is null && other is null;
}
