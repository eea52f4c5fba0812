using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace SchemaHub.Architecture.Specs;

/// <summary>The rules of style that need to understand C#.</summary>
internal static partial class CSharpRules
{
    public const int MaxFileLines = 300;
    private const int MaxMethodLines = 60;

    /// <summary>Files that were longer before the rule, with their length then. The list may only shrink.</summary>
    public static IReadOnlyDictionary<string, int> LongFiles { get; } =
        new Dictionary<string, int>(StringComparer.Ordinal);

    public static IEnumerable<Finding> Check(string file, string text)
    {
        var root = Parse(text);
        return
        [
            .. FileLength(file, text),
            .. MethodLength(root).Select(At),
            .. Comments(root).Select(At),
            .. Waits(file, root).Select(At),
            .. SilentCatches(root).Select(At),
            .. TypeNames(file, root).Select(At),
            .. Namespaces(file, root).Select(At),
            .. Sql(file, root),
        ];

        Finding At((Location Place, string Fix) found) => new(file, LineOf(found.Place), found.Fix);
    }

    public static CompilationUnitSyntax Parse(string text) =>
        CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot();

    private static int LineOf(Location location) => location.GetLineSpan().StartLinePosition.Line + 1;

    private static IEnumerable<Finding> FileLength(string file, string text)
    {
        var lines = text.AsSpan().Count('\n');
        var most = LongFiles.GetValueOrDefault(file, MaxFileLines);
        return lines > most
            ? [new Finding(file, most + 1, $"Split the file by what it does: {lines} lines, {most} at most.")]
            : [];
    }

    private static IEnumerable<(Location, string)> MethodLength(CompilationUnitSyntax root)
    {
        var fix = $"Extract what has a name of its own: a method has {MaxMethodLines} lines at most.";
        var bodies = root.DescendantNodes()
            .Where(node =>
                node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax
                || node is BasePropertyDeclarationSyntax property && property.ChildNodes().Any(IsArrow)
            );
        foreach (var body in bodies)
        {
            // Attributes are not code: a spec may have a hundred cases.
            var start = body.ChildNodesAndTokens().First(child => !child.IsKind(SyntaxKind.AttributeList));
            if (IsTooLong(start, body))
                yield return (start.GetLocation()!, fix);
        }

        var program = root.Members.OfType<GlobalStatementSyntax>().ToArray();
        if (program.Length > 0 && IsTooLong(program[0], program[^1]))
            yield return (program[0].GetLocation(), fix);

        static bool IsArrow(SyntaxNode node) => node is ArrowExpressionClauseSyntax;

        static bool IsTooLong(SyntaxNodeOrToken first, SyntaxNode last) =>
            LineOf(first.GetLocation()!) + MaxMethodLines <= last.GetLocation().GetLineSpan().EndLinePosition.Line + 1;
    }

    private static IEnumerable<(Location, string)> Comments(CompilationUnitSyntax root)
    {
        foreach (var trivia in root.DescendantTrivia())
        {
            if (trivia.IsKind(SyntaxKind.RegionDirectiveTrivia))
                yield return (trivia.GetLocation(), "Take the #region out; if it is needed, the file is two.");
            else if (IsComment(trivia) && Tidy.Unfinished().Match(trivia.ToFullString()) is { Success: true } note)
                yield return (
                    Location.Create(root.SyntaxTree, new TextSpan(trivia.FullSpan.Start + note.Index, note.Length)),
                    Tidy.FinishIt
                );
        }
    }

    private static IEnumerable<(Location, string)> Waits(string file, CompilationUnitSyntax root)
    {
        foreach (var call in root.DescendantNodes().OfType<InvocationExpressionSyntax>())
        {
            var called = call.Expression.ToString();
            if (called.EndsWith("Thread.Sleep", StringComparison.Ordinal))
                yield return (call.GetLocation(), "Await what you wait for; Thread.Sleep holds a thread.");

            // Between two looks at a condition, until cancelled, or until a random moment to crash at, a delay is
            // no guess.
            if (
                file.StartsWith("tests/", StringComparison.Ordinal)
                && called.EndsWith("Task.Delay", StringComparison.Ordinal)
                && !call.ArgumentList.ToString().Contains("Timeout.Infinite", StringComparison.Ordinal)
                && !call.ArgumentList.ToString().Contains("andom.Next(", StringComparison.Ordinal)
                && !call.Ancestors().Any(node => node is WhileStatementSyntax or DoStatementSyntax)
                // The fault driver is no spec: a fault and a load last for a length of time.
                && !file.StartsWith("tests/Faults/", StringComparison.Ordinal)
            )
                yield return (
                    call.GetLocation(),
                    "Wait for the condition: poll it in a while with a deadline, or use WaitAsync."
                );
        }
    }

    private static IEnumerable<(Location, string)> SilentCatches(CompilationUnitSyntax root) =>
        root.DescendantNodes()
            .OfType<CatchClauseSyntax>()
            .Where(caught => caught.Block.Statements.Count == 0 && !caught.Block.DescendantTrivia().Any(IsComment))
            .Select(caught => (caught.GetLocation(), "Handle the error, or say in a comment why none is needed."));

    private static IEnumerable<(Location, string)> TypeNames(string file, CompilationUnitSyntax root) =>
        root.DescendantNodes()
            .OfType<BaseTypeDeclarationSyntax>()
            .Where(type => KindSuffix().IsMatch(type.Identifier.Text) && !MayBearKind(file, type))
            .Select(type => (type.Identifier.GetLocation(), "Name the type after what it is; drop the suffix."));

    private static readonly HashSet<string> LogTerms =
    [
        "PendingEvent",
        "EncodedEvent",
        "RecordedEvent",
        "StoredEvent",
        "SealedEvent",
        "ProvenEvent",
        "ReplayedEvent",
    ];

    private static bool MayBearKind(string file, BaseTypeDeclarationSyntax type) =>
        // The marker of MediatR messages that change something.
        type.Identifier.Text == "ICommand"
        // Not events but what the log makes of them: on their way in, stored, sealed, proven, read back.
        || LogTerms.Contains(type.Identifier.Text)
        // The common base of an aggregate's events is no event itself.
        || file.StartsWith("src/Domain/", StringComparison.Ordinal)
            && type is RecordDeclarationSyntax
            && type.Modifiers.Any(SyntaxKind.AbstractKeyword)
            && type.Identifier.Text.EndsWith("Event", StringComparison.Ordinal);

    private static IEnumerable<(Location, string)> Namespaces(string file, CompilationUnitSyntax root)
    {
        if (!OfAProject().IsMatch(file))
            return [];

        // src/Domain/Contacts/Contact.cs: SchemaHub.Domain.Contacts
        var expected = "SchemaHub." + string.Join('.', file.Split('/')[1..^1]);
        return root.DescendantNodes()
            .OfType<BaseNamespaceDeclarationSyntax>()
            .Where(space => space is not FileScopedNamespaceDeclarationSyntax || space.Name.ToString() != expected)
            .Select(space => (space.GetLocation(), $"Write `namespace {expected};`, after the folder."));
    }

    private static IEnumerable<Finding> Sql(string file, CompilationUnitSyntax root) =>
        root.DescendantTokens()
            .Where(token => IsText(token) && Statement().IsMatch(token.Text))
            .SelectMany(token => Tidy.CheckSql(file, Unquoted(token), LineOf(token.GetLocation())));

    // The string's own quotes would read as a quoted identifier of SQL.
    private static string Unquoted(SyntaxToken token) => token.Text.Trim('"', '$', '@');

    private static bool IsText(SyntaxToken token) =>
        token.Kind()
            is SyntaxKind.StringLiteralToken
                or SyntaxKind.SingleLineRawStringLiteralToken
                or SyntaxKind.MultiLineRawStringLiteralToken
                or SyntaxKind.InterpolatedStringTextToken;

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.Kind()
            is SyntaxKind.SingleLineCommentTrivia
                or SyntaxKind.MultiLineCommentTrivia
                or SyntaxKind.SingleLineDocumentationCommentTrivia
                or SyntaxKind.MultiLineDocumentationCommentTrivia;

    [GeneratedRegex("^(src|tests)/[^/]+/", RegexOptions.ExplicitCapture)]
    private static partial Regex OfAProject();

    [GeneratedRegex("(Event|Command|Dto|Model|Manager|Helper)$", RegexOptions.ExplicitCapture)]
    private static partial Regex KindSuffix();

    // "Select a list from the file" is prose: a statement has one case, ours or the wrong one.
    [GeneratedRegex(
        @"^\W*((with|WITH)\s+\w+\s+(as|AS)|(select|SELECT)\s.*\s(from|FROM)|(insert|INSERT)\s+(into|INTO)"
            + @"|(update|UPDATE)\s+[\w.]+\s+(set|SET)|(delete|DELETE)\s+(from|FROM))\s",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Statement();
}
