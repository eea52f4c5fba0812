using System.Globalization;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// A template's HTML as a parser sees it, with a mark in place of each expression: what all its branches together
/// hold.
/// </summary>
internal sealed class TemplateDocument
{
    /// <summary>Two characters of private use that no template may hold.</summary>
    public const char MarkStart = '\uE000';

    /// <inheritdoc cref="MarkStart"/>
    public const char MarkEnd = '\uE001';

    private readonly ScannedTemplate _template;
    private readonly List<(int Marked, int Source)> _offsets = [];

    private TemplateDocument(ScannedTemplate template, CancellationToken cancellation)
    {
        _template = template;
        var budget = new ParserBudget(cancellation);
        var parser = new HtmlParser(
            new HtmlParserOptions
            {
                IsKeepingSourceReferences = true,
                OnCreated = (element, _) => budget.Spend(element),
            }
        );
        Document = parser.ParseDocument(Marked());
        budget.End();
    }

    /// <summary>With marks; a block's marks in text are comments, which a table keeps where they are.</summary>
    public IDocument Document { get; }

    /// <summary>What is written of data.</summary>
    public IEnumerable<TemplatePart> Outputs => _template.Parts.Where(part => part.Kind == PartKind.Output);

    /// <summary>Reads a template that has no faults of syntax or place.</summary>
    /// <exception cref="TemplateTooCostlyException">Its elements are too many, too deep or too entangled.</exception>
    public static TemplateDocument Of(ScannedTemplate template, CancellationToken cancellation = default) =>
        new(template, cancellation);

    /// <summary>The pieces of the template that a text with marks is made of.</summary>
    /// <returns>Literal text, or the part that stood there.</returns>
    public IEnumerable<(string? Literal, TemplatePart? Part)> Pieces(string marked)
    {
        var at = 0;
        while (at < marked.Length)
        {
            var start = marked.IndexOf(MarkStart, at);
            if (start < 0)
                break;

            if (start > at)
                yield return (marked[at..start], null);

            var end = marked.IndexOf(MarkEnd, start);
            yield return (
                null,
                _template.Parts[int.Parse(marked.AsSpan(start + 1, end - start - 1), CultureInfo.InvariantCulture)]
            );
            at = end + 1;
        }

        if (at < marked.Length)
            yield return (marked[at..], null);
    }

    /// <summary>The expressions of a text with marks.</summary>
    public IEnumerable<TemplatePart> Expressions(string marked) =>
        Pieces(marked).Where(piece => piece.Part is not null).Select(piece => piece.Part!);

    /// <summary>A text with marks as its author wrote it.</summary>
    public string Written(string marked) =>
        string.Concat(Pieces(marked).Select(piece => piece.Literal ?? piece.Part!.Source));

    /// <summary>Where in the source an element begins.</summary>
    public int? OffsetOf(IElement element)
    {
        if (element.SourceReference?.Position is not { Index: >= 0 } position)
            return null;

        var place = _offsets.FindLastIndex(offset => offset.Marked <= position.Index);
        return place < 0 ? position.Index : _offsets[place].Source + position.Index - _offsets[place].Marked;
    }

    private string Marked()
    {
        var html = new StringBuilder();
        var tokenizer = new HtmlTokenizer();
        for (var i = 0; i < _template.Parts.Count; i++)
        {
            var part = _template.Parts[i];
            _offsets.Add((html.Length, part.Start));
            if (part.Kind == PartKind.Literal)
            {
                tokenizer.Read(part.Source, part.Start);
                html.Append(part.Source);
                continue;
            }

            var isComment = part.Kind != PartKind.Output && tokenizer.Position.State == HtmlState.Text;
            html.Append(isComment ? "<!--" : "")
                .Append(CultureInfo.InvariantCulture, $"{MarkStart}{i}{MarkEnd}")
                .Append(isComment ? "-->" : "");
        }

        return html.ToString();
    }
}
