using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>Writes from a domain no more. Its key is of no use after: added again, the domain gets another.</summary>
[Requires("campaigns:write")]
public sealed record RemoveSenderDomain(string Domain) : ICommand;

internal sealed class RemoveSenderDomainValidator : AbstractValidator<RemoveSenderDomain>
{
    public RemoveSenderDomainValidator() => RuleFor(command => command.Domain).DomainName();
}

internal sealed class RemoveSenderDomainHandler(IEventLog log, CommandContext context)
    : ICommandHandler<RemoveSenderDomain>
{
    public async Task<Position> Handle(RemoveSenderDomain command, CancellationToken cancellation)
    {
        var domain = SenderDomains.Canonical(command.Domain);
        await log.Domain(context, domain, cancellation);
        return await log.Change<Sender, SenderEvent>(
            SenderDomains.StreamOf(context),
            sender => sender.RemoveDomain(domain),
            cancellation
        );
    }
}
