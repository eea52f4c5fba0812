using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace SchemaHub.Api.Http;

/// <summary>
/// JSON as this service takes and gives it: a field it does not know, a field twice or an instant without its offset is
/// refused, because what is silently dropped or guessed was meant by somebody.
/// </summary>
internal static partial class StrictJson
{
    /// <summary>The same for what is written outside of endpoints.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    public static void Configure(JsonSerializerOptions options)
    {
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new InstantConverter());
        // Names of people are not escaped; what could end a script element still is.
        options.Encoder = JavaScriptEncoder.Create(UnicodeRanges.All);
    }

    /// <summary>JSON is UTF-8 (RFC 8259 section 8.1); a body that names another encoding is refused unread.</summary>
    public static void UseStrictJson(this IApplicationBuilder app) =>
        app.Use(
            static (context, next) =>
                context.Request.HasJsonContentType()
                && MediaTypeHeaderValue.Parse(context.Request.ContentType) is { Charset: { Length: > 0 } charset }
                && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                    ? throw new BadHttpRequestException("Not UTF-8.", StatusCodes.Status415UnsupportedMediaType)
                    : next(context)
        );

    /// <summary>Which field a body was refused for, or null where it is no JSON at all, and why.</summary>
    public static (string? Field, string Rule) Explain(JsonException refusal)
    {
        var place = $"line {refusal.LineNumber + 1}, byte {refusal.BytePositionInLine + 1}";
        // The serializer wraps what its reader could not parse; what it refuses itself stands alone.
        if (refusal.InnerException is JsonException)
            return (null, $"The body is not well-formed JSON: see {place}.");

        if (Unmapped().Match(refusal.Message) is { Success: true } unknown)
            return (Join(Field(refusal.Path), unknown.Groups["name"].Value), "This field is not known here.");

        if (Duplicate().Match(refusal.Message) is { Success: true } twice)
            return (Join(Field(refusal.Path), twice.Groups["name"].Value), "This field is given twice.");

        return (
            Field(refusal.Path),
            refusal is NoInstantException ? $"{Instants.Rule} ({place})" : $"It is not of the right type ({place})."
        );
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        return options;
    }

    private static string? Field(string? path) =>
        path is null or "$" ? null
        : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..]
        : path[1..];

    private static string Join(string? path, string name) =>
        path is null || $".{path}".EndsWith($".{name}", StringComparison.OrdinalIgnoreCase)
            ? path ?? name
            : $"{path}.{name}";

    [GeneratedRegex(
        "JSON property '(?<name>.*)' could not be mapped",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Unmapped();

    [GeneratedRegex(
        "Duplicate property '(?<name>.*)' encountered",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Duplicate();

    /// <summary>Where an instant should stand there is none, or one without its offset.</summary>
    private sealed class NoInstantException : JsonException;

    /// <summary>Instants with their offset: without it the reader's clock would be guessed.</summary>
    private sealed class InstantConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && Instants.TryParse(reader.GetString(), out var at)
                ? at
                : throw new NoInstantException();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset at, JsonSerializerOptions options) =>
            writer.WriteStringValue(at.UtcDateTime);
    }
}
