using SchemaHub.Domain.Identity;

namespace SchemaHub.Infrastructure.Compliance;

/// <content>Invitations.</content>
internal sealed partial record AuditRow
{
    private static AuditRow OfInvitation(InvitationEvent happened) =>
        happened switch
        {
            InvitationSent sent => new AuditRow(
                "invitation",
                Create,
                After(("email", Personal), ("role", sent.Role.Slug), ("invited_by", sent.InvitedBy.Id))
            ),
            InvitationResent resent => new AuditRow(
                "invitation",
                Update,
                After(("mails", resent.Mails), ("role", resent.Role.Slug))
            ),
            InvitationRevoked => new AuditRow("invitation", Update, Changed("status", "pending", "revoked")),
            InvitationExpired => new AuditRow("invitation", Update, Changed("status", "pending", "expired")),
            InvitationAccepted accepted => new AuditRow(
                "invitation",
                Update,
                Changed("status", "pending", "accepted", ("user_id", accepted.UserId))
            ),
            InvitationForgotten => new AuditRow("invitation", Delete, Before(("email", Personal))),
            _ => throw Unknown(happened),
        };
}
