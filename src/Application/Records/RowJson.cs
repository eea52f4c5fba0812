using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace SchemaHub.Application.Records;

/// <summary>
/// Rows as JSON objects with the table's columns as names: in the log, and as the database answers them.
/// </summary>
public static class RowJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new UtcConverter() },
    };

    /// <summary>An instant as rows hold it: UTC, in microseconds.</summary>
    public static string Instant(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A record as the database's JSON has it.</summary>
    internal static object Read(RecordType type, string json) => JsonSerializer.Deserialize(json, type.Row, Options)!;

    /// <summary>What of a record may stand in the log in the open.</summary>
    internal static JsonObject Open(RecordType type, object row) => Of(type, row, personal: false);

    /// <summary>What of a record belongs to a person; null where it holds nothing of that kind.</summary>
    internal static JsonElement? Personal(RecordType type, object row)
    {
        var personal = Of(type, row, personal: true);
        return personal.All(pair => pair.Value is null) ? null : JsonSerializer.SerializeToElement(personal);
    }

    /// <summary>All of it.</summary>
    internal static string Whole(RecordType type, object row)
    {
        var whole = Open(type, row);
        foreach (var (column, value) in Of(type, row, personal: true))
            whole[column] = value?.DeepClone();

        return whole.ToJsonString();
    }

    private static JsonObject Of(RecordType type, object row, bool personal) =>
        new(
            type.Columns.Where(column => column.IsPersonal == personal)
                .Select(column => KeyValuePair.Create(column.Name, Value(column, row)))
        );

    private static JsonNode? Value(RecordColumn column, object row) =>
        JsonSerializer.SerializeToNode(column.Property.GetValue(row), column.Property.PropertyType, Options);

    private sealed class UtcConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset at, JsonSerializerOptions options) =>
            writer.WriteStringValue(Instant(at));
    }
}
