using SchemaHub.Application.Compliance;
using SchemaHub.Domain.Compliance;

namespace SchemaHub.Infrastructure.Compliance;

/// <content>What is done about the demands of persons. Whom it is about, and every word of reason, is the
/// person's.</content>
internal sealed partial record AuditRow
{
    private static AuditRow OfPrivacy(PrivacyRequestEvent happened) =>
        happened switch
        {
            PrivacyRequestOpened opened => new AuditRow(
                "privacy_request",
                Create,
                After(
                    ("type", PrivacyWords.Of(opened.Right)),
                    ("subject", PrivacyWords.Of(opened.About.Kind)),
                    ("due_on", $"{opened.DueOn:O}")
                )
            ),
            PrivacyRequestBegun => OfStatus(PrivacyStatus.InProgress),
            PrivacyRequestExtended extended => new AuditRow(
                "privacy_request",
                Update,
                After(("due_on", $"{extended.DueOn:O}"))
            ),
            PrivacyRequestCompleted completed => new AuditRow(
                "privacy_request",
                Update,
                After(
                    ("status", PrivacyWords.Of(PrivacyStatus.Completed)),
                    ("outcome", PrivacyWords.Of(completed.Outcome)),
                    ("sha256", completed.Sha256)
                )
            ),
            PrivacyRequestRejected rejected => new AuditRow(
                "privacy_request",
                Update,
                After(("status", PrivacyWords.Of(PrivacyStatus.Rejected)), ("ground", PrivacyWords.Of(rejected.Ground)))
            ),
            PrivacyRequestCancelled => OfStatus(PrivacyStatus.Cancelled),
            PrivacyRequestForgotten => new AuditRow("privacy_request", Update, After(("forgotten", true))),
            _ => throw Unknown(happened),
        };

    private static AuditRow OfStatus(PrivacyStatus status) =>
        new("privacy_request", Update, After(("status", PrivacyWords.Of(status))));
}
