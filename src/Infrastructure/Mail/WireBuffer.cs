using System.Text;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Bytes on their way out, in an array that serves one mail after the other.</summary>
internal sealed class WireBuffer
{
    private const int FirstCapacity = 16 * 1024;

    // One huge mail must not hold its memory for ever.
    private const int LargestKept = 1024 * 1024;

    private byte[] _bytes = new byte[FirstCapacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > LargestKept)
            _bytes = new byte[FirstCapacity];
    }

    /// <summary>Takes back what was written after.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Room for so many bytes; <see cref="Advance"/> says how many were written.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes));

        return _bytes.AsSpan(Length);
    }

    public void Advance(int bytes) => Length += bytes;

    public void Append(byte value)
    {
        Room(1)[0] = value;
        Length++;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Text in UTF-8.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        var room = Room(Encoding.UTF8.GetMaxByteCount(text.Length));
        Length += Encoding.UTF8.GetBytes(text, room);
    }

    public void AppendNumber(long number)
    {
        const int MostDigits = 20;
        number.TryFormat(Room(MostDigits), out var written, provider: null);
        Length += written;
    }
}
