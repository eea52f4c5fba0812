using FluentValidation;
using SchemaHub.Domain;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>Keys that sign a domain's mail, kept sealed with the installation's master key.</summary>
public interface ISenderKeys
{
    /// <summary>A new RSA key of 2048 bits, bound to the organization and the domain.</summary>
    SenderKey Create(Guid organization, string domain);
}

/// <summary>A key that signs mail.</summary>
/// <param name="Selector">Names it beside the domain's other keys.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo in base64.</param>
/// <param name="SealedPrivateKey">PKCS#8, encrypted, in base64.</param>
public sealed record SenderKey(string Selector, string PublicKey, string SealedPrivateKey);

/// <summary>What has to be published in the DNS so that mail of a domain can be verified.</summary>
/// <param name="Value">The text; many DNS consoles want it in pieces of at most 255 characters.</param>
public sealed record DnsRecord(string Name, string Type, string Value)
{
    /// <summary>The record of a DKIM key (RFC 6376 section 3.6.1).</summary>
    public static DnsRecord OfKey(string domain, string selector, string publicKey) =>
        new($"{selector}._domainkey.{domain}", "TXT", $"v=DKIM1; k=rsa; p={publicKey}");
}

/// <summary>Names of domains and of the stream that holds them.</summary>
internal static class SenderDomains
{
    /// <summary>The stream of an organization's sender.</summary>
    public static Guid StreamOf(CommandContext context) => ContentIds.Of("sender", context.Tenant);

    /// <summary>The domain as it is kept: lower case, in A-labels.</summary>
    public static string Canonical(string domain) => EmailAddress.Parse($"postmaster@{domain}").Value.Split('@')[1];

    public static IRuleBuilderOptionsConditions<T, string?> DomainName<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (text, context) =>
            {
                // The rules of a mail address's domain, which is what it will be.
                var problem = "The domain is empty.";
                if (string.IsNullOrEmpty(text) || text.Contains('@', StringComparison.Ordinal))
                    context.AddFailure(
                        string.IsNullOrEmpty(text) ? problem : "Only the domain is taken, without an @."
                    );
                else if (!EmailAddress.TryParse($"postmaster@{text}", out _, out problem))
                    context.AddFailure(problem.Replace("The address", "The domain", StringComparison.Ordinal));
            }
        );

    /// <summary>The domain of the caller's organization.</summary>
    /// <exception cref="NotFoundException">It was not added.</exception>
    public static async Task<SenderDomain> Domain(
        this IEventLog log,
        CommandContext context,
        string domain,
        CancellationToken cancellation
    )
    {
        var sender = await log.Load<Sender, SenderEvent>(StreamOf(context), cancellation);
        return sender.State.Domains.TryGetValue(domain, out var known) ? known : throw new NotFoundException("domain");
    }
}
