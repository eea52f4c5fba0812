using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SchemaHub.Testing;

/// <summary>A small DNS server on this machine, over UDP and TCP, which also fails as it is told.</summary>
public sealed class DnsServer : IAsyncDisposable
{
    private const ushort MX = 15;
    private const ushort TXT = 16;

    private readonly TcpListener _tcp = new(IPAddress.Loopback, 0);
    private readonly UdpClient _udp;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private readonly ConcurrentDictionary<(string Name, ushort Type), byte[][]> _records = new();

    public DnsServer()
    {
        _tcp.Start();
        var port = ((IPEndPoint)_tcp.LocalEndpoint).Port;
        _udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
        Address = $"127.0.0.1:{port}";
        _serving = Task.WhenAll(ServeUdp(), ServeTcp());
    }

    /// <summary>As the setting <c>Mail:DnsServer</c> wants it.</summary>
    public string Address { get; }

    /// <summary>How many datagrams are still to be lost.</summary>
    public int Loses { get; set; }

    /// <summary>Answers with this code (RFC 1035 section 4.1.1), such as 2: it failed.</summary>
    public byte Fails { get; set; }

    /// <summary>Over UDP this change of the answer arrives first, as somebody would send it who guesses.</summary>
    public Action<byte[]>? Forges { get; set; }

    /// <summary>Every answer is changed, over UDP and TCP.</summary>
    public Func<byte[], byte[]>? Damages { get; set; }

    /// <summary>Every answer over UDP is cut, and has to be asked for over TCP.</summary>
    public bool IsTruncating { get; set; }

    /// <summary>Sent in place of the records' part of an answer.</summary>
    public byte[]? Garbage { get; set; }

    public int Asked { get; private set; }

    /// <summary>Publishes texts, each in pieces of 255 bytes.</summary>
    public void Publish(string name, params string[] texts) =>
        _records[(name, TXT)] = [
            .. texts.Select(text =>
                Encoding.UTF8.GetBytes(text).Chunk(255).SelectMany(piece => piece.Prepend((byte)piece.Length)).ToArray()
            ),
        ];

    /// <summary>Publishes mail servers, the preferred one first.</summary>
    public void PublishMailServers(string domain, params string[] hosts) =>
        _records[(domain, MX)] = [
            // The last one first: the order on the wire means nothing.
            .. hosts.Select((host, number) => (byte[])[0, (byte)(number * 10), .. Name(host)]).Reverse(),
        ];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _tcp.Stop();
        _udp.Dispose();
        _end.Dispose();
    }

    private async Task ServeUdp()
    {
        try
        {
            while (true)
            {
                var question = await _udp.ReceiveAsync(_end.Token);
                Asked++;
                if (Loses-- > 0)
                    continue;

                var answer = Answer(question.Buffer, IsTruncating);
                if (Forges is not null)
                {
                    var forged = answer.ToArray();
                    Forges(forged);
                    await _udp.SendAsync(forged, question.RemoteEndPoint, _end.Token);
                }

                await _udp.SendAsync(answer, question.RemoteEndPoint, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The spec is over.
        }
    }

    private async Task ServeTcp()
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptTcpClientAsync(_end.Token);
                await using var stream = client.GetStream();
                var length = new byte[2];
                await stream.ReadExactlyAsync(length, _end.Token);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(question, _end.Token);
                var answer = Answer(question, isCut: false);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. length, .. answer], _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The spec is over.
        }
    }

    private byte[] Answer(byte[] question, bool isCut)
    {
        var answer = RightAnswer(question, isCut);
        return Damages is null ? answer : Damages(answer);
    }

    private byte[] RightAnswer(byte[] question, bool isCut)
    {
        const int header = 12;
        var at = header;
        var labels = new List<string>();
        for (; question[at] != 0; at += question[at] + 1)
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));

        var type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(at + 1));
        var name = string.Join('.', labels).ToLowerInvariant();
        var isKnown = _records.Keys.Any(key => key.Name == name);
        var records = isCut || Fails > 0 ? [] : _records.GetValueOrDefault((name, type), []);
        const byte noSuchName = 3;
        var code =
            Fails > 0 ? Fails
            : isKnown ? (byte)0
            : noSuchName;
        byte[] answer =
        [
            question[0],
            question[1],
            (byte)(0x81 | (isCut ? 0x02 : 0)),
            (byte)(0x80 | code),
            0,
            1,
            0,
            (byte)(Garbage is null ? records.Length : 1),
            0,
            0,
            0,
            0,
            .. question[header..(at + 5)],
        ];
        if (Garbage is not null)
            return [.. answer, .. Garbage];

        // Each record's name points at the question's.
        return
        [
            .. answer,
            .. records.SelectMany(data =>
                (byte[])
                    [
                        0xC0,
                        header,
                        0,
                        (byte)type,
                        0,
                        1,
                        0,
                        0,
                        0,
                        60,
                        (byte)(data.Length >> 8),
                        (byte)data.Length,
                        .. data,
                    ]
            ),
        ];
    }

    private static byte[] Name(string host) =>
        [
            .. host.Split('.', StringSplitOptions.RemoveEmptyEntries)
                .SelectMany(label => Encoding.ASCII.GetBytes(label).Prepend((byte)label.Length)),
            0,
        ];
}
