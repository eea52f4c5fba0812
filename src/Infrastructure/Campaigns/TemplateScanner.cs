using System.Buffers;
using System.Globalization;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Takes a template apart. It knows the part of Handlebars that a mail may use, and refuses the rest by name, with its
/// place; what it let through is written anew for the engine, which so never reads anything else into it.
/// Decision 0024.
/// </summary>
internal sealed class TemplateScanner
{
    private const int MostDepth = 16;
    private const int MostLoops = 2;

    private readonly string _source;
    private readonly string _field;
    private readonly List<TemplatePart> _parts = [];
    private readonly List<TemplateFault> _faults = [];
    private readonly Stack<TemplatePart> _open = new();
    private readonly HashSet<TemplatePart> _elseSeen = new(ReferenceEqualityComparer.Instance);
    private int _literalStart;

    private TemplateScanner(string source, string field) => (_source, _field) = (source, field);

    /// <summary>The pieces in order, and what is wrong.</summary>
    /// <param name="field">What is named where it has too many pieces.</param>
    /// <exception cref="TemplateTooCostlyException">It has too many pieces.</exception>
    public static ScannedTemplate Scan(string source, string field = nameof(RenderedMail.Html))
    {
        var scanner = new TemplateScanner(source, field);
        scanner.Run();
        return new ScannedTemplate(source, scanner._parts, scanner._faults);
    }

    private void Run()
    {
        // An HTML parser takes U+FFFF for the end of its input, and we mark places by characters of private use.
        var odd = _source.AsSpan().IndexOfAny(s_odd);
        if (odd >= 0)
            Fault(
                odd,
                string.Create(CultureInfo.InvariantCulture, $"The character U+{(int)_source[odd]:X4} is no text.")
            );

        var at = 0;
        while ((at = _source.IndexOf("{{", at, StringComparison.Ordinal)) >= 0)
        {
            if (_parts.Count > TemplateBudgets.Parts)
                throw TemplateTooCostlyException.Parts(_field);

            // Each is told with its place, and looking for the end of what has none reads the rest of the source.
            if (_faults.Count >= TemplateBudgets.Problems)
                return;

            var next = Expression(at);
            if (next is null)
                return;

            at = next.Value;
        }

        AddLiteral(_source.Length);
        foreach (var block in _open)
            Fault(block.Start, $"{{{{#{block.Keyword}}}}} is not closed: {{{{/{block.Keyword}}}}} is missing.");
    }

    /// <summary>Reads what begins here; answers where to go on, or null where nothing more can be told.</summary>
    private int? Expression(int start)
    {
        if (start > 0 && _source[start - 1] == '\\')
            Fault(start - 1, "A backslash before {{ is not supported; write { as &#123; to show it.");

        if (At(start + 2) == '{')
        {
            Fault(start, "{{{ }}} is not allowed: it would write data as HTML. Use {{ }}.");
            return start + 3 + CountBraces(start + 3);
        }

        AddLiteral(start);
        var comment = CommentEnd(start);
        if (comment is { } after)
        {
            _literalStart = after;
            return after;
        }

        var end = _source.IndexOf("}}", start + 2, StringComparison.Ordinal);
        var another = _source.AsSpan(start + 2, (end < 0 ? _source.Length : end) - start - 2).IndexOf("{{");
        another = another < 0 ? -1 : start + 2 + another;
        if (end < 0 || another >= 0)
        {
            Fault(start, "{{ is not closed: }} is missing.");
            _literalStart = start;
            return another >= 0 ? another : null;
        }

        _literalStart = end + 2;
        if (At(end + 2) == '}')
            Fault(end + 2, "A third } follows }}; put a space between, or write it as &#125;.");

        var part = new TemplatePart(PartKind.Literal, start, _source[start..(end + 2)]);
        var inner = _source.AsSpan(start + 2, end - start - 2);
        if (inner is ['~', ..])
        {
            part = part with { TrimsBefore = true };
            inner = inner[1..];
        }

        if (inner is [.., '~'])
        {
            part = part with { TrimsAfter = true };
            inner = inner[..^1];
        }

        if (inner.Length > TemplateBudgets.ExpressionCharacters)
            Fault(start, $"An expression has {TemplateBudgets.ExpressionCharacters} characters at most.");
        else
            Read(part, inner.Trim().ToString());

        return end + 2;
    }

    private int? CommentEnd(int start)
    {
        if (!TemplateComments.IsAt(_source, start))
            return null;

        if (TemplateComments.EndOf(_source, start) is { } end)
            return end;

        Fault(start, "The comment is not closed.");
        return _source.Length;
    }

    private void Read(TemplatePart part, string inner)
    {
        if (inner.Length == 0)
            Fault(part.Start, "There is nothing between {{ and }}.");
        else if (inner[0] == '#')
            Open(part, inner[1..]);
        else if (inner[0] == '/')
            Close(part, inner[1..].Trim());
        else if (inner == "^" || inner == "else" || inner.StartsWith("else ", StringComparison.Ordinal))
            Else(part, inner == "^" ? "" : inner[4..].Trim());
        else if (Forbidden(inner[0]) is { } why)
            Fault(part.Start, why);
        else if (PathOf(part, inner) is { } path)
            Add(part with { Kind = PartKind.Output, Path = path });
    }

    private static string? Forbidden(char first) =>
        first switch
        {
            '&' => "{{& }} is not allowed: it would write data as HTML. Use {{ }}.",
            '>' => "Partials, {{> }}, are not supported.",
            '*' => "Decorators, {{* }}, are not supported.",
            '^' => "{{^ }} is not supported; use {{#unless }}.",
            _ => null,
        };

    private void Open(TemplatePart part, string inner)
    {
        var words = inner.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var keyword = words.Length == 0 ? "" : words[0];
        if (keyword is not ("if" or "unless" or "each" or "with"))
        {
            Fault(
                part.Start,
                keyword is ['>' or '*', ..]
                    ? $"{{{{#{keyword}}}}} is not supported."
                    : $"There is no block {{{{#{keyword}}}}}: #if, #unless, #each and #with there are."
            );
            return;
        }

        var loops = _open.Count(block => block.Keyword == "each") + (keyword == "each" ? 1 : 0);
        if (_open.Count >= MostDepth || loops > MostLoops)
            Fault(part.Start, $"At most {MostDepth} blocks stand in one another, and {MostLoops} #each of them.");

        if (words.Length < 2)
        {
            Fault(part.Start, $"{{{{#{keyword}}}}} needs a variable.");
            Push(part with { Kind = PartKind.Open, Keyword = keyword });
            return;
        }

        var path = PathOf(part, words[1]);
        Push(part with { Kind = PartKind.Open, Keyword = keyword, Path = path });
    }

    private void Push(TemplatePart block)
    {
        Add(block);
        _open.Push(_parts[^1]);
    }

    private void Else(TemplatePart part, string condition)
    {
        if (!_open.TryPeek(out var block))
        {
            Fault(part.Start, "{{else}} stands in no block.");
            return;
        }

        var words = condition.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            if (!_elseSeen.Add(block))
                Fault(part.Start, $"{{{{#{block.Keyword}}}}} has a second {{{{else}}}}.");

            Add(part with { Kind = PartKind.Else, Depth = -1 });
            return;
        }

        if (block.Keyword is not ("if" or "unless") || words is not ["if" or "unless", _] || _elseSeen.Contains(block))
            Fault(part.Start, "{{else if …}} and {{else unless …}} stand in an #if or #unless, before its {{else}}.");
        else if (PathOf(part, words[1]) is { } path)
            Add(part with { Kind = PartKind.Else, Keyword = words[0], Path = path, Depth = -1 });
    }

    private void Close(TemplatePart part, string keyword)
    {
        if (!_open.TryPeek(out var block))
        {
            Fault(part.Start, $"{{{{/{keyword}}}}} closes a block that was not opened.");
            return;
        }

        if (block.Keyword != keyword)
        {
            var (line, _) = TextPlaces.At(_source, block.Start);
            Fault(part.Start, $"{{{{/{keyword}}}}} closes {{{{#{block.Keyword}}}}} of line {line}.");
        }

        _open.Pop();
        Add(part with { Kind = PartKind.Close, Keyword = block.Keyword });
    }

    private TemplatePath? PathOf(TemplatePart part, string text)
    {
        var scopes = _open.Count(block => block.Keyword is "each" or "with");
        var (path, problem) = TemplatePathReader.Read(text, scopes);
        if (problem is not null)
            _faults.Add(new TemplateFault(problem.Message, part.Start, problem.IsContent));

        return path;
    }

    private void AddLiteral(int end)
    {
        if (end > _literalStart)
            _parts.Add(
                new TemplatePart(PartKind.Literal, _literalStart, _source[_literalStart..end]) { Depth = _open.Count }
            );
    }

    private void Add(TemplatePart part) => _parts.Add(part with { Depth = _open.Count + part.Depth });

    private void Fault(int offset, string message) => _faults.Add(new TemplateFault(message, offset));

    private char At(int index) => index < _source.Length ? _source[index] : '\0';

    private int CountBraces(int from) => Math.Max(0, _source.AsSpan(from).IndexOfAnyExcept(s_brace));

    private static readonly SearchValues<char> s_odd = SearchValues.Create([
        '\0',
        '\uFFFE',
        '\uFFFF',
        TemplateDocument.MarkStart,
        TemplateDocument.MarkEnd,
    ]);

    private static readonly SearchValues<char> s_brace = SearchValues.Create("{");
}

/// <summary>A template in pieces.</summary>
internal sealed record ScannedTemplate(
    string Source,
    IReadOnlyList<TemplatePart> Parts,
    IReadOnlyList<TemplateFault> Faults
);
