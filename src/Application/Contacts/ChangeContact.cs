using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Replaces a contact's name and metadata. The address is its identity and does not change.</summary>
/// <param name="ExpectedVersion">The version the caller saw.</param>
[Requires("contacts:write")]
public sealed record ChangeContact(
    long ContactId,
    string? Name,
    JsonElement? Metadata,
    long? ExpectedVersion = null,
    string Source = Sources.Api
) : ICommand;

internal sealed class ChangeContactValidator : AbstractValidator<ChangeContact>
{
    public ChangeContactValidator()
    {
        RuleFor(command => command.Name).PlainText(255);
        RuleFor(command => command.Metadata).Metadata();
        RuleFor(command => command.Source).OneOf(Sources.All);
    }
}

internal sealed class ChangeContactHandler(IEventLog log, IStreamDirectory streams, CommandContext context)
    : ICommandHandler<ChangeContact>
{
    public async Task<Position> Handle(ChangeContact command, CancellationToken cancellation) =>
        await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            contact => contact.Change(command.Name, command.Metadata, command.Source),
            cancellation,
            command.ExpectedVersion
        );
}
