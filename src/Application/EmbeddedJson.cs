using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SchemaHub.Application;

/// <summary>
/// Data that come with the program and that a person extends: rules, texts, names. A field that is missing, null or not
/// known is a mistake in the file, and the program does not start with it.
/// </summary>
public static class EmbeddedJson
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>A file by its resource's name, from the assembly of what it is read as.</summary>
    /// <exception cref="JsonException">It cannot be read as that.</exception>
    public static T Read<T>(string resource) => Read<T>(typeof(T).Assembly, resource);

    /// <summary>Every file whose resource's name begins so.</summary>
    /// <inheritdoc cref="Read{T}(string)"/>
    public static IEnumerable<T> ReadAll<T>(string folder)
    {
        var assembly = typeof(T).Assembly;
        return assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Select(name => Read<T>(assembly, name));
    }

    /// <summary>A file that is open.</summary>
    /// <inheritdoc cref="Read{T}(string)"/>
    public static T Parse<T>(Stream json) =>
        JsonSerializer.Deserialize<T>(json, Strict) ?? throw new JsonException("There is nothing in it.");

    private static T Read<T>(Assembly assembly, string resource)
    {
        using var json =
            assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The resource {resource} is missing.");
        return Parse<T>(json);
    }
}
