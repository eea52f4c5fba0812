using System.Text.Json;
using System.Text.Json.Serialization;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>What stands beside an audited event, in Marten's column for headers: who did it, from where.</summary>
internal static class EventHeaders
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string? Of(Actor? by) => by is null ? null : JsonSerializer.Serialize(by, Json);

    public static Actor? Read(string? headers) =>
        headers is null ? null : JsonSerializer.Deserialize<Actor>(headers, Json);
}
