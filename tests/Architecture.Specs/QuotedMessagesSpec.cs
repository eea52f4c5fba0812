using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SchemaHub.Architecture.Specs;

/// <summary>What the pages for operators quote of the program is what the program says.</summary>
public sealed partial class QuotedMessagesSpec
{
    private static readonly string[] Pages = ["docs/running.md", "docs/sending.md", "docs/jobs.md"];

    [Test]
    public void Every_message_that_a_page_quotes_is_in_the_code()
    {
        var messages = Repository
            .Files.Where(file =>
                file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)
            )
            .SelectMany(file => Messages(Repository.Read(file)))
            .ToList();
        var quoted = Pages.SelectMany(page => Quoted(Repository.Read(page)).Select(text => (page, text))).ToList();
        quoted.ShouldNotBeEmpty();

        var unknown = quoted.Where(quote => !messages.Exists(message => message.IsMatch(quote.text)));

        unknown.Select(quote => $"{quote.page}: {quote.text}").ShouldBeEmpty();
    }

    [TestCase("throw new Any($\"The {name} key \" + \"is lost.\");", "The master key is lost.", true)]
    [TestCase("throw new Any(\"It is lost.\");", "It is found.", false)]
    [TestCase("throw new Any(\"It is lost.\");", "It is", false)]
    public void A_message_is_compared_as_a_whole_and_holes_match_anything(string code, string quote, bool isSame) =>
        Messages($"class C {{ void M() {{ {code} }} }}").Any(message => message.IsMatch(quote)).ShouldBe(isSame);

    // Block quotes are whole messages.
    private static IEnumerable<string> Quoted(string page) =>
        BlockQuote().Matches(page).Select(quote => quote.Groups["text"].Value.Trim());

    /// <summary>Every text of a file that is put together from literals; what is put in matches anything.</summary>
    private static IEnumerable<Regex> Messages(string code) =>
        CSharpRules
            .Parse(code)
            .DescendantNodes()
            .OfType<ExpressionSyntax>()
            .Where(IsText)
            .Where(text => text.Parent is not BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression })
            .Select(Pattern)
            // What has hardly any words of its own would match everything.
            .Where(pattern => pattern.Replace(".+", "", StringComparison.Ordinal).Length >= 10)
            .Select(pattern => new Regex($"^{pattern}$", RegexOptions.None, TimeSpan.FromSeconds(1)));

    private static bool IsText(ExpressionSyntax expression) =>
        expression
            is LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression }
                or InterpolatedStringExpressionSyntax
                or BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression };

    private static string Pattern(ExpressionSyntax expression) =>
        expression switch
        {
            LiteralExpressionSyntax literal => Regex.Escape(literal.Token.ValueText),
            BinaryExpressionSyntax sum => Pattern(sum.Left) + Pattern(sum.Right),
            InterpolatedStringExpressionSyntax text => string.Concat(
                text.Contents.Select(part =>
                    part is InterpolatedStringTextSyntax plain ? Regex.Escape(plain.TextToken.ValueText) : ".+"
                )
            ),
            _ => ".+",
        };

    [GeneratedRegex(@"^\s*> (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex BlockQuote();
}
