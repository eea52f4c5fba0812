using System.Buffers;
using System.Buffers.Text;
using System.Text;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Writes header fields (RFC 5322), folded at 78 characters; what is not ASCII becomes encoded words (RFC 2047).
/// </summary>
internal static class MimeHeaders
{
    private const int Line = 78;

    // RFC 2047 section 2: a line with an encoded word is at most 76 characters.
    private const int EncodedLine = 76;

    // RFC 5322 section 2.1.1 ends a line at 998; the rest is for the field's name.
    private const int LongestWord = 900;

    private static readonly SearchValues<char> Atoms = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~ "
    );

    private static readonly SearchValues<char> FieldNames = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.\"(),;<>@[\\]"
    );

    /// <summary>A field whose value is plain text.</summary>
    public static void Text(WireBuffer to, ReadOnlySpan<byte> name, string text)
    {
        RequireNoControls(text);
        var column = Begin(to, name);
        if (IsPlain(text))
            Fold(to, text, column);
        else
            Encode(to, text, column);

        End(to);
    }

    /// <summary>A field that somebody else named.</summary>
    /// <exception cref="MailNotSentException">Its name or value would not be one field.</exception>
    public static void Further(WireBuffer to, string name, string value)
    {
        if (name.Length is 0 or > Line - 2 || name.AsSpan().ContainsAnyExcept(FieldNames))
            throw new MailNotSentException("A header of the mail has a malformed name.", isForGood: true);

        RequireNoControls(value);
        // Most of these are read by machines, which expect no encoded words: a long word stays one.
        if (Ascii.IsValid(value) && LongestWordOf(value) > LongestWord)
            throw new MailNotSentException("A header of the mail is too long.", isForGood: true);

        Span<byte> ascii = stackalloc byte[name.Length];
        Text(to, ascii[..Encoding.ASCII.GetBytes(name, ascii)], value);
    }

    /// <summary>A field that holds one mailbox.</summary>
    public static void Address(WireBuffer to, ReadOnlySpan<byte> name, string? displayName, Mailbox mailbox)
    {
        var column = Begin(to, name);
        var text = (displayName ?? "").Trim(' ');
        RequireNoControls(text);
        if (text.Length == 0)
        {
            to.Append(mailbox.Address);
            End(to);
            return;
        }

        var start = to.Length - column;
        // A quoted name is not folded: what is in quotes may be read with the line's break in it.
        if (!IsPlain(text) || text.Length > LongestWord)
            Encode(to, text, column);
        else if (text.AsSpan().ContainsAnyExcept(Atoms) || text.Contains("  ", StringComparison.Ordinal))
            Quote(to, text);
        else
            to.Append(text);

        var lastLine = to.Span[start..];
        lastLine = lastLine[(lastLine.LastIndexOf((byte)'\n') + 1)..];
        if (lastLine.Length + mailbox.Address.Length + " <>".Length > Line)
            End(to);

        to.Append(" <"u8);
        to.Append(mailbox.Address);
        to.Append((byte)'>');
        End(to);
    }

    /// <exception cref="MailNotSentException">A line break would begin a header of somebody else's choice.</exception>
    public static void RequireNoControls(ReadOnlySpan<char> text)
    {
        if (text.ContainsAnyInRange('\0', '\x1f') || text.ContainsAnyInRange('\x7f', '\x9f'))
            throw new MailNotSentException("A header of the mail holds a control character.", isForGood: true);
    }

    private static int Begin(WireBuffer to, ReadOnlySpan<byte> name)
    {
        to.Append(name);
        to.Append(": "u8);
        return name.Length + 2;
    }

    private static void End(WireBuffer to) => to.Append("\r\n"u8);

    // What begins like an encoded word would be taken for one, and white space at the ends would be lost.
    private static bool IsPlain(string text) =>
        Ascii.IsValid(text)
        && !text.Contains("=?", StringComparison.Ordinal)
        && !text.StartsWith(' ')
        && !text.EndsWith(' ')
        && LongestWordOf(text) <= LongestWord;

    private static int LongestWordOf(ReadOnlySpan<char> text)
    {
        var longest = 0;
        foreach (var word in text.Split(' '))
            longest = Math.Max(longest, word.End.Value - word.Start.Value);

        return longest;
    }

    /// <summary>Breaks lines before white space, which is what unfolding takes back.</summary>
    private static void Fold(WireBuffer to, ReadOnlySpan<char> text, int column)
    {
        while (!text.IsEmpty)
        {
            var wordStart = Math.Max(text.IndexOfAnyExcept(' '), 0);
            var wordLength = text[wordStart..].IndexOf(' ');
            var length = wordLength < 0 ? text.Length : wordStart + wordLength;
            if (wordStart > 0 && column + length > Line)
            {
                End(to);
                column = 0;
            }

            to.Append(text[..length]);
            column += length;
            text = text[length..];
        }
    }

    private static void Quote(WireBuffer to, ReadOnlySpan<char> text)
    {
        to.Append((byte)'"');
        foreach (var character in text)
        {
            if (character is '"' or '\\')
                to.Append((byte)'\\');

            to.Append((byte)character);
        }

        to.Append((byte)'"');
    }

    private static void Encode(WireBuffer to, ReadOnlySpan<char> text, int column)
    {
        const int Frame = 12;
        Span<byte> word = stackalloc byte[EncodedLine];
        while (!text.IsEmpty)
        {
            // Whole characters only, and base64 without padding but for the last word.
            var most = Math.Max((EncodedLine - column - Frame) / 4 * 3, 3);
            var bytes = 0;
            var characters = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                if (bytes + rune.Utf8SequenceLength > most)
                    break;

                bytes += rune.EncodeToUtf8(word[bytes..]);
                characters += rune.Utf16SequenceLength;
            }

            if (characters > 0)
                AppendWord(to, word[..bytes]);

            text = text[characters..];
            if (text.IsEmpty)
                return;

            // Unfolding drops the white space between encoded words.
            to.Append("\r\n "u8);
            column = 1;
        }
    }

    private static void AppendWord(WireBuffer to, ReadOnlySpan<byte> bytes)
    {
        to.Append("=?utf-8?B?"u8);
        Base64.EncodeToUtf8(bytes, to.Room(EncodedLine), out _, out var written);
        to.Advance(written);
        to.Append("?="u8);
    }
}
