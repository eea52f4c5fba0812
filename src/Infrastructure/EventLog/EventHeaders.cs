using System.Text.Json;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>What stands beside an audited event, in Marten's column for headers: who did it, from where.</summary>
internal static class EventHeaders
{
    public static Dictionary<string, object>? Of(Actor? by)
    {
        if (by is null)
            return null;

        var headers = new Dictionary<string, object> { ["id"] = by.Id };
        if (by.Ip is not null)
            headers["ip"] = by.Ip;

        if (by.UserAgent is not null)
            headers["userAgent"] = by.UserAgent;

        return headers;
    }

    public static Actor? Read(string? headers) =>
        headers is null ? null : JsonSerializer.Deserialize<Actor>(headers, JsonSerializerOptions.Web);
}
