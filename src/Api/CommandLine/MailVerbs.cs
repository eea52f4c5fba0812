using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>mail</c>: what surrounds sending.</summary>
internal static class MailVerbs
{
    public static Command Mail() =>
        new("mail", "What mail needs to arrive, and what comes back of it.") { Check(), MailReceiveVerb.Receive() };

    private static Command Check()
    {
        var domain = new Argument<string>("domain") { Description = "The domain that mail comes from." };
        var selector = new Option<string[]>("--selector")
        {
            Description = "The selector of a DKIM key that signs its mail; given once for each.",
        };
        var org = new Option<string?>("--org")
        {
            Description = "An organization, by its slug or id: its own key of the domain is looked for.",
        };
        var check = new Command("check", "Look at a domain's SPF, DKIM and DMARC, and say what is missing.")
        {
            domain,
            selector,
            org,
        };
        check.SetAction(
            (parsed, cancellation) =>
                Verb.Guard(async () =>
                {
                    var name = Canonical(parsed.GetValue(domain)!);
                    var keys = (parsed.GetValue(selector) ?? [])
                        .Select(one => new SoughtKey(name, one))
                        .Concat(await OwnKeys(parsed.GetValue(org), name, cancellation))
                        .ToList();
                    var dns = MailServices.Dns(Verb.Settings(() => Workspace.LoadOptions(null)).Mail);
                    var report = await new MailDomainCheck(dns).Look(name, keys, cancellation);
                    Verb.Print(parsed, report, Text);
                    return report.IsReady ? 0 : 1;
                })
        );
        return check;
    }

    // Only whose key it is needs a database; everything else is in the DNS.
    private static async Task<IReadOnlyList<SoughtKey>> OwnKeys(
        string? org,
        string domain,
        CancellationToken cancellation
    )
    {
        if (org is null)
            return [];

        await using var workspace = await Workspace.Open(Verb.Say, cancellation);
        var tenant = await workspace.Tenant(org, cancellation);
        var sender = await workspace.Send(tenant, new GetSender(), cancellation);
        var signing = sender
            .Domains.Where(own => Domain.Campaigns.Sender.IsOf($"@{domain}", own.Domain))
            .MaxBy(own => own.Domain.Length);
        return signing is null
            ? throw new NotFoundException($"domain of {org}: {domain}")
            : [new SoughtKey(signing.Domain, SelectorOf(signing), signing.PublicKey)];
    }

    private static string SelectorOf(PublishedDomain domain) => domain.Record.Name.Split('.')[0];

    private static string Canonical(string domain) =>
        EmailAddress.TryParse($"postmaster@{domain}", out var address, out _)
            ? address.Value.Split('@')[1]
            : throw new FormatException($"{domain} is no domain that mail could come from.");

    private static string Text(MailDomainReport report)
    {
        var lines = report.Findings.Select(finding =>
        {
            var mark = finding.Level switch
            {
                MailFindingLevel.Good => "good   ",
                MailFindingLevel.Advice => "advice ",
                _ => "MISSING",
            };
            var publish = finding.Publish is { } record
                ? $"\n         publish: {record.Name}  {record.Type}  {record.Value}"
                : "";
            return $"{mark}  {finding.Part}: {finding.Text}{publish}";
        });
        var sum = report.IsReady
            ? $"{report.Domain} has what mailbox providers require."
            : $"{report.Domain} lacks what mailbox providers require.";
        return string.Join('\n', lines.Append(sum));
    }
}
