using System.Text.Json;
using SchemaHub.Api.Http;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Campaigns;

/// <summary>
/// What Resend tells. Openings and clicks that it measured itself are not taken: whether a person agreed to that is
/// known here only, and asked before.
/// </summary>
internal sealed class ResendWebhook(string? secret, TimeProvider clock) : IMailWebhook
{
    /// <summary>The tag that carries the mail's reference.</summary>
    private const string Tag = "mail";

    private readonly SvixSignature? _signature = string.IsNullOrWhiteSpace(secret) ? null : new SvixSignature(secret);

    public string Name => "resend";

    public bool IsOn => _signature is not null;

    public IReadOnlyList<DeliveryNotice> Read(IHeaderDictionary headers, ReadOnlyMemory<byte> body)
    {
        var now = clock.GetUtcNow();
        var id = _signature!.Verify(headers, body.Span, now);
        using var document = Parse(body);
        var happened = document.RootElement;
        var delivery = Text(happened, "type") switch
        {
            null => throw new MalformedRequestException("type", "It says what happened."),
            "email.delivered" => Delivery.Delivered,
            "email.complained" => Delivery.Complained,
            "email.bounced" => BounceOf(happened),
            // A delay passes or ends in a bounce; what else there is says nothing about a mail's fate.
            _ => (Delivery?)null,
        };
        if (delivery is null)
            return [];

        if (Object(happened, "data") is not { } data)
            throw new MalformedRequestException("data", "It says which mail it is about.");

        if (ReferenceOf(data) is not { } reference)
            return [];

        var at = Instants.TryParse(Text(happened, "created_at"), out var told) ? told : now;
        var bounce = Object(data, "bounce");
        return [new DeliveryNotice(reference, delivery.Value, id, at, Status: null, DiagnosticOf(bounce))];
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new MalformedRequestException("body", "It is a JSON object.");
        }
        catch (JsonException cut)
        {
            throw new MalformedRequestException("body", $"It is not well-formed JSON: see line {cut.LineNumber + 1}.");
        }
    }

    // Permanent is what it says, but for addresses that the provider itself refuses for a while after other senders'
    // mail came back: those came back for good there, too. Transient and Undetermined may pass.
    private static Delivery BounceOf(JsonElement happened) =>
        Object(happened, "data") is { } data
        && Object(data, "bounce") is { } bounce
        && Text(bounce, "type") is { } type
        && !type.Equals("Permanent", StringComparison.OrdinalIgnoreCase)
            ? Delivery.SoftBounce
            : Delivery.HardBounce;

    private static string? DiagnosticOf(JsonElement? bounce)
    {
        if (bounce is not { } told)
            return null;

        if (told.TryGetProperty("diagnosticCode", out var codes) && codes.ValueKind == JsonValueKind.Array)
        {
            var said = codes.EnumerateArray().Where(code => code.ValueKind == JsonValueKind.String);
            if (said.FirstOrDefault() is { ValueKind: JsonValueKind.String } first)
                return TextOf(first, "diagnosticCode");
        }

        var parts = new[] { Text(told, "subType"), Text(told, "message") }.Where(part => !string.IsNullOrEmpty(part));
        return string.Join(": ", parts);
    }

    /// <summary>Tags come as an object of names and values, or as a list of both.</summary>
    private static string? ReferenceOf(JsonElement data)
    {
        if (!data.TryGetProperty("tags", out var tags))
            return null;

        return tags.ValueKind switch
        {
            JsonValueKind.Object => Text(tags, Tag),
            JsonValueKind.Array => tags.EnumerateArray()
                .Where(tag => tag.ValueKind == JsonValueKind.Object && Text(tag, "name") == Tag)
                .Select(tag => Text(tag, "value"))
                .FirstOrDefault(),
            _ => null,
        };
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? TextOf(value, name) : null;

    private static string? TextOf(JsonElement value, string name)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException halfCharacter)
        {
            // An escaped half of a surrogate pair is JSON, and no text.
            throw new MalformedRequestException(name, halfCharacter.Message);
        }
    }

    private static JsonElement? Object(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;
}
