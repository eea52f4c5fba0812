using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Keeps a person's data and stops its use (GDPR Art. 18): nothing is sent, whatever was agreed to.</summary>
/// <param name="Ground">One of <see cref="RestrictionGrounds.All"/>.</param>
[Requires("privacy:write")]
public sealed record RestrictContact(long ContactId, string Ground, string Source = Sources.Api) : ICommand;

/// <summary>Lets the data be used again as was agreed. The person is told before (GDPR Art. 18(3)).</summary>
[Requires("privacy:write")]
public sealed record LiftRestriction(long ContactId, string Source = Sources.Api) : ICommand;

internal sealed class RestrictContactValidator : AbstractValidator<RestrictContact>
{
    public RestrictContactValidator()
    {
        RuleFor(command => command.Ground).OneOf(RestrictionGrounds.All);
        RuleFor(command => command.Source).OneOf(Sources.All);
    }
}

internal sealed class RestrictContactHandler(IEventLog log, IStreamDirectory streams, CommandContext context)
    : ICommandHandler<RestrictContact>,
        ICommandHandler<LiftRestriction>
{
    public async Task<Position> Handle(RestrictContact command, CancellationToken cancellation) =>
        await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            contact => contact.Restrict(command.Ground, command.Source),
            cancellation
        );

    public async Task<Position> Handle(LiftRestriction command, CancellationToken cancellation) =>
        await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            contact => contact.LiftRestriction(command.Source),
            cancellation
        );
}
