using System.Text.RegularExpressions;

namespace SchemaHub.Architecture.Specs;

/// <summary>The relative links of a Markdown text.</summary>
internal static partial class Links
{
    public static IEnumerable<Finding> Broken(string file, string text, IReadOnlyCollection<string> files)
    {
        var prose = Code().Replace(text, code => new string('\n', code.Value.Count(c => c == '\n')));
        var folder = Path.GetDirectoryName(file) ?? "";

        foreach (var link in Target().Matches(prose).Select(match => match.Groups["target"]))
        {
            var path = Uri.UnescapeDataString(link.Value.Split('#')[0]).TrimEnd('/');
            if (path.Length == 0 || Elsewhere().IsMatch(path))
                continue;

            // A folder may be linked too. What is not committed does not count: a reader would not have it.
            var target = Path.GetRelativePath(".", Path.Combine(".", folder, path)).Replace('\\', '/');
            if (!files.Any(known => known == target || known.StartsWith($"{target}/", StringComparison.Ordinal)))
            {
                var line = 1 + prose.AsSpan(0, link.Index).Count('\n');
                yield return new Finding(file, line, $"Correct the link: there is no {target}.");
            }
        }
    }

    [GeneratedRegex(@"^(?<fence>```|~~~).*?^\k<fence>|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(\s*<?(?<target>[^)>\s]+)|^\[[^\]]+\]:\s*<?(?<target>[^>\s]+)", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"^[a-z][a-z0-9+.-]*:|^/", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();
}
