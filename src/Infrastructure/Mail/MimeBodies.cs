using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Writes text parts so that every mail system passes them on unchanged: as they are where they are short lines of
/// ASCII, otherwise quoted-printable or base64 (RFC 2045), whichever is shorter.
/// </summary>
internal static class MimeBodies
{
    // RFC 5322 section 2.1.1.
    private const int LongestLine = 998;

    // RFC 2045 section 6.7: 76 with the soft break's "=".
    private const int QuotedLine = 75;

    // RFC 2045 section 6.8: 76 characters are 57 bytes.
    private const int Base64Line = 57;

    private static readonly SearchValues<byte> Literal = SearchValues.Create(
        "\t !\"#$%&'()*+,-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8
    );

    // ASCII that a 7bit part may hold: no NUL and nothing that a terminal obeys.
    private static readonly SearchValues<byte> SevenBit = SearchValues.Create([.. "\r\n\t"u8, .. Printable()]);

    [ThreadStatic]
    private static WireBuffer? s_lines;

    /// <summary>Writes the part's headers and its content.</summary>
    /// <param name="mediaType">Such as <c>text/plain</c>.</param>
    public static void Write(WireBuffer to, ReadOnlySpan<byte> mediaType, string text)
    {
        var lines = s_lines ??= new WireBuffer();
        lines.Clear();
        var isShort = CopyLines(text, lines, out var surplus);
        to.Append("Content-Type: "u8);
        to.Append(mediaType);
        to.Append("; charset=utf-8\r\nContent-Transfer-Encoding: "u8);
        if (isShort && !lines.Span.ContainsAnyExcept(SevenBit))
        {
            to.Append("7bit\r\n\r\n"u8);
            to.Append(lines.Span);
        }
        else if (IsShorterQuoted(surplus, lines))
        {
            to.Append("quoted-printable\r\n\r\n"u8);
            Quote(to, lines.Span);
        }
        else
        {
            to.Append("base64\r\n\r\n"u8);
            Base64Encode(to, lines.Span);
        }
    }

    /// <summary>
    /// The text in UTF-8, each line ended with both characters, as it is on the wire (RFC 5321 section 2.3.8); whether
    /// all lines may stay as they are.
    /// </summary>
    /// <param name="surplus">How many bytes more than characters it has.</param>
    private static bool CopyLines(ReadOnlySpan<char> text, WireBuffer lines, out int surplus)
    {
        surplus = 0;
        var isShort = true;
        while (true)
        {
            var end = text.IndexOfAny('\r', '\n');
            var line = end < 0 ? text : text[..end];
            // Mailboxes of the old kind change such a line, and its signature breaks (RFC 6376 section 5.3).
            isShort &= line.Length < LongestLine && !line.StartsWith("From ", StringComparison.Ordinal);
            var before = lines.Length;
            lines.Append(line);
            surplus += lines.Length - before - line.Length;
            if (end < 0)
                return isShort;

            lines.Append("\r\n"u8);
            var isPair = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n';
            text = text[(end + (isPair ? 2 : 1))..];
        }
    }

    // Each byte that is not ASCII costs two more when quoted; base64 costs a third of everything. UTF-8 has about
    // twice as many such bytes as its surplus.
    private static bool IsShorterQuoted(int surplus, WireBuffer lines) => 4L * surplus < lines.Length / 3;

    private static void Quote(WireBuffer to, ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var end = text.IndexOf("\r\n"u8);
            QuoteLine(to, end < 0 ? text : text[..end]);
            if (end < 0)
                return;

            to.Append("\r\n"u8);
            text = text[(end + 2)..];
        }
    }

    private static void QuoteLine(WireBuffer to, ReadOnlySpan<byte> line)
    {
        var column = 0;
        while (!line.IsEmpty)
        {
            var literal = line.IndexOfAnyExcept(Literal);
            if (literal < 0)
                // White space at a line's end would be lost.
                literal = line[^1] is (byte)' ' or (byte)'\t' ? line.Length - 1 : line.Length;

            if (column == 0 && line.StartsWith("From "u8))
                literal = 0;

            var taken = Math.Min(literal, QuotedLine - column);
            if (taken == 0 && column + (literal == 0 ? 3 : 1) > QuotedLine)
            {
                to.Append("=\r\n"u8);
                column = 0;
                continue;
            }

            if (taken == 0)
            {
                to.Append((byte)'=');
                Convert.TryToHexString(line[..1], to.Room(2), out var written);
                to.Advance(written);
                taken = 1;
                column += 3;
            }
            else
            {
                to.Append(line[..taken]);
                column += taken;
            }

            line = line[taken..];
        }
    }

    private static void Base64Encode(WireBuffer to, ReadOnlySpan<byte> bytes)
    {
        for (var first = true; !bytes.IsEmpty; first = false)
        {
            if (!first)
                to.Append("\r\n"u8);

            var taken = bytes[..Math.Min(Base64Line, bytes.Length)];
            Base64.EncodeToUtf8(taken, to.Room(Base64Line * 2), out _, out var written);
            to.Advance(written);
            bytes = bytes[taken.Length..];
        }
    }

    private static IEnumerable<byte> Printable() => Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (byte)code);
}
