using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// Erases a person (GDPR Art. 17): their key is destroyed, their rows hold nothing personal, the evidence of what was
/// agreed stays without a name.
/// </summary>
[Requires("contacts:erase")]
public sealed record EraseContact(long ContactId, string Source = Sources.Api) : ICommand;

internal sealed class EraseContactValidator : AbstractValidator<EraseContact>
{
    public EraseContactValidator() => RuleFor(command => command.Source).OneOf(Sources.All);
}

internal sealed class EraseContactHandler(IEventLog log, IStreamDirectory streams, CommandContext context)
    : ICommandHandler<EraseContact>
{
    public async Task<Position> Handle(EraseContact command, CancellationToken cancellation) =>
        await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            contact => contact.Erase(command.Source, "requested"),
            cancellation
        );
}
