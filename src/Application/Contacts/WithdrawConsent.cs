using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Withdraws a person's consent, for one purpose or for all. Always works, any number of times.</summary>
/// <param name="Purpose">Null means every purpose.</param>
/// <param name="Reason">A code of the caller's, such as <c>too_many_mails</c>.</param>
[Requires("contacts:write")]
public sealed record WithdrawConsent(
    long ContactId,
    string? Purpose = null,
    string Source = Sources.Api,
    string? Reason = null,
    IReadOnlyDictionary<string, string>? Claims = null
) : ICommand;

internal sealed class WithdrawConsentValidator : AbstractValidator<WithdrawConsent>
{
    public WithdrawConsentValidator()
    {
        RuleFor(command => command.Purpose!).Purpose().When(command => command.Purpose is not null);
        RuleFor(command => command.Source).OneOf(Sources.All);
        RuleFor(command => command.Reason)
            .Matches("^[a-z][a-z0-9_]{0,49}\\z")
            .WithMessage(
                "A reason is a code of lower-case letters, digits and underscores; words of a person go into claims."
            );
        RuleFor(command => command.Claims!).Claims().When(command => command.Claims is not null);
    }
}

internal sealed class WithdrawConsentHandler(IEventLog log, IStreamDirectory streams, CommandContext context)
    : ICommandHandler<WithdrawConsent>
{
    public async Task<Position> Handle(WithdrawConsent command, CancellationToken cancellation) =>
        await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            contact =>
                contact.Withdraw(command.Purpose, command.Source, command.Reason, context.SeenEvidence(command.Claims)),
            cancellation
        );
}
