using SchemaHub.Application.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// In whose name the caller's organization writes to one person. Null is the service itself: where the organization has
/// described no sender yet, or its domain is not verified any more.
/// </summary>
internal sealed class MailSenders(ISenders senders, CommandContext context)
{
    /// <summary>The organization's sender, as its campaigns have it.</summary>
    public async Task<MailSender?> Own(CancellationToken cancellation) =>
        (await senders.Find(context.OrganizationId, cancellation))?.OfMail;

    /// <summary>The sender that a form names; the organization's where it names none that is still verified.</summary>
    public async Task<MailSender?> Of(SignUpFormPublished? form, CancellationToken cancellation)
    {
        var own = await Own(cancellation);
        if (form?.SenderAddress is not { } address || address == own?.Address)
            return own;

        return await senders.FindKey(context.OrganizationId, address, cancellation) is { } key
            ? new MailSender(own?.Name ?? form.Title, address, own?.ReplyTo, key)
            : own;
    }
}
