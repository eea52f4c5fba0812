using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>The kinds of record that are asked for (RFC 1035 section 3.2.2).</summary>
internal enum DnsType : ushort
{
    MX = 15,
    TXT = 16,
}

/// <summary>Questions and answers of the DNS as they go over the wire (RFC 1035 section 4).</summary>
internal static class DnsMessage
{
    // RFC 6891: what we take in one datagram; this much passes every network in one piece.
    public const int LargestDatagram = 1232;

    private const int HeaderBytes = 12;
    private const int RecordBytes = 10;
    private const ushort Internet = 1;
    private const ushort Options = 41;
    private const byte RecursionDesired = 1;
    private const byte IsAnswer = 0x80;
    private const byte IsCut = 0x02;
    private const int MostJumps = 32;

    /// <summary>A question with a random id.</summary>
    /// <exception cref="DnsFailedException">The name cannot be asked for.</exception>
    public static byte[] Question(string name, DnsType type)
    {
        using var bytes = new MemoryStream();
        Span<byte> header = [0, 0, RecursionDesired, 0, 0, 1, 0, 0, 0, 0, 0, 1];
        RandomNumberGenerator.Fill(header[..2]);
        bytes.Write(header);
        foreach (var label in name.TrimEnd('.').Split('.'))
        {
            if (label.Length is 0 or > 63 || !Ascii.IsValid(label))
                throw new DnsFailedException($"{name} is no name of the DNS.");

            bytes.WriteByte((byte)label.Length);
            bytes.Write(Encoding.ASCII.GetBytes(label));
        }

        bytes.Write([0, 0, (byte)type, 0, (byte)Internet]);
        bytes.Write([0, 0, (byte)Options, LargestDatagram >> 8, LargestDatagram & 0xFF, 0, 0, 0, 0, 0, 0]);
        return bytes.ToArray();
    }

    /// <summary>Whether a datagram answers the question: the same id, the same name and kind.</summary>
    public static bool Answers(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> question)
    {
        var asked = question[HeaderBytes..(SkipName(question, HeaderBytes) + 4)];
        return answer.Length >= HeaderBytes + asked.Length
            && answer[..2].SequenceEqual(question[..2])
            && (answer[2] & IsAnswer) != 0
            && BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) == 1
            && Ascii.EqualsIgnoreCase(answer[HeaderBytes..(HeaderBytes + asked.Length)], asked);
    }

    /// <summary>The rest did not fit into the datagram: it is to be asked for over TCP.</summary>
    public static bool IsTruncated(ReadOnlySpan<byte> answer) => (answer[2] & IsCut) != 0;

    /// <summary>The records of the answer; none where there is no such name, or none of the kind.</summary>
    /// <exception cref="DnsFailedException">The server failed or refused, or its answer is malformed.</exception>
    public static List<DnsAnswer> Read(ReadOnlySpan<byte> answer, DnsType type)
    {
        const int noSuchName = 3;
        var code = answer[3] & 0x0F;
        if (code == noSuchName)
            return [];

        if (code != 0)
            throw new DnsFailedException($"The DNS server answers with error {code}.");

        try
        {
            return ReadRecords(answer, type);
        }
        catch (ArgumentException cut)
        {
            // Everything is read through spans, which end where the answer does.
            throw new DnsFailedException("The DNS server's answer is malformed.", cut);
        }
        catch (IndexOutOfRangeException cut)
        {
            throw new DnsFailedException("The DNS server's answer is malformed.", cut);
        }
    }

    private static List<DnsAnswer> ReadRecords(ReadOnlySpan<byte> answer, DnsType type)
    {
        var records = new List<DnsAnswer>();
        var at = SkipName(answer, HeaderBytes) + 4;
        for (var left = BinaryPrimitives.ReadUInt16BigEndian(answer[6..]); left > 0; left--)
        {
            at = SkipName(answer, at);
            var kind = BinaryPrimitives.ReadUInt16BigEndian(answer[at..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(answer[(at + 8)..]);
            at += RecordBytes;
            if (kind == (ushort)type)
                records.Add(type == DnsType.MX ? MailServer(answer, at) : Text(answer.Slice(at, length)));

            at += length;
        }

        return records;
    }

    private static DnsAnswer MailServer(ReadOnlySpan<byte> answer, int at) =>
        new(Name(answer, at + 2), BinaryPrimitives.ReadUInt16BigEndian(answer[at..]));

    /// <summary>A text comes in pieces of up to 255 bytes, which belong together with nothing between.</summary>
    private static DnsAnswer Text(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        while (!data.IsEmpty)
        {
            text.Append(Encoding.UTF8.GetString(data.Slice(1, data[0])));
            data = data[(1 + data[0])..];
        }

        return new DnsAnswer(text.ToString(), Preference: 0);
    }

    private static int SkipName(ReadOnlySpan<byte> message, int at)
    {
        while (message[at] != 0)
        {
            if (IsPointer(message[at]))
                return at + 2;

            at += 1 + message[at];
        }

        return at + 1;
    }

    private static string Name(ReadOnlySpan<byte> message, int at)
    {
        var labels = new List<string>();
        var jumps = 0;
        while (message[at] != 0)
        {
            if (IsPointer(message[at]))
            {
                // A name that points at itself has no end.
                if (++jumps > MostJumps)
                    throw new DnsFailedException("The DNS server's answer is malformed.");

                at = BinaryPrimitives.ReadUInt16BigEndian(message[at..]) & 0x3FFF;
                continue;
            }

            labels.Add(Encoding.ASCII.GetString(message.Slice(at + 1, message[at])));
            at += 1 + message[at];
        }

        return string.Join('.', labels).ToLowerInvariant();
    }

    private static bool IsPointer(byte length) => length >= 0xC0;
}

/// <summary>A record's text or host.</summary>
/// <param name="Preference">Of a mail server: the lowest is tried first.</param>
internal sealed record DnsAnswer(string Text, int Preference);
