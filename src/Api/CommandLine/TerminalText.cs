using System.Globalization;
using System.Text;

namespace SchemaHub.Api.CommandLine;

/// <summary>
/// Text that people see in a terminal. Data can hold characters that a terminal obeys (escape sequences) or that show
/// text in another order than it has (bidirectional controls); these are shown by their code instead.
/// </summary>
internal static class TerminalText
{
    /// <summary>Text of one line: a line end is shown by its code, too, so that no data makes up a line.</summary>
    public static string Line(string text) => Escaped(text, keepsLines: false, (code, to) => AppendCode(to, code));

    /// <summary>Text of several lines, whose columns may be set apart by tabs.</summary>
    public static string Lines(string text) => Escaped(text, keepsLines: true, (code, to) => AppendCode(to, code));

    /// <summary>A JSON text, in which the serializer leaves some of these characters as they are.</summary>
    public static string Json(string json) =>
        Escaped(
            json,
            keepsLines: true,
            (code, to) =>
            {
                foreach (var unit in char.ConvertFromUtf32(code))
                    to.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
            }
        );

    private static string Escaped(string text, bool keepsLines, Action<int, StringBuilder> escape)
    {
        if (!text.Any(c => char.IsControl(c) || char.IsSurrogate(c) || IsHarmful(char.GetUnicodeCategory(c))))
            return text;

        var safe = new StringBuilder(text.Length + 16);
        // Half a surrogate pair is read as U+FFFD.
        foreach (var rune in text.EnumerateRunes())
        {
            var isKept = keepsLines && rune.Value is ('\n' or '\t');
            // Joiners are part of ordinary words and emoji.
            isKept |= rune.Value is 0x200C or 0x200D;
            if (!isKept && IsHarmful(Rune.GetUnicodeCategory(rune)))
                escape(rune.Value, safe);
            else
                safe.Append(rune.ToString());
        }

        return safe.ToString();
    }

    private static void AppendCode(StringBuilder to, int code) =>
        to.Append(CultureInfo.InvariantCulture, $"\\u{{{code:X}}}");

    private static bool IsHarmful(UnicodeCategory category) =>
        category
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned;
}
