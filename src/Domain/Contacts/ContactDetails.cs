using System.Text.Json;

namespace SchemaHub.Domain.Contacts;

/// <summary>What is known of a contact beside the address.</summary>
/// <param name="Metadata">A JSON object, or null.</param>
public sealed record ContactDetails(string? Name, JsonElement? Metadata)
{
    /// <summary>Nothing is known.</summary>
    public static ContactDetails None { get; } = new(Name: null, Metadata: null);

    /// <summary>
    /// The details with what a row of a file has: a name and attributes that the row does not have stay as they are.
    /// </summary>
    public ContactDetails UpdatedBy(string? name, JsonElement? metadata)
    {
        if (metadata is not { ValueKind: JsonValueKind.Object } brought)
            return this with { Name = name ?? Name };

        if (Metadata is not { ValueKind: JsonValueKind.Object } known)
            return new ContactDetails(name ?? Name, brought);

        // Of a name that stands twice in the JSON, as of one that both have, the last value counts.
        var merged = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var attribute in known.EnumerateObject().Concat(brought.EnumerateObject()))
            merged[attribute.Name] = attribute.Value;

        return new ContactDetails(name ?? Name, JsonSerializer.SerializeToElement(merged));
    }

    /// <summary>Whether both say the same; order and spacing of the JSON do not matter.</summary>
    public bool IsSameAs(ContactDetails other) =>
        string.Equals(Name, other.Name, StringComparison.Ordinal)
        && Metadata.HasValue == other.Metadata.HasValue
        && (Metadata is not { } mine || JsonElement.DeepEquals(mine, other.Metadata!.Value));
}
