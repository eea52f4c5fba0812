using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Finds tags of MJML that are not closed, which its own parser passes over, and where tags stand.</summary>
internal static class MjmlTags
{
    private const string Field = "MjmlContent";
    private const int MostName = 64;

    private static readonly (string Begin, string End)[] s_skipped = [("<!--", "-->"), ("<![CDATA[", "]]>")];

    /// <summary>What the package would pass over: a tag that is not closed, or one that names a file.</summary>
    /// <exception cref="TemplateTooCostlyException">There are too many tags, or they are too deep.</exception>
    public static TemplateProblem? Refused(string mjml)
    {
        var zero = mjml.IndexOf('\0', StringComparison.Ordinal);
        if (zero >= 0)
            return At(mjml, zero, "The character U+0000 is no text.");

        return Include(mjml) is { } include
            ? At(mjml, include, "<mj-include> is not supported: a template is one text.")
            : Unbalanced(mjml);
    }

    // In any case, under any prefix and in any place: in a comment or an attribute it has no use either.
    private static int? Include(string mjml)
    {
        const string include = "mj-include";
        // Looking back from one name never passes the one before: from there it would find the same.
        var last = 0;
        for (
            var at = mjml.IndexOf(include, StringComparison.OrdinalIgnoreCase);
            at >= 0;
            at = mjml.IndexOf(include, at + 1, StringComparison.OrdinalIgnoreCase)
        )
        {
            var start = at;
            while (start > last && (char.IsAsciiLetterOrDigit(mjml[start - 1]) || mjml[start - 1] is ':' or '-' or '_'))
                start--;

            while (start > last && (mjml[start - 1] == '/' || char.IsWhiteSpace(mjml[start - 1])))
                start--;

            if (start > 0 && mjml[start - 1] == '<')
                return start - 1;

            last = at;
        }

        return null;
    }

    private static TemplateProblem? Unbalanced(string mjml)
    {
        var open = new Stack<(string Name, int Offset)>();
        var tags = 0;
        for (var at = mjml.IndexOf('<'); at >= 0; )
        {
            if (Skipped(mjml, at, out var problem) is { } after)
            {
                at = mjml.IndexOf('<', after);
                continue;
            }

            if (problem is not null)
                return problem;

            var isClosing = at + 1 < mjml.Length && mjml[at + 1] == '/';
            var name = NameAt(mjml, isClosing ? at + 2 : at + 1);
            if (name is not "mjml" && !name.StartsWith("mj-", StringComparison.Ordinal))
            {
                at = mjml.IndexOf('<', at + 1);
                continue;
            }

            if (++tags > TemplateBudgets.MjmlTags)
                throw TemplateTooCostlyException.MjmlTags();

            var end = EndOfTag(mjml, at + 1 + name.Length);
            if (end < 0)
                return At(mjml, at, $"<{name} has no end: a > or a quote is missing.");

            if (isClosing)
            {
                if (!open.TryPop(out var opened))
                    return At(mjml, at, $"</{name}> closes nothing.");

                if (opened.Name != name)
                    return At(mjml, opened.Offset, $"<{opened.Name}> is not closed: </{name}> comes first.");
            }
            else if (mjml[end - 1] != '/')
            {
                open.Push((name, at));
                if (open.Count > TemplateBudgets.MjmlDepth)
                    throw TemplateTooCostlyException.MjmlDepth();
            }

            at = mjml.IndexOf('<', end);
        }

        return open.TryPop(out var left) ? At(mjml, left.Offset, $"<{left.Name}> is not closed.") : null;
    }

    /// <summary>Where a comment or CDATA that begins here ends; null where none does.</summary>
    private static int? Skipped(string mjml, int at, out TemplateProblem? problem)
    {
        problem = null;
        foreach (var (begin, end) in s_skipped)
        {
            if (string.CompareOrdinal(mjml, at, begin, 0, begin.Length) != 0)
                continue;

            var found = mjml.IndexOf(end, at + begin.Length, StringComparison.Ordinal);
            if (found >= 0)
                return found + end.Length;

            problem = At(mjml, at, $"{begin} has no end: {end} is missing.");
        }

        return null;
    }

    // The package reads names in any case.
    private static string NameAt(string mjml, int at)
    {
        var end = at;
        while (end < mjml.Length && end - at < MostName && (char.IsAsciiLetterOrDigit(mjml[end]) || mjml[end] == '-'))
            end++;

        return mjml[at..end].ToLowerInvariant();
    }

    /// <summary>Where the tag's &gt; stands, past quoted values; -1 where it has none.</summary>
    private static int EndOfTag(string mjml, int at)
    {
        while (at < mjml.Length)
        {
            if (mjml[at] == '>')
                return at;

            if (mjml[at] is '"' or '\'')
            {
                at = mjml.IndexOf(mjml[at], at + 1);
                if (at < 0)
                    return -1;
            }

            at++;
        }

        return -1;
    }

    /// <summary>The column of the first such tag on a line, from 1.</summary>
    public static int? Column(string mjml, int line, string tag)
    {
        var lines = mjml.Split('\n');
        if (line < 1 || line > lines.Length)
            return null;

        var at = lines[line - 1].IndexOf($"<{tag}", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : at + 1;
    }

    private static TemplateProblem At(string mjml, int offset, string message)
    {
        var (line, column) = TextPlaces.At(mjml, offset);
        return new TemplateProblem(Field, message, line, column);
    }
}
