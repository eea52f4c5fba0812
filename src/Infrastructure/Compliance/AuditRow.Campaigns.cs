using System.Text.Json;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Infrastructure.Compliance;

/// <content>What is done to templates, senders and campaigns.</content>
internal sealed partial record AuditRow
{
    private static AuditRow OfCampaign(CampaignEvent happened) =>
        happened switch
        {
            CampaignDrafted { Plan: var plan } => new AuditRow(
                "campaign",
                Create,
                After(
                    ("name", plan.Name),
                    ("template_id", plan.TemplateId),
                    ("subject", plan.Subject),
                    ("purpose", plan.Purpose),
                    ("filter", plan.Filter is { } filter ? JsonSerializer.SerializeToNode(filter) : null)
                )
            ),
            CampaignScheduled scheduled => new AuditRow(
                "campaign",
                Update,
                After(("status", "scheduled"), ("scheduled_at", scheduled.At.UtcDateTime.ToString("O")))
            ),
            CampaignUnscheduled => new AuditRow("campaign", Update, Changed("status", "scheduled", "draft")),
            CampaignStarted { Content: var content } => new AuditRow(
                "campaign",
                Update,
                After(("status", "sending"), ("subject", content.Subject), ("from", content.FromAddress))
            ),
            CampaignRecipientsFrozen frozen => new AuditRow("campaign", Update, After(("recipients", frozen.Total))),
            CampaignPaused paused => new AuditRow(
                "campaign",
                Update,
                Changed("status", "sending", "paused", ("reason", paused.Reason))
            ),
            CampaignResumed => new AuditRow("campaign", Update, Changed("status", "paused", "sending")),
            CampaignCancelled cancelled => new AuditRow(
                "campaign",
                Update,
                After(("status", "cancelled"), ("reason", cancelled.Reason))
            ),
            CampaignCompleted completed => new AuditRow(
                "campaign",
                Update,
                After(
                    ("status", "sent"),
                    ("sent", completed.Sent),
                    ("failed", completed.Failed),
                    ("withheld", completed.Withheld),
                    ("in_doubt", completed.InDoubt)
                )
            ),
            CampaignDiscarded discarded => new AuditRow("campaign", Delete, Before(("name", discarded.Name))),
            _ => throw Unknown(happened),
        };

    // The sealed private key is a secret, and no row of it.
    private static AuditRow OfSender(SenderEvent happened) =>
        happened switch
        {
            SenderDescribed described => new AuditRow(
                "sender",
                Update,
                After(
                    ("from_name", described.FromName),
                    ("from_address", described.FromAddress),
                    ("reply_to", described.ReplyTo),
                    ("postal_address", described.PostalAddress)
                )
            ),
            SenderDomainAdded added => new AuditRow(
                "sender_domain",
                Create,
                After(("domain", added.Domain), ("selector", added.Selector))
            ),
            SenderDomainVerified verified => new AuditRow(
                "sender_domain",
                Update,
                After(("domain", verified.Domain), ("verified_by", verified.Method))
            ),
            SenderDomainRemoved removed => new AuditRow("sender_domain", Delete, Before(("domain", removed.Domain))),
            _ => throw Unknown(happened),
        };

    // What it says is in its own history; here is that it was changed.
    private static AuditRow OfTemplate(TemplateEvent happened, long version) =>
        happened switch
        {
            TemplateSaved saved => new AuditRow(
                "email_template",
                version == 1 ? Create : Update,
                After(("name", saved.Name), ("subject", saved.Subject), ("is_draft", saved.IsDraft))
            ),
            TemplateDeleted deleted => new AuditRow("email_template", Delete, Before(("name", deleted.Name))),
            _ => throw Unknown(happened),
        };
}
