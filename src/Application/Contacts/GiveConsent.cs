using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// Records a consent that a program or an administrator states. It cannot raise what the person withdrew.
/// </summary>
[Requires("contacts:write")]
public sealed record GiveConsent(
    long ContactId,
    ConsentInput Consent,
    string Source = Sources.Api,
    long? ExpectedVersion = null
) : ICommand;

internal sealed class GiveConsentValidator : AbstractValidator<GiveConsent>
{
    public GiveConsentValidator(IValidator<ConsentInput> consents)
    {
        RuleFor(command => command.Consent).NotNull().SetValidator(consents);
        RuleFor(command => command.Source).OneOf(Sources.All);
    }
}

internal sealed class GiveConsentHandler(
    IEventLog log,
    IStreamDirectory streams,
    CommandContext context,
    Wordings wordings
) : ICommandHandler<GiveConsent>
{
    public async Task<Position> Handle(GiveConsent command, CancellationToken cancellation)
    {
        await wordings.RequirePublished(command.Consent.Wording, cancellation);
        return await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            contact =>
                contact.GiveConsent(command.Consent.ToConsent(), command.Source, command.Consent.ToEvidence(context)),
            cancellation,
            command.ExpectedVersion
        );
    }
}
