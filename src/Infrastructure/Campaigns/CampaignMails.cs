using System.Globalization;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Makes the mail of one recipient: filled in, with the headers that mailbox providers ask of bulk senders.
/// </summary>
internal sealed class CampaignMails(
    IPublicLinks links,
    IMailTokens tokens,
    ITracking tracking,
    IMailProvider provider,
    MailIdentity identity
)
{
    /// <summary>The mail, ready to be handed over, and its subject.</summary>
    /// <exception cref="MailNotSentException">It cannot be a mail.</exception>
    public (PreparedMail Mail, string Subject) Prepare(QueuedMail mail)
    {
        var campaign = mail.Work.Campaign;
        var unsubscribe = links.Unsubscribe(mail.Token!, campaign.Purpose);
        var rendered = campaign.Template.Render(
            new Recipient(
                mail.Email,
                mail.Name,
                mail.Metadata,
                unsubscribe.AbsoluteUri,
                links.Preferences(mail.Token!).AbsoluteUri,
                campaign.Content.PostalAddress
            )
        );
        var returnDomain = identity.BounceDomain ?? campaign.Domain;
        var prepared = provider.Prepare(
            new OutgoingMail(
                campaign.Content.FromName,
                campaign.Content.FromAddress,
                campaign.Content.ReplyTo,
                mail.Email,
                mail.Name,
                rendered.Subject,
                rendered.Text,
                mail.IsTracked ? tracking.Track(rendered.Html, mail.Id) : rendered.Html,
                $"{tokens.Of(TokenUse.MessageId, mail.Id)}@{campaign.Domain}",
                $"bounces+{tokens.Of(TokenUse.ReturnPath, mail.Id)}@{returnDomain}",
                tokens.Of(TokenUse.Reference, mail.Id),
                Headers(campaign, unsubscribe, MailboxOf(mail)),
                campaign.Dkim
            )
        );
        return (prepared, rendered.Subject);
    }

    // Only where an exchanger of the installation's takes such mail: an address that nobody reads unsubscribes nobody.
    private string? MailboxOf(QueuedMail mail) =>
        identity.BounceDomain is { } domain ? $"unsubscribe+{tokens.Of(TokenUse.Unsubscribe, mail.Id)}@{domain}" : null;

    // Feedback-ID is what Gmail's postmaster tools group complaints by, from the mail's campaign to the sender.
    private static KeyValuePair<string, string>[] Headers(ActiveCampaign campaign, Uri unsubscribe, string? mailbox) =>
        [
            .. BulkHeaders.Of(unsubscribe, campaign.Purpose, campaign.Slug, campaign.Domain, mailbox),
            new(
                "Feedback-ID",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{campaign.Id}:{campaign.Purpose}:{campaign.Slug}:schemahub"
                )
            ),
        ];
}

/// <summary>How the installation's mail names itself.</summary>
/// <param name="BounceDomain">Whose mail exchanger takes bounces; the sender's own domain where none is named.</param>
internal sealed record MailIdentity(string? BounceDomain);
