using System.Text;
using AngleSharp.Dom;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Makes the plain-text alternative of a template, as a template: expressions stay, so that rendering it is only
/// filling in. Nothing is wrapped; a mail program does that better.
/// </summary>
internal sealed class PlainText
{
    private readonly TemplateDocument _template;
    private readonly TextLines _text = new();
    private readonly Stack<(bool IsOrdered, bool IsLooped, int Number)> _lists = new();
    private readonly List<TemplatePart> _shown = [];

    private PlainText(TemplateDocument template) => _template = template;

    /// <summary>The text, and the expressions that a reader sees something of.</summary>
    public static (string Text, IReadOnlyList<TemplatePart> Shown) Of(TemplateDocument template)
    {
        var text = new PlainText(template);
        // A block may begin before the body does.
        text.Children(template.Document);
        return (text._text.ToString(), text._shown);
    }

    private void Children(INode parent)
    {
        foreach (var node in parent.ChildNodes)
            Node(node);
    }

    private void Node(INode node)
    {
        switch (node)
        {
            case IText text:
                Marked(text.Data, isPreformatted: text.ParentElement?.Closest("pre") is not null);
                break;
            case IComment comment when IsBlock(comment):
                Blocks(comment);
                break;
            case IElement element when IsHidden(element):
                // Its blocks stay: one may begin here and end elsewhere.
                foreach (var comment in element.Descendants<IComment>().Where(IsBlock))
                    Blocks(comment);

                break;
            case IElement element:
                Element(element);
                break;
        }
    }

    private void Blocks(IComment comment)
    {
        foreach (var part in _template.Expressions(comment.Data))
            _text.Tag(part);
    }

    private void Element(IElement element)
    {
        switch (element.LocalName)
        {
            case "br":
                _text.Break();
                break;
            case "hr":
                _text.Gap(2);
                _text.Write("----------");
                _text.Gap(2);
                break;
            case "img":
                Marked(element.GetAttribute("alt") ?? "", isPreformatted: false);
                break;
            case "a":
                Link(element);
                break;
            case "ul" or "ol":
                List(element);
                break;
            case "li":
                Item(element);
                break;
            case "p" or "h1" or "h2" or "h3" or "h4" or "h5" or "h6" or "blockquote" or "pre" or "dl" or "table":
                Block(element, lines: 2);
                break;
            case "div" or "section" or "article" or "header" or "footer" or "main" or "nav" or "aside" or "center":
            // The rows of a table that is only there for its looks are paragraphs.
            case "tr" when element.Closest("table")?.GetAttribute("role") == "presentation":
                Block(element, lines: 2);
                break;
            case "tr" or "td" or "th" or "tbody" or "thead" or "tfoot" or "caption" or "dt" or "dd" or "address":
                Block(element, lines: 1);
                break;
            default:
                Children(element);
                break;
        }
    }

    private void Block(IElement element, int lines)
    {
        _text.Gap(lines);
        Children(element);
        _text.Gap(lines);
    }

    private void List(IElement list)
    {
        _text.Gap(_lists.Count == 0 ? 2 : 1);
        // In a loop every turn would have the same number.
        var isLooped = list.ChildNodes.OfType<IComment>().Any(IsBlock);
        _lists.Push((list.LocalName == "ol", isLooped, 0));
        Children(list);
        _lists.Pop();
        _text.Gap(_lists.Count == 0 ? 2 : 1);
    }

    private void Item(IElement item)
    {
        _text.Gap(1);
        var bullet = "- ";
        if (_lists.TryPop(out var list))
        {
            list.Number++;
            _lists.Push(list);
            bullet = list.IsOrdered && !list.IsLooped ? $"{list.Number}. " : bullet;
        }

        _text.Write(string.Concat(new string(' ', 2 * Math.Max(0, _lists.Count - 1)), bullet));
        Children(item);
        _text.Gap(1);
    }

    private void Link(IElement link)
    {
        var address = link.GetAttribute("href")?.Trim() ?? "";
        var label = Collapsed(link);
        var bare = address.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase)
            ? address["mailto:".Length..].Split('?')[0]
            : address;
        Children(link);
        // A place within the mail is none in its text.
        if (address is "" or ['#', ..])
            return;

        if (label.Length == 0)
            Write(bare, isPreformatted: true);
        else if (label != bare && label != address && $"https://{label}" != address.TrimEnd('/'))
        {
            // No bracket and no full stop touches it: programs that make links of text would take them in.
            _text.Attach();
            _text.Flow(label.EndsWith(':') ? " " : ": ");
            Write(bare, isPreformatted: true);
            _text.EndAddress();
        }

        _shown.AddRange(_template.Expressions(address));
    }

    private static string Collapsed(IElement element)
    {
        var alternatives = element.QuerySelectorAll("img").Select(image => image.GetAttribute("alt"));
        return string.Join(
            ' ',
            $"{element.TextContent} {string.Join(' ', alternatives)}".Split(
                default(char[]),
                StringSplitOptions.RemoveEmptyEntries
            )
        );
    }

    private void Marked(string text, bool isPreformatted)
    {
        _shown.AddRange(_template.Expressions(text).Where(part => part.Kind == PartKind.Output));
        Write(text, isPreformatted);
    }

    private void Write(string marked, bool isPreformatted)
    {
        foreach (var (literal, part) in _template.Pieces(marked))
        {
            if (part is not null)
                _text.Tag(part);
            else if (isPreformatted)
                _text.Write(Harmless(literal!));
            else
                _text.Flow(Harmless(literal!));
        }
    }

    // Braces that HTML shows must not become an expression of the text.
    private static string Harmless(string literal)
    {
        while (literal.Contains("{{", StringComparison.Ordinal))
            literal = literal.Replace("{{", "{ {", StringComparison.Ordinal);

        return literal;
    }

    private static bool IsBlock(IComment comment) => comment.Data is [TemplateDocument.MarkStart, ..];

    private static bool IsHidden(IElement element) =>
        element.LocalName is "style" or "script" or "head" or "title" or "template"
        || element.HasAttribute("hidden")
        || (
            element.GetAttribute("style") is { } style
            && string.Concat(style.Where(c => !char.IsWhiteSpace(c)))
                .Contains("display:none", StringComparison.OrdinalIgnoreCase)
        );
}
