using System.Text;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Gathers one part of a mail, and refuses what no mail is as long as. One for each thread, used again.
/// </summary>
internal sealed class BoundedWriter : TextWriter
{
    private const int MostCharacters = TemplateBudgets.RenderedCharacters;

    // A larger buffer is not kept for the next mail.
    private const int MostKept = 256 * 1024;

    [ThreadStatic]
    private static BoundedWriter? t_free;

    private char[] _buffer = new char[16 * 1024];
    private int _length;
    private string _field = "";

    private BoundedWriter()
        : base(System.Globalization.CultureInfo.InvariantCulture) { }

    public override Encoding Encoding => Encoding.Unicode;

    /// <summary>An empty one.</summary>
    /// <param name="field">What is named where it becomes too long.</param>
    public static BoundedWriter Rent(string field)
    {
        var writer = t_free ?? new BoundedWriter();
        t_free = null;
        (writer._length, writer._field) = (0, field);
        return writer;
    }

    /// <summary>What was written; the writer is free again.</summary>
    public string Return()
    {
        var text = new string(_buffer, 0, _length);
        if (_buffer.Length <= MostKept)
            t_free = this;

        return text;
    }

    public override void Write(char value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Reserve(buffer.Length);
        buffer.CopyTo(_buffer.AsSpan(_length));
        _length += buffer.Length;
    }

    private void Reserve(int more)
    {
        var needed = _length + more;
        if (needed <= _buffer.Length)
            return;

        if (needed > MostCharacters)
            throw TemplateTooCostlyException.RenderedCharacters(_field);

        Array.Resize(ref _buffer, Math.Min(MostCharacters, Math.Max(needed, 2 * _buffer.Length)));
    }
}
