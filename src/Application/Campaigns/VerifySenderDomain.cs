using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Looks whether the domain's key is published in its DNS, which only its holder can do; then it may be written from.
/// </summary>
[Requires("campaigns:write")]
public sealed record VerifySenderDomain(string Domain) : ICommand;

internal sealed class VerifySenderDomainValidator : AbstractValidator<VerifySenderDomain>
{
    public VerifySenderDomainValidator() => RuleFor(command => command.Domain).DomainName();
}

internal sealed class VerifySenderDomainHandler(IEventLog log, IDnsLookup dns, CommandContext context)
    : ICommandHandler<VerifySenderDomain>
{
    public async Task<Position> Handle(VerifySenderDomain command, CancellationToken cancellation)
    {
        var domain = SenderDomains.Canonical(command.Domain);
        var known = await log.Domain(context, domain, cancellation);
        if (!known.IsVerified)
            await RequirePublished(DnsRecord.OfKey(domain, known.Selector, known.PublicKey), known, cancellation);

        return await log.Change<Sender, SenderEvent>(
            SenderDomains.StreamOf(context),
            // Removed and added again meanwhile, it has another key than the one that was looked for.
            sender =>
                sender.Domains.TryGetValue(domain, out var now) && now.PublicKey == known.PublicKey
                    ? sender.VerifyDomain(domain, "dns")
                    : throw new NotFoundException("domain"),
            cancellation
        );
    }

    private async Task RequirePublished(DnsRecord record, SenderDomain known, CancellationToken cancellation)
    {
        IReadOnlyList<string> texts;
        try
        {
            texts = await dns.Texts(record.Name, cancellation);
        }
        catch (DnsFailedException failed)
        {
            throw new RuleBrokenException("sender.dns_unreachable", failed.Message);
        }

        if (texts.Count == 0)
            throw new RuleBrokenException(
                "sender.key_not_published",
                $"There is no TXT record at {record.Name} yet. Publish the one shown with the domain; it may take a "
                    + "while until it is seen."
            );

        if (!texts.Any(text => DkimRecord.Parse(text)?.PublicKey == known.PublicKey))
            throw new RuleBrokenException(
                "sender.key_not_published",
                $"The TXT record at {record.Name} does not hold the domain's key. Compare it with the one shown with "
                    + "the domain: all of its value, in one record."
            );
    }
}
