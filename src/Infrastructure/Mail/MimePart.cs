using System.Buffers.Text;
using System.Text;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// A message, or a part of one (RFC 2045, 2046), as far as reports need it. What strangers send is read with bounds:
/// so many header fields, so many parts, so deep; what lies beyond is as if it were not there. Whatever is broken is
/// read as far as it makes sense, and never throws.
/// </summary>
/// <param name="Headers">In their order, unfolded.</param>
/// <param name="Raw">What comes after the header, still encoded.</param>
internal sealed record MimePart(IReadOnlyList<MailField> Headers, ReadOnlyMemory<byte> Raw)
{
    private const int MostParts = 20;
    private const int MostDepth = 4;

    /// <summary>Reads a message.</summary>
    public static MimePart Read(ReadOnlyMemory<byte> message)
    {
        // A pipe may begin with the line that divides the messages of an mbox file.
        if (message.Span.StartsWith("From "u8))
            message = message[MailLines.End(message.Span)..];

        var headers = MailField.ReadBlock(message.Span, out var length);
        return new MimePart(headers, message[length..]);
    }

    /// <summary>The first field of a name; null where there is none.</summary>
    public string? Header(string name) => MailField.First(Headers, name);

    /// <summary>In lower case, such as <c>multipart/report</c>.</summary>
    public string MediaType =>
        Header("Content-Type") is { } type ? type.Split(';')[0].Trim().ToLowerInvariant() : "text/plain";

    /// <summary>What the part says, decoded.</summary>
    public ReadOnlyMemory<byte> Content =>
        Header("Content-Transfer-Encoding")?.Trim().ToLowerInvariant() switch
        {
            "base64" => DecodeBase64(Raw.Span),
            "quoted-printable" => DecodeQuoted(Raw.Span),
            _ => Raw,
        };

    /// <summary>The part itself and all in it, in their order; not what messages that it carries hold.</summary>
    public IEnumerable<MimePart> All(int depth = 0)
    {
        yield return this;
        if (depth >= MostDepth)
            yield break;

        foreach (var part in Parts())
        {
            foreach (var inner in part.All(depth + 1))
                yield return inner;
        }
    }

    private List<MimePart> Parts()
    {
        var parts = new List<MimePart>();
        if (!MediaType.StartsWith("multipart/", StringComparison.Ordinal) || Boundary() is not { Length: > 0 } boundary)
            return parts;

        var delimiter = Encoding.UTF8.GetBytes($"--{boundary}");
        var (at, start) = (0, -1);
        while (at < Raw.Length && parts.Count < MostParts)
        {
            var line = Raw.Span[at..];
            var end = MailLines.End(line);
            if (line[..end].StartsWith(delimiter))
            {
                if (start >= 0)
                    parts.Add(Read(Raw[start..MailLines.WithoutBreak(Raw.Span, start, at)]));

                start = at + end;
                if (line[delimiter.Length..end].StartsWith("--"u8))
                    return parts;
            }

            at += end;
        }

        // Cut before its end: what is there counts.
        if (start >= 0 && start < Raw.Length && parts.Count < MostParts)
            parts.Add(Read(Raw[start..]));

        return parts;
    }

    private string? Boundary()
    {
        var type = Header("Content-Type") ?? "";
        var name = type.IndexOf("boundary", StringComparison.OrdinalIgnoreCase);
        if (name < 0)
            return null;

        var value = type[(name + "boundary".Length)..].TrimStart();
        if (!value.StartsWith('='))
            return null;

        value = value[1..].TrimStart();
        if (value.StartsWith('"'))
            return value.IndexOf('"', 1) is var end and > 0 ? value[1..end] : null;

        return value.Split(';', ' ', '\t')[0];
    }

    private static byte[] DecodeBase64(ReadOnlySpan<byte> encoded)
    {
        var digits = new byte[encoded.Length];
        var length = 0;
        foreach (var digit in encoded)
        {
            if (char.IsAsciiLetterOrDigit((char)digit) || digit is (byte)'+' or (byte)'/')
                digits[length++] = digit;
        }

        // The padding was dropped with the line breaks; a digit that stands alone was cut.
        var whole = length / 4 * 4;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(length + 4)];
        Base64.DecodeFromUtf8(digits.AsSpan(0, whole), decoded, out _, out var written);
        if (length - whole > 1)
        {
            Span<byte> last = [(byte)'A', (byte)'A', (byte)'=', (byte)'='];
            digits.AsSpan(whole, length - whole).CopyTo(last);
            Base64.DecodeFromUtf8(last, decoded.AsSpan(written), out _, out var rest);
            written += rest;
        }

        return decoded[..written];
    }

    private static byte[] DecodeQuoted(ReadOnlySpan<byte> encoded)
    {
        var decoded = new byte[encoded.Length];
        var length = 0;
        for (var at = 0; at < encoded.Length; at++)
        {
            if (encoded[at] != '=')
            {
                decoded[length++] = encoded[at];
                continue;
            }

            var rest = encoded[(at + 1)..];
            if (rest.StartsWith("\n"u8) || rest.StartsWith("\r\n"u8))
                at += rest[0] == '\n' ? 1 : 2;
            else if (rest.Length >= 2 && Utf8Parser.TryParse(rest[..2], out byte value, out var used, 'x') && used == 2)
            {
                decoded[length++] = value;
                at += 2;
            }
            else
                decoded[length++] = (byte)'=';
        }

        return decoded[..length];
    }
}
