using System.Text.Json;

namespace SchemaHub.Domain.Records;

/// <summary>A fact about a record: a back-office row that people edit and nothing reacts to.</summary>
public abstract record RecordEvent;

/// <summary>A record was created or replaced. Rows are JSON objects with the table's columns as names.</summary>
/// <param name="Table">Schema and table, such as <c>podcast.partners</c>.</param>
/// <param name="Before">The row until then, without what is personal; null where there was none.</param>
/// <param name="After">The row from then on, without what is personal.</param>
/// <param name="PersonalAfter">The personal columns of the row from then on, where the table has such.</param>
[StoredAs("record_saved")]
public sealed record RecordSaved(
    string Table,
    JsonElement? Before,
    JsonElement After,
    [property: Personal] JsonElement? PersonalAfter = null
) : RecordEvent, IAudited;

/// <summary>A record was deleted.</summary>
/// <param name="Before">The row until then.</param>
[StoredAs("record_deleted")]
public sealed record RecordDeleted(string Table, JsonElement Before) : RecordEvent, IAudited;

/// <summary>A record that holds personal data was deleted, and with it the key to every version of that data.</summary>
/// <param name="Before">The row until then, without what was personal.</param>
[StoredAs("record_erased")]
public sealed record RecordErased(string Table, JsonElement Before) : RecordEvent, IAudited, IErasure;
