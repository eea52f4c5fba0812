using System.Text.RegularExpressions;

namespace SchemaHub.Architecture.Specs;

/// <summary>The rules of style that a machine can check; see docs/adding-a-feature.md.</summary>
internal static partial class Tidy
{
    public const string FinishIt = "Finish it, or open an issue and take the note out.";
    private const string UpperCaseSql = "Write SQL in lower case.";
    private const string SelectStar = "Name the columns instead of `*`.";

    private sealed record LineRule(Regex Files, Regex Line, string Fix);

    private static readonly LineRule[] s_lineRules =
    [
        new(CodeFile(), LongLine(), "Break the line: 120 columns at most."),
        new(TextFile(), LeadingTab(), "Indent with spaces."),
        new(TextFile(), MachinePath(), "Use a relative path: this one exists on one machine only."),
        // In C# only comments are searched, by CSharpRules; a Markdown text may speak of the rule.
        new(OtherCodeFile(), Unfinished(), FinishIt),
    ];

    public static IEnumerable<Finding> Check(string file, string text)
    {
        IEnumerable<Finding> findings = [.. CheckPath(file), .. CheckLines(file, text)];
        return Path.GetExtension(file) switch
        {
            ".cs" => findings.Concat(CSharpRules.Check(file, text)),
            ".sql" => findings.Concat(CheckSql(file, text)),
            _ => findings,
        };
    }

    /// <summary>The rules of SQL, for a file or for a statement in C# that starts on the given line.</summary>
    public static IEnumerable<Finding> CheckSql(string file, string text, int firstLine = 1)
    {
        var code = SqlCommentOrQuoted().Replace(text, quoted => NotNewLine().Replace(quoted.Value, " "));
        return AtMatches(SqlUpperCase(), UpperCaseSql).Concat(AtMatches(SqlStar(), SelectStar));

        IEnumerable<Finding> AtMatches(Regex rule, string fix) =>
            rule.Matches(code)
                .Select(match => new Finding(file, firstLine + code.AsSpan(0, match.Index).Count('\n'), fix))
                .Distinct();
    }

    private static IEnumerable<Finding> CheckPath(string file)
    {
        if (KindFolder().IsMatch(file))
            yield return new Finding(file, 1, "Name folders after the feature, not after kinds of classes.");
        if (EmptyWord().IsMatch(file))
            yield return new Finding(file, 1, "Name the file after what it holds, in words of the business.");
        if (PlanFile().IsMatch(file))
            yield return new Finding(file, 1, "Plans belong in issues, choices in docs/decisions.");
    }

    private static IEnumerable<Finding> CheckLines(string file, string text)
    {
        var rules = s_lineRules.Where(rule => rule.Files.IsMatch(file)).ToArray();
        return text.Split('\n')
            .SelectMany(
                (line, index) =>
                    rules.Where(rule => rule.Line.IsMatch(line)).Select(rule => new Finding(file, index + 1, rule.Fix))
            );
    }

    [GeneratedRegex(
        @"\.(cs|cake|sql|csproj|props|targets|razor|css|m?js|tsx?|sh|py)$|^\.ci/",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex CodeFile();

    [GeneratedRegex(
        @"\.(cake|sql|csproj|props|targets|razor|css|m?js|tsx?|sh|py)$|^\.ci/",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex OtherCodeFile();

    [GeneratedRegex(
        @"\.(cs|cake|sql|csproj|props|targets|razor|css|m?js|tsx?|sh|py|md|json|ya?ml|html|txt)$|^\.ci/",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex TextFile();

    [GeneratedRegex(@"^[^\r]{121,}")]
    private static partial Regex LongLine();

    [GeneratedRegex(@"^ *\t")]
    private static partial Regex LeadingTab();

    // Not part of an address or of a longer path; `/home/<name>` in a text is no path.
    [GeneratedRegex(@"(?<![\w.$~})>-])/(root|home/\w+|work)/|\b[A-Z]:\\Users\\\w", RegexOptions.ExplicitCapture)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b", RegexOptions.ExplicitCapture)]
    public static partial Regex Unfinished();

    [GeneratedRegex(
        @"--[^\n]*|/\*.*?\*/|'([^']|'')*'|""[^""]*""",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex SqlCommentOrQuoted();

    [GeneratedRegex(@"[^\n]")]
    private static partial Regex NotNewLine();

    [GeneratedRegex(@"\b[A-Z]{2,}\b")]
    private static partial Regex SqlUpperCase();

    [GeneratedRegex(
        @"\b(select|returning)\s+(distinct\s+)?(\w+\.)?\*",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture
    )]
    private static partial Regex SqlStar();

    [GeneratedRegex(
        @"(^|/)(Commands|Common|Dtos|Handlers|Helpers|Managers|Misc|Models|Repositories|Services|Utils)/",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex KindFolder();

    [GeneratedRegex(@"(Dto|Helpers?|Manager|Utils?|Utilities|Misc)\.\w+$", RegexOptions.ExplicitCapture)]
    private static partial Regex EmptyWord();

    [GeneratedRegex(
        @"(^|[/_-])(notes|plan|progress|scratch|todo)\.(md|txt)$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture
    )]
    private static partial Regex PlanFile();
}
