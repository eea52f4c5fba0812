using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Asks a recursive DNS server: the configured one, or the machine's.</summary>
internal sealed class DnsLookup : IDnsLookup
{
    private const int Port = 53;

    private readonly Lazy<IPEndPoint> _server;
    private readonly ResiliencePipeline _patience;

    /// <param name="server">An address, with a port or without; null for the machine's.</param>
    public DnsLookup(string? server, TimeSpan? oneTry = null)
    {
        _server = new Lazy<IPEndPoint>(() => Server(server));
        _patience = new ResiliencePipelineBuilder()
            .AddRetry(
                new RetryStrategyOptions
                {
                    // A datagram may be lost, and a server may be busy.
                    ShouldHandle = new PredicateBuilder()
                        .Handle<TimeoutRejectedException>()
                        .Handle<SocketException>()
                        .Handle<IOException>()
                        .Handle<DnsFailedException>(),
                    MaxRetryAttempts = 2,
                    Delay = TimeSpan.FromMilliseconds(100),
                    UseJitter = true,
                }
            )
            .AddTimeout(oneTry ?? TimeSpan.FromSeconds(3))
            .Build();
    }

    public async Task<IReadOnlyList<string>> Texts(string name, CancellationToken cancellation) =>
        [.. (await Ask(name, DnsType.TXT, cancellation)).Select(record => record.Text)];

    public async Task<IReadOnlyList<string>> MailServers(string domain, CancellationToken cancellation) =>
        [
            .. (await Ask(domain, DnsType.MX, cancellation))
                .OrderBy(record => record.Preference)
                .Select(record => record.Text),
        ];

    private async Task<List<DnsAnswer>> Ask(string name, DnsType type, CancellationToken cancellation)
    {
        try
        {
            return await _patience.ExecuteAsync(
                async attempt =>
                {
                    var question = DnsMessage.Question(name, type);
                    var answer = await OverUdp(question, attempt);
                    if (DnsMessage.IsTruncated(answer))
                        answer = await OverTcp(question, attempt);

                    return DnsMessage.Read(answer, type);
                },
                cancellation
            );
        }
        catch (Exception failed) when (failed is TimeoutRejectedException or SocketException or IOException)
        {
            throw new DnsFailedException($"The DNS server {_server.Value} does not answer.", failed);
        }
    }

    private async Task<byte[]> OverUdp(byte[] question, CancellationToken cancellation)
    {
        // Connected, it hears nobody but the server.
        using var socket = new Socket(_server.Value.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(_server.Value, cancellation);
        await socket.SendAsync(question, cancellation);
        var buffer = new byte[ushort.MaxValue];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, cancellation);
            if (DnsMessage.Answers(buffer.AsSpan(0, length), question))
                return buffer[..length];
        }
    }

    private async Task<byte[]> OverTcp(byte[] question, CancellationToken cancellation)
    {
        using var client = new TcpClient(_server.Value.AddressFamily);
        await client.ConnectAsync(_server.Value, cancellation);
        await using var stream = client.GetStream();
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)question.Length);
        await stream.WriteAsync((byte[])[.. length, .. question], cancellation);
        await stream.ReadExactlyAsync(length, cancellation);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(answer, cancellation);
        return DnsMessage.Answers(answer, question)
            ? answer
            : throw new DnsFailedException("The DNS server answers another question.");
    }

    private static IPEndPoint Server(string? named)
    {
        if (!string.IsNullOrEmpty(named))
            return IPEndPoint.TryParse(named, out var given)
                ? new IPEndPoint(given.Address, given.Port == 0 ? Port : given.Port)
                : throw new DnsFailedException("SchemaHub:Mail:DnsServer is no address.");

        // Those of Windows that only stand in for missing ones are site-local.
        var known = NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus != OperationalStatus.Down)
            .SelectMany(network => network.GetIPProperties().DnsAddresses)
            .FirstOrDefault(address => !address.IsIPv6SiteLocal);
        return known is null
            ? throw new DnsFailedException("This machine names no DNS server; set SchemaHub:Mail:DnsServer.")
            : new IPEndPoint(known, Port);
    }
}
