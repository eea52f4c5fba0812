using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Bars an address, whatever it agreed to: after a complaint, a hard bounce, or by hand.</summary>
[Requires("contacts:write")]
public sealed record SuppressContact(long ContactId, string Reason, string Source = Sources.Api) : ICommand;

internal sealed class SuppressContactValidator : AbstractValidator<SuppressContact>
{
    public SuppressContactValidator()
    {
        RuleFor(command => command.Reason).OneOf(SuppressionReasons.All);
        RuleFor(command => command.Source).OneOf(Sources.All);
    }
}

internal sealed class SuppressContactHandler(IEventLog log, IStreamDirectory streams, CommandContext context)
    : ICommandHandler<SuppressContact>
{
    public async Task<Position> Handle(SuppressContact command, CancellationToken cancellation) =>
        await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            contact => contact.Suppress(command.Reason, command.Source, context.SeenEvidence()),
            cancellation
        );
}
