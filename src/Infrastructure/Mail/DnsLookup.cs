using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using DnsClient;
using DnsClient.Protocol;
using Polly;
using Polly.Retry;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Asks recursive DNS servers: the configured ones, or the machine's, in turn (decision 58).</summary>
internal sealed class DnsLookup : IDnsLookup
{
    // EDNS, RFC 6891: a datagram of this size passes every network in one piece.
    private const int DatagramBytes = 1232;
    private const int LeastTries = 3;
    private const int LabelCharacters = 63;
    private const int NameCharacters = 253;

    private readonly Lazy<Resolvers> _resolvers;
    private readonly DnsQueryOptions _overUdp;
    private readonly DnsQueryOptions _overTcp;

    /// <param name="server">Addresses, with a port or without, separated by commas; null for the machine's.</param>
    public DnsLookup(string? server, TimeSpan? oneTry = null)
    {
        // A failure is not kept: the machine may get a DNS server later.
        _resolvers = new Lazy<Resolvers>(() => Find(server), LazyThreadSafetyMode.PublicationOnly);
        _overUdp = Options(oneTry ?? TimeSpan.FromSeconds(3), useTcpOnly: false);
        _overTcp = Options(oneTry ?? TimeSpan.FromSeconds(3), useTcpOnly: true);
    }

    public async Task<IReadOnlyList<string>> Texts(string name, CancellationToken cancellation) =>
        [
            // A text comes in pieces of up to 255 bytes, which belong together with nothing between.
            .. (await Ask(name, QueryType.TXT, cancellation)).TxtRecords().Select(record => string.Concat(record.Text)),
        ];

    public async Task<IReadOnlyList<string>> MailServers(string domain, CancellationToken cancellation) =>
        [
            .. (await Ask(domain, QueryType.MX, cancellation))
                .MxRecords()
                .OrderBy(record => record.Preference)
                .Select(record => record.Exchange.Value.TrimEnd('.').ToLowerInvariant())
                .Where(IsHost),
        ];

    /// <summary>
    /// Whether it can be a host's name. The library follows a pointer behind the end of an answer into memory that was
    /// used before, and what it finds there is nobody's to see.
    /// </summary>
    private static bool IsHost(string name) =>
        name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');

    private async Task<IReadOnlyList<DnsResourceRecord>> Ask(
        string name,
        QueryType type,
        CancellationToken cancellation
    )
    {
        var question = new DnsQuestion(InMixedCase(Bare(name)), type);
        var (servers, patience) = _resolvers.Value;
        var tries = 0;
        var options = _overUdp;
        return await patience.ExecuteAsync(
            async attempt =>
            {
                var server = servers[tries++ % servers.Count];
                try
                {
                    var response = await Client().QueryServerAsync([server], question, options, attempt);
                    return Records(response, question, options == _overTcp);
                }
                catch (Exception) when (attempt.IsCancellationRequested)
                {
                    throw new OperationCanceledException(attempt);
                }
                catch (DnsResponseException silent) when (IsSilence(silent))
                {
                    throw new DnsFailedException($"The DNS server {server} does not answer.", silent);
                }
                catch (Exception malformed) when (malformed is not DnsFailedException)
                {
                    // Somebody else may have sent this datagram. Over TCP only the server answers.
                    options = _overTcp;
                    throw new DnsFailedException("The DNS server's answer is malformed.", malformed);
                }
            },
            cancellation
        );
    }

    /// <summary>
    /// Each try has its own: the library uses TCP connections again for five seconds, and takes one that the server has
    /// closed for a server that does not answer.
    /// </summary>
    private static LookupClient Client() => new(new LookupClientOptions { AutoResolveNameServers = false });

    private static string Bare(string name)
    {
        var bare = name.TrimEnd('.');
        var isName =
            bare.Length <= NameCharacters
            && Ascii.IsValid(bare)
            && bare.Split('.').All(label => label.Length is > 0 and <= LabelCharacters);
        return isName ? bare : throw new DnsFailedException($"{name} is no name of the DNS.");
    }

    /// <summary>
    /// The case of each letter is random, and the answer has to repeat it (draft-vixie-dnsext-dns0x20). The
    /// library takes an answer from any sender, so that id and port alone could be guessed.
    /// </summary>
    private static string InMixedCase(string name) =>
        string.Concat(
            name.Select(letter =>
                RandomNumberGenerator.GetInt32(2) == 0 ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter)
            )
        );

    /// <summary>The records of an answer; none where there is no such name.</summary>
    /// <param name="isOverTcp">A server that does not keep the case of names is believed over TCP only.</param>
    /// <exception cref="DnsFailedException">The server failed or refused.</exception>
    /// <exception cref="InvalidDataException">It does not answer the question. The library does not check.</exception>
    private static IReadOnlyList<DnsResourceRecord> Records(
        IDnsQueryResponse response,
        DnsQuestion asked,
        bool isOverTcp
    )
    {
        // The library names the bit that marks an answer (RFC 1035 section 4.1.1, QR) HasQuery.
        if (
            !response.Header.HasQuery
            || response.Questions is not [var answered]
            || !IsSame(answered, asked, isOverTcp)
        )
            throw new InvalidDataException("It is no answer to the question.");

        return response.Header.ResponseCode switch
        {
            DnsHeaderResponseCode.NoError => response.Answers,
            DnsHeaderResponseCode.NotExistentDomain => [],
            var code => throw new DnsFailedException($"The DNS server answers with error {code:D}."),
        };
    }

    private static bool IsSame(DnsQuestion answered, DnsQuestion asked, bool isOverTcp) =>
        answered.QuestionType == asked.QuestionType
        && answered.QuestionClass == asked.QuestionClass
        // The library reads the A-labels of an answered question as Unicode, and those of an asked one not.
        && answered.QueryName.Value.Equals(
            DnsString.FromResponseQueryString(asked.QueryName.Value).Value,
            isOverTcp ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal
        );

    private static bool IsSilence(DnsResponseException failed) =>
        failed.Code == DnsResponseCode.ConnectionTimeout || failed.InnerException is SocketException or IOException;

    private static DnsQueryOptions Options(TimeSpan oneTry, bool useTcpOnly) =>
        new()
        {
            // Who has just published a record asks again, and a domain is verified by what its DNS holds now.
            UseCache = false,
            Timeout = oneTry,
            ExtendedDnsBufferSize = DatagramBytes,
            UseTcpOnly = useTcpOnly,
            // Polly repeats, and with the next server.
            Retries = 0,
            ContinueOnDnsError = false,
            ContinueOnEmptyResponse = false,
        };

    private static Resolvers Find(string? named)
    {
        var servers = string.IsNullOrEmpty(named) ? OfMachine() : [.. named.Split(',').Select(Parse)];
        var patience = new ResiliencePipelineBuilder()
            .AddRetry(
                new RetryStrategyOptions
                {
                    // A datagram may be lost, and a server may be busy.
                    ShouldHandle = new PredicateBuilder().Handle<DnsFailedException>(),
                    MaxRetryAttempts = Math.Max(LeastTries, servers.Count) - 1,
                    Delay = TimeSpan.FromMilliseconds(100),
                    UseJitter = true,
                }
            )
            .Build();
        return new Resolvers(servers, patience);
    }

    private static IReadOnlyList<NameServer> OfMachine()
    {
        // Those of Windows that only stand in for missing ones are site-local. Nobody else is asked instead.
        var known = NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false);
        return known.Count > 0
            ? [.. known]
            : throw new DnsFailedException("This machine names no DNS server; set SchemaHub:Mail:DnsServer.");
    }

    private static NameServer Parse(string named) =>
        IPEndPoint.TryParse(named.Trim(), out var given)
            ? new NameServer(given.Address, given.Port == 0 ? NameServer.DefaultPort : given.Port)
            : throw new DnsFailedException("SchemaHub:Mail:DnsServer is no address, and no list of addresses.");

    private sealed record Resolvers(IReadOnlyList<NameServer> Servers, ResiliencePipeline Patience);
}
