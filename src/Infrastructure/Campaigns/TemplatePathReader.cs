namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Reads the way to a value as people write it.</summary>
internal static class TemplatePathReader
{
    private const int MostSegments = 10;

    private static readonly string[] s_markers = ["index", "key", "first", "last"];

    /// <summary>The path, or what is wrong with it; both where a draft may have it.</summary>
    /// <param name="scopes">How many <c>#each</c> and <c>#with</c> it stands in.</param>
    public static (TemplatePath? Path, TemplateFault? Problem) Read(string text, int scopes)
    {
        if (text.AsSpan().IndexOfAny("\"'()|") >= 0 || text.Contains('=', StringComparison.Ordinal))
            return Wrong("A variable is needed here; texts, helpers and parameters are not supported.");

        if (HasSpace(text))
            return Wrong($"There is no helper {text.Split(' ', '\t', '\n')[0]}; a variable is one word.");

        if (text[0] == '@' && !text.StartsWith("@root.", StringComparison.Ordinal))
            return OfLoop(text, scopes);

        var up = 0;
        var rest = text;
        while (rest.StartsWith("../", StringComparison.Ordinal) || rest == "..")
        {
            up++;
            rest = rest.Length > 2 ? rest[3..] : "";
        }

        if (up > scopes)
            return Wrong($"{text} leads out of the template.");

        if (rest.StartsWith("@root.", StringComparison.Ordinal))
            (rest, up) = (rest["@root.".Length..], scopes);

        if (Segments(rest) is not { } segments)
            return Wrong($"{text} is no variable.");

        var path = new TemplatePath(up == scopes ? TemplatePath.Root : up, segments, Marker: null) { Written = text };
        return (path, path.IsOfRoot ? OfRoot(text, segments) : null);
    }

    private static (TemplatePath?, TemplateFault?) OfLoop(string text, int scopes) =>
        s_markers.Contains(text[1..]) && scopes > 0
            ? (new TemplatePath(0, [], text[1..]) { Written = text }, null)
            : Wrong($"{text} is not known here: @index, @key, @first and @last there are, within #each.");

    // What is not there at all is an error of whoever writes, who may still be writing.
    private static TemplateFault? OfRoot(string text, IReadOnlyList<string> segments) =>
        segments.Count == 0 ? new TemplateFault($"{text} is not one value; name a variable.", Offset: null)
        : !TemplateVariables.All.Contains(segments[0])
            ? new TemplateFault(
                $"{text} is no variable: {string.Join(", ", TemplateVariables.All)} there are; a contact's own data is "
                    + "in metadata, such as metadata.city.",
                Offset: null,
                IsContent: true
            )
        : segments.Count > 1 && segments[0] != TemplateVariables.Metadata
            ? new TemplateFault($"{segments[0]} holds nothing within.", Offset: null, IsContent: true)
        : null;

    private static List<string>? Segments(string text)
    {
        var segments = new List<string>();
        if (text.StartsWith("./", StringComparison.Ordinal))
            text = text[2..];

        if (text is "" or "." or "this")
            return segments;

        if (text.StartsWith("this.", StringComparison.Ordinal) || text.StartsWith("this/", StringComparison.Ordinal))
            text = text[5..];

        var at = 0;
        while (at <= text.Length)
        {
            var end = Segment(text, at, out var segment);
            if (end < 0 || segments.Count == MostSegments)
                return null;

            segments.Add(segment);
            if (end == text.Length)
                return segments;

            if (text[end] != '.')
                return null;

            at = end + 1;
        }

        return null;
    }

    /// <summary>Where the name that begins here ends; -1 where none does.</summary>
    private static int Segment(string text, int at, out string segment)
    {
        segment = "";
        if (at < text.Length && text[at] == '[')
        {
            var close = text.IndexOf(']', at);
            if (close < 0)
                return -1;

            segment = text[(at + 1)..close];
            return segment.Length > 0 && !segment.Any(IsOdd) ? close + 1 : -1;
        }

        var end = at;
        while (
            end < text.Length
            && (char.IsLetterOrDigit(text[end]) || text[end] is '_' or '-' or '$' || IsMark(text, end))
        )
            end++;

        segment = text[at..end];
        return end > at ? end : -1;
    }

    private static bool IsMark(string text, int at) =>
        char.IsSurrogate(text[at])
        || char.GetUnicodeCategory(text[at])
            is System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static bool IsOdd(char c) =>
        char.IsControl(c) || c is '[' or '<' or '>' or '&' or '{' or '}' or '`' or '\\';

    // A name in brackets may hold spaces.
    private static bool HasSpace(string text)
    {
        var depth = 0;
        foreach (var c in text)
        {
            depth +=
                c == '[' ? 1
                : c == ']' ? -1
                : 0;
            if (depth == 0 && char.IsWhiteSpace(c))
                return true;
        }

        return false;
    }

    private static (TemplatePath?, TemplateFault?) Wrong(string message) =>
        (null, new TemplateFault(message, Offset: null));
}
