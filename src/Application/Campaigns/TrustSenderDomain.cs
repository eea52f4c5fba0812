using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Takes the operator's word that a domain is the organization's, without a look at the DNS: for networks of their own.
/// Nobody else's word is taken.
/// </summary>
[RequiresOperator]
public sealed record TrustSenderDomain(string Domain) : ICommand;

internal sealed class TrustSenderDomainValidator : AbstractValidator<TrustSenderDomain>
{
    public TrustSenderDomainValidator() => RuleFor(command => command.Domain).DomainName();
}

internal sealed class TrustSenderDomainHandler(IEventLog log, CommandContext context)
    : ICommandHandler<TrustSenderDomain>
{
    public async Task<Position> Handle(TrustSenderDomain command, CancellationToken cancellation)
    {
        if (context.Actor != Actors.Operator)
            throw new RuleBrokenException("access.refused", "Only the operator can vouch for a domain.");

        var domain = SenderDomains.Canonical(command.Domain);
        await log.Domain(context, domain, cancellation);
        return await log.Change<Sender, SenderEvent>(
            SenderDomains.StreamOf(context),
            sender => sender.VerifyDomain(domain, Actors.Operator),
            cancellation
        );
    }
}
