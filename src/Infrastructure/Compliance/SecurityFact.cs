using System.Text.Json.Nodes;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>An audited fact that touches access: who may come in, and what they may do.</summary>
/// <param name="Kind">What happened: the stored name of the event, or the kind of an incident.</param>
/// <param name="Severity">
/// <c>info</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>critical</c>. Medium, worth a look: somebody got or lost the
/// power over an organization.
/// </param>
/// <param name="IsRefused">It was tried, and did not come about.</param>
internal sealed record SecurityFact(AuditRow Audit, string Kind, string Severity, bool IsRefused)
{
    /// <summary>The fact, or null where the event does not touch access.</summary>
    public static SecurityFact? Of(RecordedEvent recorded)
    {
        if (!TouchesAccess(recorded.Data) || AuditRow.Of(recorded) is not { } audit)
            return null;

        return recorded.Data is SecurityIncidentNoted noted
            ? new SecurityFact(audit, noted.Kind, noted.Severity, IsRefused: true)
            : new SecurityFact(audit, recorded.Name, IsGrave(recorded.Data) ? "medium" : "info", IsRefused: false);
    }

    /// <summary>Whose account it concerns, or else who did it; null for programs and strangers.</summary>
    public static Guid? PersonOf(RecordedEvent recorded) =>
        recorded.Data is SecurityIncidentNoted { UserId: { } concerned } ? concerned : ActingPersonOf(recorded);

    /// <summary>Who did it, where it was a person; null for programs and strangers.</summary>
    public static Guid? ActingPersonOf(RecordedEvent recorded) => recorded.By is { } by ? Actors.PersonOf(by.Id) : null;

    /// <summary>What changed, and who changed it.</summary>
    public JsonObject Details(RecordedEvent recorded)
    {
        var details = (JsonObject)Audit.Changes.DeepClone();
        if (recorded.By is { } by)
            details["actor"] = by.Id;

        return details;
    }

    /// <summary>Whether an event is such a fact.</summary>
    public static bool TouchesAccess(object data) =>
        data
            is UserEvent
                and not UserChanged
                or OrganizationEvent
                and not OrganizationRenamed
                or InvitationEvent
                or RoleEvent
                and not RoleDescribed
                or ApiKeyEvent
                and not ApiKeyDescribed
                or SessionStarted
                or SessionEnded
                or SecurityNoteEvent;

    private static bool IsGrave(object data) =>
        data
            is UserRoleAssigned
                or OwnershipTransferred
                or OrganizationClosed
                or UserRemoved
                or ApiKeyRevoked
                or RoleRemoved;
}
