using System.Text;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>A field of a header, or of a report, which has the same form (RFC 5322 section 2.2).</summary>
internal sealed record MailField(string Name, string Value)
{
    private const int MostFields = 300;
    private const int MostValueBytes = 8 * 1024;

    /// <summary>The first field of a name.</summary>
    public static string? First(IEnumerable<MailField> fields, string name) =>
        fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value;

    /// <summary>The fields up to the first empty line.</summary>
    /// <param name="length">How much was read, with that line.</param>
    public static List<MailField> ReadBlock(ReadOnlySpan<byte> text, out int length)
    {
        var fields = new List<MailField>();
        length = 0;
        while (length < text.Length)
        {
            var end = MailLines.End(text[length..]);
            if (MailLines.IsEmpty(text[length..(length + end)]))
            {
                length += end;
                return fields;
            }

            var field = length;
            length += end;
            while (length < text.Length && text[length] is (byte)' ' or (byte)'\t')
            {
                var next = MailLines.End(text[length..]);
                // Some write a line of blanks where an empty one belongs.
                if (MailLines.IsEmpty(text[length..(length + next)]))
                    break;

                length += next;
            }

            if (fields.Count < MostFields && Parse(text[field..length]) is { } parsed)
                fields.Add(parsed);
        }

        return fields;
    }

    /// <summary>All blocks of a report, divided by empty lines.</summary>
    public static List<List<MailField>> ReadBlocks(ReadOnlySpan<byte> text)
    {
        const int most = 100;
        var blocks = new List<List<MailField>>();
        var at = 0;
        while (at < text.Length && blocks.Count < most)
        {
            var block = ReadBlock(text[at..], out var length);
            at += length;
            if (block.Count > 0)
                blocks.Add(block);
        }

        return blocks;
    }

    private static MailField? Parse(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
            return null;

        var name = Encoding.ASCII.GetString(line[..colon]).Trim();
        var value = line[(colon + 1)..];
        // Whatever the charset was meant to be, tokens and codes are ASCII; the rest is for people.
        var text = Encoding.UTF8.GetString(value.Length > MostValueBytes ? value[..MostValueBytes] : value);
        return new MailField(name, string.Join(' ', text.Split('\n').Select(part => part.Trim())).Trim());
    }
}

/// <summary>Lines that end with CR LF, or with LF alone, as pipes bring them.</summary>
internal static class MailLines
{
    /// <summary>How long the first line is, with its end.</summary>
    public static int End(ReadOnlySpan<byte> text) =>
        text.IndexOf((byte)'\n') is var end and >= 0 ? end + 1 : text.Length;

    /// <summary>Nothing but blanks.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> line) => line.Trim(" \t\r\n"u8).IsEmpty;

    /// <summary>Where a text ends that is followed by a delimiter: the line break before that belongs to it.</summary>
    public static int WithoutBreak(ReadOnlySpan<byte> text, int start, int end)
    {
        if (end > start && text[end - 1] == '\n')
            end--;

        return end > start && text[end - 1] == '\r' ? end - 1 : end;
    }
}
