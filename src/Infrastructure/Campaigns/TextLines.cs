using System.Text;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Text that is put together with its white space as a browser would show it, whichever branches of its blocks are
/// shown.
/// </summary>
internal sealed class TextLines
{
    private readonly StringBuilder _text = new();
    private readonly Stack<Block> _blocks = new();
    private int _newLines = 2;
    private int _wanted;
    private bool _isSpaced = true;
    private bool _wantsSpace;

    // Where a space goes at the end of a block that may be absent, unless one follows the block as well.
    private int? _heldSpace;

    /// <summary>At least so many line ends before what follows.</summary>
    public void Gap(int lines) => (_wanted, _wantsSpace, _heldSpace) = (Math.Max(_wanted, lines), false, null);

    /// <summary>One line end more.</summary>
    public void Break()
    {
        _heldSpace = null;
        Settle();
        _text.Append('\n');
        (_newLines, _isSpaced) = (_newLines + 1, true);
    }

    /// <summary>Text whose white space means a space.</summary>
    public void Flow(string text)
    {
        foreach (var c in text)
        {
            if (c is ' ' or '\t' or '\n' or '\r' or '\f' or '\u00A0')
                WantSpace();
            else if (c is not ('\u200B' or '\u034F' or '\u00AD' or '\uFEFF'))
                Write(c);
        }
    }

    /// <summary>Text as it is.</summary>
    public void Write(string text)
    {
        foreach (var c in text.ReplaceLineEndings("\n"))
            Write(c);
    }

    /// <summary>What follows touches what was written.</summary>
    public void Attach() => (_wantsSpace, _heldSpace) = (false, null);

    /// <summary>An address ends here: what follows stands apart from it.</summary>
    public void EndAddress() => _wantsSpace = true;

    /// <summary>An expression: what is written, or a tag of a block.</summary>
    public void Tag(TemplatePart part)
    {
        var mayHold = part.Kind == PartKind.Close && part.Keyword != "each" && _wanted <= _newLines;
        if (mayHold && _wantsSpace && !_isSpaced)
            (_heldSpace, _wantsSpace) = (_text.Length, false);
        else if (!mayHold || _heldSpace is null)
            Settle();

        // What stands before it must not change what it is.
        if (_text.Length > 0 && _text[^1] is '{' or '\\')
            _text.Append(' ');

        _text.Append(part.Source);
        switch (part.Kind)
        {
            case PartKind.Output:
                (_newLines, _isSpaced) = (0, false);
                break;
            case PartKind.Open:
                _blocks.Push(new Block(_isSpaced, EndsSpaced: true, HasElse: false));
                break;
            case PartKind.Else when _blocks.TryPop(out var block):
                _blocks.Push(
                    block with
                    {
                        EndsSpaced = block.EndsSpaced && _isSpaced,
                        HasElse = block.HasElse || part.Keyword is null,
                    }
                );
                _isSpaced = block.BeginsSpaced;
                break;
            case PartKind.Close when _blocks.TryPop(out var block):
                // A space in one branch is none where another is shown, or nothing at all.
                _isSpaced = block.EndsSpaced && _isSpaced && (block.HasElse || block.BeginsSpaced);
                break;
        }
    }

    public override string ToString() => _text.ToString().TrimEnd() + "\n";

    private void WantSpace()
    {
        // The space after the block is there with the block and without it.
        if (_heldSpace is not null)
            (_heldSpace, _isSpaced) = (null, false);

        _wantsSpace = true;
    }

    private void Write(char c)
    {
        Settle();
        if (c == '}' && _text.Length > 0 && _text[^1] == '}')
            _text.Append(' ');

        _text.Append(c);
        _newLines = c == '\n' ? _newLines + 1 : 0;
        _isSpaced = c is '\n' or ' ';
    }

    private void Settle()
    {
        if (_heldSpace is { } place)
            _text.Insert(place, ' ');

        if (_wanted > _newLines)
        {
            _text.Append('\n', _wanted - _newLines);
            (_newLines, _isSpaced) = (_wanted, true);
        }
        else if (_wantsSpace && !_isSpaced)
        {
            _text.Append(' ');
            _isSpaced = true;
        }

        (_wanted, _wantsSpace, _heldSpace) = (0, false, null);
    }

    /// <summary>A block that is open.</summary>
    /// <param name="BeginsSpaced">There is white space before it.</param>
    /// <param name="EndsSpaced">So far each of its branches ends in white space.</param>
    private readonly record struct Block(bool BeginsSpaced, bool EndsSpaced, bool HasElse);
}
