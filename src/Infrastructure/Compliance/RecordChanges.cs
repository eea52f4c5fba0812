using System.Text.Json;
using System.Text.Json.Nodes;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>What of a record was changed: the columns that differ, before and after.</summary>
internal static class RecordChanges
{
    /// <param name="before">Null where the record is new.</param>
    /// <param name="after">Null where it is gone.</param>
    public static JsonObject Between(JsonElement? before, JsonElement? after) =>
        new() { ["before"] = Differing(before, after), ["after"] = Differing(after, before) };

    private static JsonObject? Differing(JsonElement? row, JsonElement? other)
    {
        if (row is not { } there)
            return null;

        var differing = new JsonObject();
        foreach (var column in there.EnumerateObject())
        {
            var same =
                other is { } compared
                && compared.TryGetProperty(column.Name, out var value)
                && JsonElement.DeepEquals(column.Value, value);
            if (!same)
                differing[column.Name] = JsonSerializer.SerializeToNode(column.Value);
        }

        return differing;
    }
}
