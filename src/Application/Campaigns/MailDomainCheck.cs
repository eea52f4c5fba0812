using System.Security.Cryptography;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Looks whether a domain's DNS has what mailbox providers require of bulk senders: SPF (RFC 7208), DKIM (RFC 6376) and
/// DMARC (RFC 7489), and a way back for answers and bounces.
/// </summary>
public sealed class MailDomainCheck(IDnsLookup dns)
{
    private const string Spf = "spf";
    private const string Dkim = "dkim";
    private const string Dmarc = "dmarc";
    private const string Mx = "mx";

    // RFC 8301 section 3.2.
    private const int LeastBits = 1024;
    private const int GoodBits = 2048;

    /// <param name="domain">Of the From address, in A-labels.</param>
    /// <param name="keys">Those that sign; without one nothing can be said of DKIM.</param>
    /// <exception cref="DnsFailedException">The DNS could not be asked.</exception>
    public async Task<MailDomainReport> Look(
        string domain,
        IReadOnlyList<SoughtKey> keys,
        CancellationToken cancellation
    )
    {
        var findings = new List<MailFinding> { await LookAtSpf(domain, cancellation) };
        foreach (var key in keys)
            findings.Add(await LookAtKey(key, cancellation));

        if (keys.Count == 0)
            findings.Add(
                new MailFinding(
                    Dkim,
                    MailFindingLevel.Missing,
                    "Name the selector of the key that signs the mail: without it no DKIM key can be looked up."
                )
            );

        findings.AddRange(await LookAtDmarc(domain, keys, cancellation));
        findings.Add(await LookAtMailServers(domain, cancellation));
        return new MailDomainReport(
            domain,
            findings.TrueForAll(finding => finding.Level != MailFindingLevel.Missing),
            findings
        );
    }

    private async Task<MailFinding> LookAtSpf(string domain, CancellationToken cancellation)
    {
        var records = (await dns.Texts(domain, cancellation)).Where(IsSpf).ToList();
        if (records.Count == 0)
            return new MailFinding(
                Spf,
                MailFindingLevel.Missing,
                "There is no SPF record. Publish one that names the servers your mail leaves from: put your mail "
                    + "provider's include in place of the dots.",
                new DnsRecord(domain, "TXT", "v=spf1 include:… ~all")
            );

        if (records.Count > 1)
            return new MailFinding(
                Spf,
                MailFindingLevel.Missing,
                $"There are {records.Count} SPF records, and so none counts (RFC 7208 section 3.2). Make one of them."
            );

        var terms = records[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (terms.Any(term => term is "all" or "+all"))
            return new MailFinding(
                Spf,
                MailFindingLevel.Missing,
                "The SPF record allows every server in the world (+all), which is worse than none. End it with ~all."
            );

        var lookups = await CountLookups(records[0], depth: 0, cancellation);
        const int most = 10;
        return lookups > most
            ? new MailFinding(
                Spf,
                MailFindingLevel.Missing,
                "The SPF record needs more than 10 further look-ups, and so it does not count (RFC 7208 section "
                    + "4.6.4). Take out the includes you do not need."
            )
            : new MailFinding(
                Spf,
                MailFindingLevel.Good,
                "There is one SPF record. See to it that it names your mail server: " + records[0]
            );
    }

    private static bool IsSpf(string text) =>
        text.Equals("v=spf1", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("v=spf1 ", StringComparison.OrdinalIgnoreCase);

    /// <summary>The look-ups that evaluating the record takes, counted until they are too many.</summary>
    private async Task<int> CountLookups(string record, int depth, CancellationToken cancellation)
    {
        const int tooMany = 11;
        var count = 0;
        foreach (var term in record.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            var name = term.TrimStart('+', '-', '~', '?');
            var kind = name.Split(':', '=', '/')[0].ToLowerInvariant();
            if (kind is not ("include" or "redirect" or "a" or "mx" or "ptr" or "exists"))
                continue;

            count++;
            // A target with a macro is known only to who gets the mail.
            var target = name[(name.IndexOfAny([':', '=']) + 1)..];
            if (kind is "include" or "redirect" && depth < tooMany && !target.Contains('%', StringComparison.Ordinal))
            {
                var next = (await dns.Texts(target, cancellation)).FirstOrDefault(IsSpf);
                if (next is not null)
                    count += await CountLookups(next, depth + 1, cancellation);
            }

            if (count >= tooMany)
                break;
        }

        return count;
    }

    private async Task<MailFinding> LookAtKey(SoughtKey key, CancellationToken cancellation)
    {
        var record = DnsRecord.OfKey(key.Domain, key.Selector, key.PublicKey ?? "…");
        var texts = await dns.Texts(record.Name, cancellation);
        var publish = key.PublicKey is null ? null : record;
        if (texts.Count == 0)
            return Missing($"There is no DKIM key at {record.Name}.");

        var parsed = texts.Select(DkimRecord.Parse).FirstOrDefault(one => one is not null);
        if (parsed is null)
            return Missing($"What stands at {record.Name} is no DKIM key.");

        if (parsed.PublicKey.Length == 0)
            return Missing($"The DKIM key at {record.Name} was revoked: its p= is empty.");

        if (key.PublicKey is not null && parsed.PublicKey != key.PublicKey)
            return Missing($"The DKIM key at {record.Name} is another one than signs the mail.");

        if (BitsOf(parsed.PublicKey) is not { } bits)
            return Missing($"The DKIM key at {record.Name} is cut or malformed.");

        if (bits < LeastBits)
            return Missing($"The DKIM key at {record.Name} has {bits} bits, which nobody accepts any more.");

        if (parsed.IsTesting)
            return new MailFinding(
                Dkim,
                MailFindingLevel.Advice,
                $"The DKIM key at {record.Name} says that it is a test (t=y). Take that out."
            );

        return bits < GoodBits
            ? new MailFinding(
                Dkim,
                MailFindingLevel.Advice,
                $"The DKIM key at {record.Name} has {bits} bits; use one of 2048."
            )
            : new MailFinding(Dkim, MailFindingLevel.Good, $"The DKIM key at {record.Name} is there.");

        MailFinding Missing(string text) => new(Dkim, MailFindingLevel.Missing, text, publish);
    }

    private static int? BitsOf(string publicKey)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
            return rsa.KeySize;
        }
        catch (Exception malformed) when (malformed is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<MailFinding>> LookAtDmarc(
        string domain,
        IReadOnlyList<SoughtKey> keys,
        CancellationToken cancellation
    )
    {
        // A domain without a record of its own has that of the domain it is below (RFC 7489 section 6.6.3).
        for (var at = domain; at.Contains('.', StringComparison.Ordinal); at = at[(at.IndexOf('.') + 1)..])
        {
            var records = (await dns.Texts($"_dmarc.{at}", cancellation))
                .Where(text => text.StartsWith("v=DMARC1", StringComparison.Ordinal))
                .ToList();
            if (records.Count > 1)
                return
                [
                    new MailFinding(
                        Dmarc,
                        MailFindingLevel.Missing,
                        $"There are {records.Count} DMARC records at _dmarc.{at}, and so none counts. Leave one."
                    ),
                ];

            if (records.Count == 1)
                return OfDmarc(domain, at, records[0], keys);
        }

        return
        [
            new MailFinding(
                Dmarc,
                MailFindingLevel.Missing,
                "There is no DMARC record. Mailbox providers require one of bulk senders; this one asks for reports "
                    + "and changes nothing else.",
                new DnsRecord($"_dmarc.{domain}", "TXT", $"v=DMARC1; p=none; rua=mailto:dmarc@{domain}")
            ),
        ];
    }

    private static List<MailFinding> OfDmarc(string domain, string at, string record, IReadOnlyList<SoughtKey> keys)
    {
        var tags = TagList.Parse(record);
        var policy = tags?.GetValueOrDefault(at == domain ? "p" : "sp", tags.GetValueOrDefault("p", ""));
        if (policy is not ("none" or "quarantine" or "reject"))
            return
            [
                new MailFinding(
                    Dmarc,
                    MailFindingLevel.Missing,
                    $"The DMARC record at _dmarc.{at} has no valid policy: p= is none, quarantine or reject."
                ),
            ];

        var findings = new List<MailFinding>
        {
            policy == "none"
                ? new MailFinding(
                    Dmarc,
                    MailFindingLevel.Advice,
                    $"The DMARC record at _dmarc.{at} is there and asks for nothing (p=none). Once its reports show no "
                        + "mail of yours failing, say p=quarantine or p=reject: then nobody can write in your name."
                )
                : new MailFinding(Dmarc, MailFindingLevel.Good, $"DMARC at _dmarc.{at} says p={policy}."),
        };
        if (tags!.GetValueOrDefault("adkim") == "s" && keys.Count > 0 && keys.All(key => key.Domain != domain))
            findings.Add(
                new MailFinding(
                    "alignment",
                    MailFindingLevel.Missing,
                    $"DMARC wants the signing domain to be the sender's exactly (adkim=s), and {keys[0].Domain} signs "
                        + $"for {domain}. Add {domain} as a domain of its own, or leave adkim out."
                )
            );

        return findings;
    }

    private async Task<MailFinding> LookAtMailServers(string domain, CancellationToken cancellation)
    {
        var servers = await dns.MailServers(domain, cancellation);
        // An empty host says that the domain takes no mail at all (RFC 7505).
        return servers.Count == 0 || servers.All(server => server.Length == 0)
            ? new MailFinding(
                Mx,
                MailFindingLevel.Advice,
                "No server takes mail for the domain (MX): answers to your mail are lost, and some servers refuse "
                    + "mail from such a domain."
            )
            : new MailFinding(Mx, MailFindingLevel.Good, $"{servers[0]} takes mail for the domain.");
    }
}
