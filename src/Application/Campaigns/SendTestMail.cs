using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Sends a saved template to one address, to be looked at: in the organization's name and with the headers that a
/// campaign's mail has, so that it is judged as that mail will be. It changes nothing, so it is no command. It goes to
/// people of the organization, and to contacts who agreed to be written to: nobody can mail strangers by it.
/// </summary>
/// <param name="As">Whose data it is filled in with.</param>
[Requires("campaigns:write")]
public sealed record SendTestMail(long Id, string To, SampleRecipient? As = null) : IRequest<TemplatePreview>;

internal sealed class SendTestMailValidator : AbstractValidator<SendTestMail>
{
    public SendTestMailValidator()
    {
        RuleFor(test => test.To).EmailAddress();
        RuleFor(test => test.As!).SetValidator(new SampleRecipientValidator()).When(test => test.As is not null);
    }
}

internal sealed class SendTestMailHandler(
    IEventLog log,
    IKeyedIds ids,
    IMemberships memberships,
    IMailer mailer,
    MailSenders senders,
    IPublicLinks links,
    IMediator mediator,
    CommandContext context
) : IRequestHandler<SendTestMail, TemplatePreview>
{
    public async Task<TemplatePreview> Handle(SendTestMail test, CancellationToken cancellation)
    {
        var shown = await mediator.Send(new PreviewTemplate(test.Id, As: test.As), cancellation);
        var address = EmailAddress.Parse(test.To);
        await RequireKnown(address, cancellation);
        var mail = shown with { Subject = $"[Test] {shown.Subject}" };
        try
        {
            await mailer.Send(await AsSent(mail, address.Value, cancellation), cancellation);
        }
        catch (MailNotSentException refused)
        {
            throw new RuleBrokenException(refused.IsForGood ? "mail.refused" : "mail.not_sent", refused.Message);
        }

        return mail;
    }

    private async Task<Mail> AsSent(TemplatePreview mail, string to, CancellationToken cancellation)
    {
        var sender = await senders.Own(cancellation);
        var headers = sender is null
            ? null
            : BulkHeaders.Of(
                links.Unsubscribe(PreviewTemplateHandler.NobodysToken),
                Purposes.Newsletter,
                await Slug(cancellation),
                EmailAddress.DomainOf(sender.Address)
            );
        return new Mail(sender, to, mail.Subject, mail.Text, mail.Html, headers);
    }

    private async Task<string> Slug(CancellationToken cancellation) =>
        (await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation)).State.Slug;

    private async Task RequireKnown(EmailAddress address, CancellationToken cancellation)
    {
        var contact = (
            await log.Load<Contact, ContactEvent>(ids.OfContact(context.Tenant, address), cancellation)
        ).State;
        if (contact.SuppressedFor is not null)
            throw new RuleBrokenException("contact.suppressed", "This address must not be written to.");

        if (contact.IsListed && contact.Consents.Values.Any(consent => consent.InForce))
            return;

        var organizations = await memberships.Of(ids.OfUser(address), cancellation);
        if (!organizations.Contains(context.OrganizationId))
            throw new RuleBrokenException(
                "test_mail.stranger",
                "A test goes to a member of the organization, or to a contact with a consent in force."
            );
    }
}
