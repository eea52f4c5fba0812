using System.Buffers;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Events as JSON: camelCase, enums as strings, nulls left out. What is <see cref="PersonalAttribute">personal</see>
/// goes, encrypted with the subject's key, into the one property <c>personal</c>.
/// </summary>
public static class EventCodec
{
    /// <summary>What holds the encrypted part of an event.</summary>
    internal const string PersonalProperty = "personal";

    /// <summary>
    /// What holds the commitment to a subject's key, in the first event that is encrypted with it. Decision 0042.
    /// </summary>
    internal const string KeyProperty = "personalKey";

    private static readonly Dictionary<Type, StoredEvent> ByType = Discover();

    private static readonly Dictionary<string, StoredEvent> ByName = ByType.Values.ToDictionary(
        stored => stored.Name,
        StringComparer.Ordinal
    );

    private static readonly JsonSerializerOptions Whole = Options(modifier: null);

    private static readonly JsonSerializerOptions OpenPart = Options(KeepOnly(personal: false));

    private static readonly JsonSerializerOptions PersonalPart = Options(KeepOnly(personal: true));

    /// <summary>Every event there is, by stored name.</summary>
    public static IReadOnlyDictionary<string, StoredEvent> Catalogue => ByName;

    /// <summary>The name under which events of a class are stored.</summary>
    public static string NameOf(Type type) => ByType[type].Name;

    /// <summary>The stored form of an event's class.</summary>
    public static StoredEvent Of(object happened) => ByType[happened.GetType()];

    /// <summary>Whether the event holds anything that needs the subject's key.</summary>
    public static bool IsPersonal(object happened) =>
        Array.Exists(Of(happened).PersonalProperties, property => property.GetValue(happened) is not null);

    /// <summary>The event without what is personal: what may stand outside the database.</summary>
    public static string OpenJson(object happened) => JsonSerializer.Serialize(happened, happened.GetType(), OpenPart);

    /// <summary>The event as stored.</summary>
    /// <param name="key">Needed where the event holds anything personal.</param>
    /// <param name="commitsToKey">The key is new: the event says which key it is, so that the seal covers that.</param>
    public static string Encode(
        object happened,
        SubjectKey? key,
        string tenant,
        Guid stream,
        long version,
        bool commitsToKey = false
    )
    {
        var open = OpenJson(happened);
        if (!IsPersonal(happened))
            return open;

        if (key is null)
            throw new InvalidOperationException($"{Of(happened).Name} is personal, and its stream has no key.");

        var personal = JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), PersonalPart);
        var separator = open.Length == 2 ? "" : ",";
        var ciphertext = key.Seal(personal, tenant, stream, version);
        var commitment = commitsToKey ? $",\"{KeyProperty}\":\"{Convert.ToBase64String(key.Commitment())}\"" : "";
        return $"{open.AsSpan(0, open.Length - 1)}{separator}\"{PersonalProperty}\":\"{ciphertext}\"{commitment}}}";
    }

    /// <summary>The event of a stored name; personal parts are null where the key is gone.</summary>
    /// <exception cref="UnknownEventException">No such stored name: a newer version wrote it.</exception>
    /// <exception cref="UnreadableEventException">The JSON does not fit the name.</exception>
    public static object Decode(string name, string data, SubjectKey? key, string tenant, Guid stream, long version)
    {
        using var opener = key?.OpenerOf(tenant, stream);
        return Decode(name, Encoding.UTF8.GetBytes(data), opener, stream, version);
    }

    /// <summary>The same, of UTF-8, and with the stream's key made ready for many events.</summary>
    internal static object Decode(
        string name,
        ReadOnlySpan<byte> data,
        PersonalOpener? opener,
        Guid stream,
        long version
    )
    {
        if (!ByName.TryGetValue(name, out var stored))
            throw new UnknownEventException(name);

        try
        {
            return opener is null || stored.PersonalProperties.Length == 0
                ? Parse(data, stored)
                : Parse(data, stored, opener, version);
        }
        catch (JsonException unreadable)
        {
            throw new UnreadableEventException(name, stream, version, unreadable);
        }
    }

    private static object Parse(ReadOnlySpan<byte> data, StoredEvent stored, PersonalOpener opener, long version)
    {
        // What was sealed is shorter than its base64, and both parts fit where the event lay.
        var whole = ArrayPool<byte>.Shared.Rent(data.Length);
        try
        {
            var length = Open(data, opener, version, whole);
            return Parse(length > 0 ? whole.AsSpan(0, length) : data, stored);
        }
        finally
        {
            // Others rent it next, and it held what belongs to a person.
            ArrayPool<byte>.Shared.Return(whole, clearArray: true);
        }
    }

    private static object Parse(ReadOnlySpan<byte> json, StoredEvent stored) =>
        JsonSerializer.Deserialize(json, Whole.GetTypeInfo(stored.Type))
        ?? throw new JsonException($"The stored event {stored.Name} is null.");

    /// <summary>
    /// Puts the members that were sealed where the sealed part stands; the length of the whole, or 0 where there is
    /// nothing to open.
    /// </summary>
    private static int Open(ReadOnlySpan<byte> json, PersonalOpener opener, long version, Span<byte> whole)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;

            var start = (int)reader.TokenStartIndex;
            var found = reader.ValueTextEquals(PersonalProperty);
            reader.Read();
            if (!found)
            {
                reader.Skip();
                continue;
            }

            // An object of at least one member, so that the commas around it stay right without its braces.
            var members = opener.Open(ref reader, version, whole[start..]) - 2;
            if (members <= 0)
                return 0;

            json[..start].CopyTo(whole);
            whole.Slice(start + 1, members).CopyTo(whole[start..]);
            var rest = json[(int)reader.BytesConsumed..];
            rest.CopyTo(whole[(start + members)..]);
            return start + members + rest.Length;
        }

        return 0;
    }

    private static JsonSerializerOptions Options(Action<JsonTypeInfo>? modifier)
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        if (modifier is not null)
            resolver.Modifiers.Add(modifier);

        return new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = resolver,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        };
    }

    private static Action<JsonTypeInfo> KeepOnly(bool personal) =>
        info =>
        {
            if (!info.Type.IsDefined(typeof(StoredAsAttribute), inherit: false))
                return;

            foreach (var property in info.Properties)
            {
                if (property.AttributeProvider!.IsDefined(typeof(PersonalAttribute), inherit: false) != personal)
                    property.ShouldSerialize = static (_, _) => false;
            }
        };

    private static Dictionary<Type, StoredEvent> Discover() =>
        typeof(StoredAsAttribute)
            .Assembly.GetTypes()
            .Select(type => (type, stored: type.GetCustomAttribute<StoredAsAttribute>(inherit: false)))
            .Where(found => found.stored is not null)
            .ToDictionary(
                found => found.type,
                found => new StoredEvent(
                    found.stored!.Name,
                    found.type,
                    [.. found.type.GetProperties().Where(p => p.IsDefined(typeof(PersonalAttribute), inherit: false))]
                )
            );
}

/// <summary>An event's class and the name it is stored under.</summary>
public sealed record StoredEvent(string Name, Type Type, PropertyInfo[] PersonalProperties);

/// <summary>The log holds an event whose JSON does not fit its stored name.</summary>
public sealed class UnreadableEventException(string name, Guid stream, long version, Exception why)
    : Exception(
        $"The event {name} at version {version} of stream {stream} cannot be read: its JSON does not fit that name.",
        why
    );

/// <summary>The log holds an event that this program does not know: it is older than the one that wrote it.</summary>
public sealed class UnknownEventException(string name)
    : Exception($"The log holds an event named {name}, which this version does not know; run the newer version.");
