using System.Text.RegularExpressions;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Finds tags of MJML that are not closed, which its own parser passes over, and where tags stand.</summary>
internal static partial class MjmlTags
{
    private const string Field = "MjmlContent";

    /// <summary>What the package would pass over: a tag that is not closed, or one that names a file.</summary>
    public static TemplateProblem? Refused(string mjml)
    {
        var include = mjml.IndexOf("<mj-include", StringComparison.Ordinal);
        return include >= 0
            ? At(mjml, include, "<mj-include> is not supported: a template is one text.")
            : Unbalanced(mjml);
    }

    private static TemplateProblem? Unbalanced(string mjml)
    {
        var open = new Stack<(string Name, int Offset)>();
        foreach (Match tag in Tag().Matches(mjml))
        {
            var name = tag.Groups["name"].Value;
            if (name.Length == 0 || tag.Groups["alone"].Success)
                continue;

            if (!tag.Groups["close"].Success)
            {
                open.Push((name, tag.Index));
                continue;
            }

            if (!open.TryPop(out var opened))
                return At(mjml, tag.Index, $"</{name}> closes nothing.");

            if (opened.Name != name)
                return At(mjml, opened.Offset, $"<{opened.Name}> is not closed: </{name}> comes first.");
        }

        return open.TryPop(out var left) ? At(mjml, left.Offset, $"<{left.Name}> is not closed.") : null;
    }

    /// <summary>The column of the first such tag on a line, from 1.</summary>
    public static int? Column(string mjml, int line, string tag)
    {
        var lines = mjml.Split('\n');
        if (line < 1 || line > lines.Length)
            return null;

        var at = lines[line - 1].IndexOf($"<{tag}", StringComparison.Ordinal);
        return at < 0 ? null : at + 1;
    }

    private static TemplateProblem At(string mjml, int offset, string message)
    {
        var (line, column) = TextPlaces.At(mjml, offset);
        return new TemplateProblem(Field, message, line, column);
    }

    // Comments are passed over; a tag's quoted values may hold a >.
    [GeneratedRegex(
        """<!--.*?-->|<(?<close>/)?(?<name>mj(ml|-[a-z0-9-]+))\b([^>"']|"[^"]*"|'[^']*')*?(?<alone>/)?>""",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 2_000
    )]
    private static partial Regex Tag();
}
