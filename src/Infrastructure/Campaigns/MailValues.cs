using System.Globalization;
using System.Text.Json;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// A recipient as the engine reads it. Of the metadata only what the template asks for is taken, since a mail names
/// a few of a contact's data and there are millions of mails.
/// </summary>
internal sealed class MailValues
{
    // A contact's data decides how often a loop turns.
    private const int MostItems = 500;
    private const int MostDepth = 16;

    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private bool _takesAll;

    /// <summary>Takes what these templates ask for.</summary>
    public MailValues(params ReadOnlySpan<ScannedTemplate> templates)
    {
        foreach (var template in templates)
        {
            foreach (var part in template.Parts)
            {
                if (part.Path is not { IsOfRoot: true, Segments: [TemplateVariables.Metadata, ..] segments })
                    continue;

                if (segments.Count == 1)
                    _takesAll = true;
                else
                    _keys.Add(segments[1]);
            }
        }
    }

    /// <summary>The recipient's values by name.</summary>
    public Dictionary<string, object?> Of(Recipient recipient) =>
        new(StringComparer.Ordinal)
        {
            ["name"] = Cleaned(recipient.Name),
            ["email"] = Cleaned(recipient.Email),
            [TemplateVariables.Metadata] = Metadata(recipient.Metadata),
            [TemplateVariables.UnsubscribeUrl] = recipient.UnsubscribeUrl,
            [TemplateVariables.PreferencesUrl] = recipient.PreferencesUrl,
            [TemplateVariables.PostalAddress] = Cleaned(recipient.PostalAddress),
        };

    /// <summary>A value as it is shown; nothing for what is no single value.</summary>
    public static string TextOf(object? value) =>
        value switch
        {
            string text => text,
            bool flag => flag ? "true" : "false",
            IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
            _ => "",
        };

    private Dictionary<string, object?>? Metadata(JsonElement? metadata)
    {
        if (metadata is not { ValueKind: JsonValueKind.Object } json || (_keys.Count == 0 && !_takesAll))
            return null;

        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (_takesAll ? values.Count < MostItems : IsAsked(property))
                values[property.Name] = Value(property.Value, depth: 1);
        }

        return values;
    }

    private bool IsAsked(JsonProperty property)
    {
        foreach (var key in _keys)
        {
            if (property.NameEquals(key))
                return true;
        }

        return false;
    }

    private static object? Value(JsonElement json, int depth)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return Cleaned(json.GetString());
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Number:
                return json.TryGetInt64(out var whole) ? whole
                    : json.TryGetDecimal(out var exact) ? exact
                    : json.GetDouble();
            case JsonValueKind.Array when depth < MostDepth:
                return json.EnumerateArray().Take(MostItems).Select(item => Value(item, depth + 1)).ToList();
            case JsonValueKind.Object when depth < MostDepth:
                var values = new Dictionary<string, object?>(StringComparer.Ordinal);
                foreach (var property in json.EnumerateObject().Take(MostItems))
                    values[property.Name] = Value(property.Value, depth + 1);

                return values;
            default:
                return null;
        }
    }

    private static string? Cleaned(string? text) => text is null ? null : MailText.Clean(text);
}
