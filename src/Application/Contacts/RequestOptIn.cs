using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// First step of a double opt-in: puts the address on the list without consent where it is new, and sends it a
/// confirmation mail. The link is in the mail only, never in an answer. The same happens whether the address is new,
/// known, subscribed, withdrawn or suppressed, so nothing is learned of it; show no public caller the answer's numbers.
/// </summary>
/// <param name="Name">Kept where the address is new: anybody can type anybody's address.</param>
/// <param name="Consents">What the person is asked to confirm, each with the wording they were shown.</param>
/// <param name="FormId">The sign-up form it came through, where one did: the mail is in its name.</param>
[Requires("contacts:write")]
public sealed record RequestOptIn(
    string Email,
    string? Name,
    IReadOnlyList<ConsentInput> Consents,
    string Source = Sources.Form,
    Guid? FormId = null
) : ICommand;

internal sealed class RequestOptInValidator : AbstractValidator<RequestOptIn>
{
    private const int MostConsents = 10;

    public RequestOptInValidator(IValidator<ConsentInput> consents)
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Name).PlainText(255);
        RuleFor(command => command.Source).OneOf(Sources.All);
        RuleFor(command => command.Consents)
            .Must(all => all is { Count: > 0 and <= MostConsents } && all.All(one => one is not null))
            .WithMessage($"An opt-in asks for 1 to {MostConsents} consents.")
            .Must(all => all is null || all.DistinctBy(one => one?.Purpose ?? Purposes.Newsletter).Count() == all.Count)
            .WithMessage("An opt-in asks once for each purpose.");
        RuleForEach(command => command.Consents)
            .SetValidator(consents)
            .Must(consent => consent?.Wording is not null)
            .WithMessage("An opt-in names the wording the person was shown.");
    }
}

internal sealed class RequestOptInHandler(
    IEventLog log,
    IKeyedIds ids,
    Wordings wordings,
    IMailer mailer,
    MailSenders senders,
    IPublicLinks links,
    CommandContext context,
    TimeProvider clock
) : ICommandHandler<RequestOptIn>
{
    private static readonly TimeSpan LinkLifetime = TimeSpan.FromDays(7);

    public async Task<Position> Handle(RequestOptIn command, CancellationToken cancellation)
    {
        var form = await FindForm(command.FormId, cancellation);
        var shown = new List<WordingText>(command.Consents.Count);
        foreach (var consent in command.Consents)
            shown.Add(await wordings.Text(consent.Wording!, cancellation));

        var address = EmailAddress.Parse(command.Email);
        var stream = ids.OfContact(context.Tenant, address);
        var token = ConfirmationToken.Create(context.OrganizationId, stream);
        var asked = await log.Change<Contact, ContactEvent>(
            stream,
            contact => Ask(contact, command, address, shown, token),
            cancellation
        );
        // The log first, the mail after. A crash between them loses a mail that the person can ask for again; the
        // other way round a link could go out that nobody knows. Nothing appended means asked too often: no mail.
        if (asked.Sequence > 0)
            await mailer.Send(
                ConfirmationMail.Of(
                    await senders.Of(form, cancellation),
                    form,
                    address.Value,
                    shown,
                    links.Confirmation(token.ToString())
                ),
                cancellation
            );

        return asked;
    }

    private async Task<SignUpFormPublished?> FindForm(Guid? formId, CancellationToken cancellation)
    {
        if (formId is null)
            return null;

        var form = await log.Load<SignUpForm, SignUpFormEvent>(formId.Value, cancellation);
        return form.State.Current ?? throw new NotFoundException(SignUpForm.StreamType);
    }

    private IReadOnlyList<ContactEvent> Ask(
        Contact contact,
        RequestOptIn command,
        EmailAddress address,
        List<WordingText> shown,
        ConfirmationToken token
    )
    {
        var added = new ContactAdded(
            command.Source,
            ImportId: null,
            Consent: null,
            address.Value,
            command.Name,
            Metadata: null,
            UnsubscribeTokens.Create(),
            context.SeenEvidence()
        );
        var joined = contact.IsListed ? [] : contact.Add(added);
        var consents = command.Consents.Zip(
            shown,
            (consent, wording) =>
                consent.ToConsent() with
                {
                    Method = ConsentMethods.DoubleOptIn,
                    Language = consent.Language ?? wording.Language,
                }
        );
        var requested = joined
            .Aggregate(contact, (current, happened) => current.Apply(happened))
            .RequestConsent(
                [.. consents],
                command.Source,
                token.SecretHash,
                clock.GetUtcNow() + LinkLifetime,
                context.SeenEvidence()
            );
        return requested.Count == 0 ? [] : [.. joined, .. requested];
    }
}
