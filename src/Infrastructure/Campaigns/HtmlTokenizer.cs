using System.Runtime.InteropServices;
using System.Text;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>What the next character of HTML would belong to.</summary>
internal enum HtmlState
{
    Text,
    TagOpen,
    EndTagOpen,
    TagName,
    InTag,
    AttributeName,
    BeforeValue,
    Value,
    UnquotedValue,
    Markup,
    Bogus,
    Comment,
    Raw,
}

/// <summary>A place in HTML; two are the same place where what follows means the same.</summary>
/// <param name="Began">Where the attribute or the element began that it is in; 0 in text.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HtmlPosition(HtmlState State, int Began);

/// <summary>The states of an HTML tokenizer, as far as a mail needs them; it makes no tokens.</summary>
internal sealed class HtmlTokenizer
{
    private readonly StringBuilder _name = new();
    private readonly StringBuilder _tail = new();
    private HtmlState _state;
    private bool _isEndTag;
    private char _quote;
    private int _began;
    private int _commented;

    /// <summary>Where we are.</summary>
    public HtmlPosition Position => new(_state, _state is HtmlState.Text ? 0 : _began);

    /// <summary>The element of the tag, or the one whose raw text this is; lower case.</summary>
    public string Element { get; private set; } = "";

    /// <summary>The attribute whose value this is; lower case.</summary>
    public string Attribute { get; private set; } = "";

    /// <summary>How many attributes the tag has so far.</summary>
    public int Attributes { get; private set; }

    /// <summary>Whether nothing but white space stands in the attribute's value so far.</summary>
    public bool IsValueBlank { get; set; }

    /// <summary>Reads on.</summary>
    /// <param name="start">Where the text begins in the source.</param>
    public void Read(string text, int start)
    {
        for (var i = 0; i < text.Length; i++)
            Step(text[i], start + i);
    }

    private void Step(char c, int at)
    {
        switch (_state)
        {
            case HtmlState.Text:
                if (c == '<')
                    _state = HtmlState.TagOpen;
                break;
            case HtmlState.TagOpen or HtmlState.EndTagOpen:
                OpenTag(c, at);
                break;
            case HtmlState.TagName:
                NameTag(c);
                break;
            case HtmlState.InTag:
                BetweenAttributes(c);
                break;
            case HtmlState.AttributeName:
                NameAttribute(c);
                break;
            case HtmlState.BeforeValue:
                BeginValue(c, at);
                break;
            case HtmlState.Value:
                IsValueBlank &= IsSpace(c);
                if (c == _quote)
                    _state = HtmlState.InTag;
                break;
            case HtmlState.UnquotedValue:
                if (c == '>')
                    EndTag();
                else if (IsSpace(c))
                    _state = HtmlState.InTag;
                break;
            case HtmlState.Markup:
                BeginMarkup(c);
                break;
            case HtmlState.Bogus:
                if (c == '>')
                    _state = HtmlState.Text;
                break;
            case HtmlState.Comment:
                InComment(c);
                break;
            default:
                InRaw(c);
                break;
        }
    }

    private void OpenTag(char c, int at)
    {
        var isEnd = _state == HtmlState.EndTagOpen;
        if (char.IsAsciiLetter(c))
        {
            (_state, _isEndTag, _began, Attributes) = (HtmlState.TagName, isEnd, at, 0);
            _name.Clear().Append(char.ToLowerInvariant(c));
        }
        else if (isEnd)
            _state = c == '>' ? HtmlState.Text : HtmlState.Bogus;
        else if (c == '/')
            _state = HtmlState.EndTagOpen;
        else if (c == '!')
        {
            _state = HtmlState.Markup;
            _tail.Clear();
            _began = at;
        }
        else if (c == '?')
            _state = HtmlState.Bogus;
        else if (c != '<')
            _state = HtmlState.Text;
    }

    private void NameTag(char c)
    {
        if (c == '>')
        {
            Element = _name.ToString();
            EndTag();
        }
        else if (IsSpace(c) || c == '/')
        {
            Element = _name.ToString();
            _state = HtmlState.InTag;
        }
        else
            _name.Append(char.ToLowerInvariant(c));
    }

    private void BetweenAttributes(char c)
    {
        if (c == '>')
            EndTag();
        else if (!IsSpace(c) && c != '/')
        {
            // An equals sign here begins a name, strange as it is.
            _state = HtmlState.AttributeName;
            CountAttribute();
            _name.Clear().Append(char.ToLowerInvariant(c));
        }
    }

    private void NameAttribute(char c)
    {
        if (c == '=')
        {
            Attribute = _name.ToString().TrimEnd();
            _state = HtmlState.BeforeValue;
        }
        else if (c == '>')
            EndTag();
        else if (c == '/')
            _state = HtmlState.InTag;
        else if (IsSpace(c))
            _name.Append(' ');
        else if (_name[^1] == ' ')
        {
            // The name had ended, without a value: another begins.
            _name.Clear().Append(char.ToLowerInvariant(c));
            CountAttribute();
        }
        else
            _name.Append(char.ToLowerInvariant(c));
    }

    // A parser compares each name with all before it.
    private void CountAttribute()
    {
        if (++Attributes > TemplateBudgets.Attributes)
            throw TemplateTooCostlyException.Attributes(nameof(RenderedMail.Html));
    }

    private void BeginValue(char c, int at)
    {
        if (IsSpace(c))
            return;

        if (c == '>')
        {
            EndTag();
            return;
        }

        (_state, _quote) = c is '"' or '\'' ? (HtmlState.Value, c) : (HtmlState.UnquotedValue, '\0');
        (_began, IsValueBlank) = (at, true);
    }

    private void EndTag()
    {
        var isRaw =
            !_isEndTag
            && Element
                is "title"
                    or "textarea"
                    or "style"
                    or "script"
                    or "xmp"
                    or "iframe"
                    or "noembed"
                    or "noframes"
                    or "plaintext";
        _state = isRaw ? HtmlState.Raw : HtmlState.Text;
        _tail.Clear();
    }

    private void BeginMarkup(char c)
    {
        _tail.Append(c);
        if (_tail.ToString() == "--")
        {
            // <!--> is a whole comment: the dashes that open it count to its end.
            (_state, _commented) = (HtmlState.Comment, 0);
        }
        else if (_tail.Length > 1 || c != '-')
            _state = c == '>' ? HtmlState.Text : HtmlState.Bogus;
    }

    private void InComment(char c)
    {
        _commented++;
        _tail.Append(c);
        if (c != '>')
            return;

        var tail = _tail.ToString();
        if (tail.EndsWith("-->", StringComparison.Ordinal))
            _state = HtmlState.Text;
        else if (_commented >= 4 && tail.EndsWith("--!>", StringComparison.Ordinal))
            _state = HtmlState.Text;
        else
            _tail.Clear();
    }

    private void InRaw(char c)
    {
        if (c == '<')
            _tail.Clear();

        if (_tail.Length <= Element.Length + 2)
            _tail.Append(char.ToLowerInvariant(c));

        if (_tail.Length != Element.Length + 3 || !(IsSpace(c) || c is '/' or '>') || Element == "plaintext")
            return;

        if (_tail.ToString(0, _tail.Length - 1) != $"</{Element}")
            return;

        _isEndTag = true;
        if (c == '>')
            EndTag();
        else
            _state = HtmlState.InTag;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f';
}
