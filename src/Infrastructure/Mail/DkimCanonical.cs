using System.Text;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>The form of a mail that DKIM signs, "relaxed" (RFC 6376 sections 3.4.2 and 3.4.4).</summary>
internal static class DkimCanonical
{
    /// <summary>Adds the last field of this name, unfolded; false where there is none.</summary>
    /// <param name="name">In lower case.</param>
    public static bool Header(WireBuffer to, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> last = [];
        while (!headers.IsEmpty)
        {
            var length = FieldLength(headers);
            var field = headers[..length];
            headers = headers[length..];
            var colon = field.IndexOf((byte)':');
            if (Ascii.EqualsIgnoreCase(field[..colon].TrimEnd((byte)' '), name))
                last = field;
        }

        if (last.IsEmpty)
            return false;

        Field(to, last);
        to.Append("\r\n"u8);
        return true;
    }

    /// <summary>Adds a field, unfolded and without the line's end.</summary>
    public static void Field(WireBuffer to, ReadOnlySpan<byte> field)
    {
        var colon = field.IndexOf((byte)':');
        var name = field[..colon].TrimEnd((byte)' ');
        Ascii.ToLower(name, to.Room(name.Length), out var written);
        to.Advance(written);
        to.Append((byte)':');
        Squeeze(to, field[(colon + 1)..].Trim(" \t\r\n"u8));
    }

    /// <summary>Adds a body: runs of white space as one space, none at a line's end, no empty lines last.</summary>
    public static void Body(WireBuffer to, ReadOnlySpan<byte> body)
    {
        var end = 0;
        while (!body.IsEmpty)
        {
            var lineEnd = body.IndexOf("\r\n"u8);
            var line = lineEnd < 0 ? body : body[..lineEnd];
            body = lineEnd < 0 ? [] : body[(lineEnd + 2)..];
            var trimmed = line.TrimEnd(" \t"u8);
            Squeeze(to, trimmed);
            to.Append("\r\n"u8);
            if (!trimmed.IsEmpty)
                end = to.Length;
        }

        to.Truncate(end);
    }

    private static int FieldLength(ReadOnlySpan<byte> headers)
    {
        var length = 0;
        do
        {
            length += headers[length..].IndexOf("\r\n"u8) + 2;
        } while (length < headers.Length && headers[length] is (byte)' ' or (byte)'\t');

        return length;
    }

    private static void Squeeze(WireBuffer to, ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var space = text.IndexOfAny(" \t\r\n"u8);
            if (space < 0)
            {
                to.Append(text);
                return;
            }

            to.Append(text[..space]);
            to.Append((byte)' ');
            text = text[space..].TrimStart(" \t\r\n"u8);
        }
    }
}
