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

    public static string Of(CommandContext context) => Of(ActorOf(context));

    public static string Of(Actor actor) => JsonSerializer.Serialize(actor, Json);

    public static Actor ActorOf(CommandContext context) =>
        new(context.Actor, context.Ip?.ToString(), context.UserAgent);

    public static Actor? Read(string? headers) =>
        headers is null ? null : JsonSerializer.Deserialize<Actor>(headers, Json);
}
