using MimeKit;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// A message that a stranger sent, parsed by MimeKit within bounds: its first mebibyte, so deep, so many parts, so many
/// fields. What lies beyond is as if it were not there. Messages that it carries are not looked into, but for the
/// header of the mail that came back.
/// </summary>
internal sealed class StrangersMail
{
    /// <summary>How much of a message is read.</summary>
    public const int MostBytes = 1024 * 1024;

    private const int MostDepth = 8;
    private const int MostParts = 100;
    private const int MostFields = 300;
    private const int MostValue = 8 * 1024;

    private static readonly ParserOptions s_options = new() { MaxMimeDepth = MostDepth, RespectContentLength = false };

    private StrangersMail(MimeMessage message)
    {
        Headers = message.Headers;
        Body = message.Body;
        var parts = new List<MimeEntity>();
        Collect(message.Body, parts, depth: 0);
        Parts = parts;
    }

    /// <summary>The message's own header.</summary>
    public HeaderList Headers { get; }

    /// <summary>What it consists of; null where there is nothing after the header.</summary>
    public MimeEntity? Body { get; }

    /// <summary>The body and all parts in it, in their order.</summary>
    public IReadOnlyList<MimeEntity> Parts { get; }

    /// <summary>Reads a message; null where it cannot be read as one.</summary>
    public static StrangersMail? Read(ReadOnlyMemory<byte> message)
    {
        if (message.Length > MostBytes)
            message = message[..MostBytes];

        // A pipe may begin with the line that divides the messages of an mbox file.
        if (message.Span.StartsWith("From "u8))
            message = message[(message.Span.IndexOf((byte)'\n') + 1)..];

        try
        {
            using var stream = new MemoryStream(message.ToArray(), writable: false);
            return new StrangersMail(new MimeParser(s_options, stream, MimeFormat.Entity).ParseMessage());
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>In lower case, such as <c>message/delivery-status</c>.</summary>
    public static string MediaTypeOf(MimeEntity part) => part.ContentType.MimeType.ToLowerInvariant();

    /// <summary>What a part says, decoded, as far as it is read.</summary>
    public static ReadOnlyMemory<byte> ContentOf(MimeEntity part)
    {
        if (part is not MimePart { Content: { } content })
            return default;

        using var decoded = new MemoryStream();
        content.DecodeTo(decoded);
        return decoded.ToArray();
    }

    /// <summary>The header of the mail that a part brings back, whole or without its body.</summary>
    public static HeaderList? ReturnedHeader(MimeEntity part) =>
        part is MessagePart { Message: { } returned } ? returned.Headers : Read(ContentOf(part))?.Headers;

    /// <summary>The values of some fields, in the order of the names.</summary>
    public static IEnumerable<string> Values(IEnumerable<Header> fields, params string[] names)
    {
        var bounded = fields.Take(MostFields).ToList();
        return names.SelectMany(name => bounded.Where(field => Is(field, name)).Select(ValueOf));
    }

    /// <summary>The first field of a name; null where there is none.</summary>
    public static string? First(IEnumerable<Header> fields, string name) => Values(fields, name).FirstOrDefault();

    /// <summary>On one line, decoded, and not too long.</summary>
    public static string ValueOf(Header field)
    {
        var value = field.Value.Length > MostValue ? field.Value[..MostValue] : field.Value;
        return string.Join(' ', value.Split('\n').Select(line => line.Trim())).Trim();
    }

    private static bool Is(Header field, string name) => field.Field.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static void Collect(MimeEntity? part, List<MimeEntity> parts, int depth)
    {
        if (part is null || parts.Count >= MostParts || depth > MostDepth)
            return;

        parts.Add(part);
        if (part is not Multipart multipart)
            return;

        foreach (var inner in multipart)
            Collect(inner, parts, depth + 1);
    }
}
