using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Adds a domain to write from, with a key of its own that signs its mail. Added twice, the first key stays.
/// </summary>
[Requires("campaigns:write")]
public sealed record AddSenderDomain(string Domain) : ICommand;

internal sealed class AddSenderDomainValidator : AbstractValidator<AddSenderDomain>
{
    public AddSenderDomainValidator() => RuleFor(command => command.Domain).DomainName();
}

internal sealed class AddSenderDomainHandler(IEventLog log, ISenderKeys keys, CommandContext context)
    : ICommandHandler<AddSenderDomain>
{
    public Task<Position> Handle(AddSenderDomain command, CancellationToken cancellation)
    {
        var domain = SenderDomains.Canonical(command.Domain);
        return log.Change<Sender, SenderEvent>(
            SenderDomains.StreamOf(context),
            sender => sender.Domains.ContainsKey(domain) ? [] : sender.AddDomain(WithKey(domain)),
            cancellation
        );
    }

    // Making a key takes a moment, and is for nothing where the domain is there.
    private SenderDomainAdded WithKey(string domain)
    {
        var key = keys.Create(context.OrganizationId, domain);
        return new SenderDomainAdded(domain, key.Selector, key.PublicKey, key.SealedPrivateKey);
    }
}
