using System.Buffers;
using System.Text;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Data written so that they stay data.</summary>
internal static class MailText
{
    /// <summary>The most of a subject, in characters: what <c>email_logs.subject</c> holds.</summary>
    public const int MostSubject = 255;

    private static readonly SearchValues<char> s_special = SearchValues.Create("&<>\"'`=");

    private static readonly SearchValues<char> s_odd = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(c => (char)c).Except("\t\n"),
        .. Enumerable.Range(0x7F, 0x21).Select(c => (char)c),
        TemplateDocument.MarkStart,
        TemplateDocument.MarkEnd,
        '\uFFFE',
        '\uFFFF',
        .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c),
    ]);

    /// <summary>Safe in text and in quoted attributes.</summary>
    public static string Html(string text)
    {
        var at = text.AsSpan().IndexOfAny(s_special);
        if (at < 0)
            return text;

        var html = new StringBuilder(text.Length + 16);
        var rest = text.AsSpan();
        for (; at >= 0; at = rest.IndexOfAny(s_special))
        {
            html.Append(rest[..at])
                .Append(
                    rest[at] switch
                    {
                        '&' => "&amp;",
                        '<' => "&lt;",
                        '>' => "&gt;",
                        '"' => "&quot;",
                        '\'' => "&#39;",
                        '`' => "&#96;",
                        _ => "&#61;",
                    }
                );
            rest = rest[(at + 1)..];
        }

        return html.Append(rest).ToString();
    }

    /// <summary>The same, with line ends that are seen.</summary>
    public static string HtmlLines(string text) => Html(text).ReplaceLineEndings("<br>");

    /// <summary>A value without what no text holds: control characters, halves of characters.</summary>
    public static string Clean(string text)
    {
        if (text.AsSpan().IndexOfAny(s_odd) < 0)
            return text;

        var clean = new StringBuilder(text.Length);
        // Half a pair is read as U+FFFD.
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
            clean.Append(IsOdd(rune) ? " " : rune.ToString());

        return clean.ToString();
    }

    // Some parsers take the last characters of a plane for the end of what they read.
    private static bool IsOdd(Rune rune) =>
        rune.Value is TemplateDocument.MarkStart or TemplateDocument.MarkEnd
        || (rune.Value & 0xFFFE) == 0xFFFE
        || (rune.Value is not ('\t' or '\n') && Rune.IsControl(rune));

    /// <summary>One line of bounded length, as a header takes it.</summary>
    public static string Subject(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, MostSubject));
        var count = 0;
        foreach (var rune in text.Trim().EnumerateRunes())
        {
            if (count++ == MostSubject)
                break;

            line.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? " " : rune.ToString());
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>A text part: nothing at its ends, and no more than one empty line in a row.</summary>
    public static string Text(string text)
    {
        while (text.Contains("\n\n\n", StringComparison.Ordinal))
            text = text.Replace("\n\n\n", "\n\n", StringComparison.Ordinal);

        return $"{text.Trim()}\n";
    }
}
