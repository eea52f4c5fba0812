using System.Buffers.Text;
using System.Text;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Reads a server's replies, of bounded length.</summary>
internal sealed class SmtpReader(Stream stream)
{
    // RFC 5321 section 4.5.3.1.5 allows 512 octets; some servers explain themselves at length.
    private const int LongestLine = 2048;
    private const int MostLines = 100;

    private readonly byte[] _buffer = new byte[4 * LongestLine];
    private int _start;
    private int _end;

    /// <summary>Something was read that is no part of a reply yet.</summary>
    public bool HasMore => _end > _start;

    /// <param name="isTextWanted">Also of a success of one line, whose text is dropped otherwise.</param>
    /// <exception cref="IOException">The server hung up or does not speak SMTP.</exception>
    public async ValueTask<SmtpReply> Read(bool isTextWanted, CancellationToken cancellation)
    {
        StringBuilder? lines = null;
        for (var count = 1; count <= MostLines; count++)
        {
            int length;
            while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n')) < 0)
                await ReadMore(cancellation);

            var line = _buffer.AsSpan(_start, length).TrimEnd((byte)'\r');
            _start += length + 1;
            var (code, isLast) = Parse(line);
            var isKept = isTextWanted || code >= 400 || !isLast || lines is not null;
            var text = isKept && line.Length > 4 ? Readable(line[4..]) : "";
            if (isLast && lines is null)
                return new SmtpReply(code, text);

            lines = lines is null ? new StringBuilder(text) : lines.Append('\n').Append(text);
            if (isLast)
                return new SmtpReply(code, lines.ToString());
        }

        throw new SmtpProtocolException("The mail server's reply does not end.");
    }

    private async ValueTask ReadMore(CancellationToken cancellation)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end > LongestLine)
            throw new SmtpProtocolException("The mail server's reply has a line that does not end.");

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        if (read == 0)
            throw new SmtpProtocolException("The mail server hung up.");

        _end += read;
    }

    private static (int Code, bool IsLast) Parse(ReadOnlySpan<byte> line)
    {
        var isReply =
            line.Length >= 3
            && Utf8Parser.TryParse(line[..3], out int _, out var digits)
            && digits == 3
            && line[0] is >= (byte)'2' and <= (byte)'5'
            && (line.Length == 3 || line[3] is (byte)' ' or (byte)'-');
        if (!isReply)
            throw new SmtpProtocolException("The mail server does not answer as one.");

        var code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
        return (code, line.Length == 3 || line[3] == (byte)' ');
    }

    private static string Readable(ReadOnlySpan<byte> text)
    {
        var characters = Encoding.UTF8.GetString(text);
        return characters.Any(char.IsControl)
            ? string.Concat(characters.Select(character => char.IsControl(character) ? ' ' : character))
            : characters;
    }
}
