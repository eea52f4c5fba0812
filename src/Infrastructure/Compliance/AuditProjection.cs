using SchemaHub.Application;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>Fills <c>smarthub.audit_logs</c>: who changed what, from what to what.</summary>
internal sealed class SmarthubAuditProjection : FoldedProjection
{
    public override string Schema => "smarthub";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("audit_logs", "id")];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        if (AuditRow.Of(recorded) is not { } audit)
            return;

        tables["audit_logs"]
            .Put(
                Row(
                    ("id", AuditRow.IdOf(recorded)),
                    ("user_id", SecurityFact.ActingPersonOf(recorded)),
                    ("entity_type", audit.EntityType),
                    ("entity_id", recorded.Stream),
                    ("action", audit.Action),
                    ("changes", audit.Changes),
                    ("ip_address", recorded.By?.Ip),
                    ("user_agent", recorded.By?.UserAgent),
                    ("created_at", At(recorded.RecordedAt)),
                    ("organization_id", OrganizationOf(recorded))
                )
            );
    }
}

/// <summary>Fills <c>podcast.audit_logs</c> and <c>podcast.security_events</c>.</summary>
internal sealed class PodcastAuditProjection : FoldedProjection
{
    public override string Schema => "podcast";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [new("audit_logs", "id"), new("security_events", "id")];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var fact = SecurityFact.Of(recorded);
        if ((fact?.Audit ?? AuditRow.Of(recorded)) is not { } audit)
            return;

        tables["audit_logs"]
            .Put(
                Row(
                    ("id", AuditRow.IdOf(recorded)),
                    ("tenant_id", OrganizationOf(recorded)),
                    ("user_id", SecurityFact.ActingPersonOf(recorded)),
                    ("action", recorded.Name),
                    ("resource_type", audit.EntityType),
                    ("resource_id", recorded.Stream),
                    ("changes", audit.Changes),
                    ("ip_address", recorded.By?.Ip),
                    ("user_agent", recorded.By?.UserAgent),
                    ("occurred_at", At(recorded.RecordedAt))
                )
            );
        if (fact is null)
            return;

        tables["security_events"]
            .Put(
                Row(
                    ("id", AuditRow.IdOf(recorded)),
                    ("tenant_id", OrganizationOf(recorded)),
                    ("user_id", SecurityFact.PersonOf(recorded)),
                    ("event_type", fact.Kind),
                    ("severity", fact.Severity),
                    ("details", fact.Details(recorded)),
                    ("ip_address", recorded.By?.Ip),
                    ("user_agent", recorded.By?.UserAgent),
                    ("occurred_at", At(recorded.RecordedAt))
                )
            );
    }
}
