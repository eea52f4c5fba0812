using System.Buffers;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// The tags of an HTML text, one after the other, past comments and past what is not markup. Knows of links and of the
/// end of the body, and nothing else.
/// </summary>
internal ref struct TagReader(string html)
{
    private const string Spaces = " \t\r\n\f";

    private static readonly SearchValues<char> s_endOfName = SearchValues.Create(" \t\r\n\f/>=");
    private static readonly SearchValues<char> s_endOfTagName = SearchValues.Create(" \t\r\n\f/>");
    private static readonly SearchValues<char> s_endOfValue = SearchValues.Create(" \t\r\n\f>");
    private static readonly SearchValues<char> s_beforeName = SearchValues.Create(" \t\r\n\f/");

    // What lies in these is text to browsers, whatever it looks like (WHATWG HTML, section 13.2.6.2).
    private static readonly string[] s_raw = ["script", "style", "textarea", "title", "xmp"];

    private readonly ReadOnlySpan<char> _html = html;
    private int _at;

    /// <summary>Where the tag begins.</summary>
    public int Start { get; private set; }

    /// <summary>The tag is <c>&lt;/body&gt;</c>.</summary>
    public bool IsEndOfBody { get; private set; }

    /// <summary>Of a link: its first <c>href</c>, as it is written; else empty.</summary>
    public ReadOnlySpan<char> Href { get; private set; }

    /// <summary>Where that begins, inside of its quotes.</summary>
    public int HrefStart { get; private set; } = -1;

    /// <summary>It stands in quotes.</summary>
    public bool IsHrefQuoted { get; private set; }

    /// <summary>Goes to the next tag.</summary>
    public bool MoveNext()
    {
        Href = default;
        IsEndOfBody = false;
        while (true)
        {
            var next = _html[_at..].IndexOf('<');
            if (next < 0 || _at + next + 1 >= _html.Length)
                return false;

            _at += next;
            var after = _html[_at + 1];
            if (after == '!')
                SkipComment();
            else if (after == '?')
                SkipPast(">");
            else if (char.IsAsciiLetter(after) || after == '/')
                return ReadTag();
            else
                _at++;
        }
    }

    private bool ReadTag()
    {
        Start = _at;
        var isEnd = _html[_at + 1] == '/';
        _at += isEnd ? 2 : 1;
        var name = Take(s_endOfTagName);
        IsEndOfBody = isEnd && name.Equals("body", StringComparison.OrdinalIgnoreCase);
        var isLink =
            !isEnd
            && (name.Length == 1 && name[0] is 'a' or 'A' || name.Equals("area", StringComparison.OrdinalIgnoreCase));
        while (ReadAttribute(isLink))
        {
            // Up to the end of the tag.
        }

        if (!isEnd && name.Length >= 3)
            SkipRaw(name);

        return true;
    }

    /// <summary>Reads one attribute; false where the tag ended instead.</summary>
    private bool ReadAttribute(bool isLink)
    {
        SkipAll(s_beforeName);
        if (_at >= _html.Length)
            return false;

        if (_html[_at] == '>')
        {
            _at++;
            return false;
        }

        // A name may begin with an equals sign, and with nothing else that ends one.
        var from = _at++;
        Skip(s_endOfName);
        var name = _html[from.._at];
        SkipSpaces();
        if (_at >= _html.Length || _html[_at] != '=')
            return _at < _html.Length;

        _at++;
        SkipSpaces();
        if (_at >= _html.Length)
            return false;

        var quote = _html[_at];
        var isQuoted = quote is '"' or '\'';
        var start = isQuoted ? _at + 1 : _at;
        var length = isQuoted ? _html[start..].IndexOf(quote) : _html[start..].IndexOfAny(s_endOfValue);
        if (length < 0)
        {
            // A tag without end: browsers drop it.
            _at = _html.Length;
            return false;
        }

        _at = start + length + (isQuoted ? 1 : 0);
        if (isLink && HrefStart < Start && name.Equals("href", StringComparison.OrdinalIgnoreCase))
        {
            Href = _html.Slice(start, length);
            (HrefStart, IsHrefQuoted) = (start, isQuoted);
        }

        return true;
    }

    private void SkipComment()
    {
        var comment = _html[_at..];
        if (!comment.StartsWith("<!--"))
        {
            SkipPast(">");
            return;
        }

        // These two are comments already.
        if (comment[4..].StartsWith(">") || comment[4..].StartsWith("->"))
        {
            _at += 4;
            SkipPast(">");
            return;
        }

        _at += 4;
        SkipPast("-->");
    }

    private void SkipRaw(ReadOnlySpan<char> name)
    {
        foreach (var raw in s_raw)
        {
            if (!name.Equals(raw, StringComparison.OrdinalIgnoreCase))
                continue;

            while (_at < _html.Length)
            {
                var end = _html[_at..].IndexOf("</");
                if (end < 0)
                {
                    _at = _html.Length;
                    return;
                }

                _at += end;
                if (_html[(_at + 2)..].StartsWith(raw, StringComparison.OrdinalIgnoreCase))
                    return;

                _at += 2;
            }
        }
    }

    private void SkipPast(ReadOnlySpan<char> end)
    {
        var length = _html[_at..].IndexOf(end);
        _at = length < 0 ? _html.Length : _at + length + end.Length;
    }

    private ReadOnlySpan<char> Take(SearchValues<char> end)
    {
        var from = _at;
        Skip(end);
        return _html[from.._at];
    }

    private void Skip(SearchValues<char> end)
    {
        var length = _html[_at..].IndexOfAny(end);
        _at = length < 0 ? _html.Length : _at + length;
    }

    private void SkipAll(SearchValues<char> all)
    {
        var length = _html[_at..].IndexOfAnyExcept(all);
        _at = length < 0 ? _html.Length : _at + length;
    }

    private void SkipSpaces()
    {
        while (_at < _html.Length && Spaces.Contains(_html[_at]))
            _at++;
    }
}
