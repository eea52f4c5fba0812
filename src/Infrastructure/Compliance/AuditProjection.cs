using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>Fills <c>access.audit_entries</c>: what the service itself searches.</summary>
internal sealed class AccessAuditProjection : FoldedProjection
{
    public override string Schema => "access";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("audit_entries", "sequence")];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        if (AuditRow.Of(recorded) is not { } audit)
            return;

        tables["audit_entries"]
            .Put(
                Row(
                    ("sequence", recorded.Sequence),
                    ("organization_id", OrganizationOf(recorded)),
                    ("actor", recorded.By?.Id ?? "unknown"),
                    ("user_id", AuditRow.UserOf(recorded)),
                    ("event", recorded.Name),
                    ("action", audit.Action),
                    ("resource_type", audit.EntityType),
                    ("resource_id", recorded.Stream),
                    ("resource_version", recorded.Version),
                    ("changes", audit.Changes),
                    ("ip_address", recorded.By?.Ip),
                    ("user_agent", recorded.By?.UserAgent),
                    ("recorded_at", At(recorded.RecordedAt))
                )
            );
    }

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch) =>
        RemovedUsers.ForgetIn(batch, $"{schema}.audit_entries", "recorded_at", events);
}

/// <summary>Who did something, in tables of the published schemas that refer to their own users.</summary>
internal static class AuditUsers
{
    /// <summary>Names the account that did it, where the schema has it.</summary>
    public static void AddTo(
        NpgsqlBatch batch,
        string schema,
        string table,
        IReadOnlyList<RecordedEvent> events,
        Func<RecordedEvent, bool> isIn
    )
    {
        var acts = events
            .Where(recorded => AuditRow.UserOf(recorded) is not null && isIn(recorded))
            .Select(recorded => (Id: AuditRow.IdOf(recorded), User: AuditRow.UserOf(recorded)!.Value))
            .ToList();
        if (acts.Count == 0)
            return;

        batch.Add(
            $"""
            update {schema}.{table} t set user_id = u.user_id
            from unnest($1, $2) as u (id, user_id)
            where t.id = u.id and exists (select from {schema}.users p where p.id = u.user_id)
            """,
            acts.Select(act => act.Id).Column(),
            acts.Select(act => act.User).Column()
        );
    }
}

/// <summary>What a removed account leaves behind of its person: nothing of where they came from.</summary>
internal static class RemovedUsers
{
    /// <param name="time">The table's column of when it happened: what a new account of the same address does stays.</param>
    public static void ForgetIn(NpgsqlBatch batch, string table, string time, IReadOnlyList<RecordedEvent> events)
    {
        var removed = events.Where(recorded => recorded.Data is UserRemoved).ToList();
        if (removed.Count == 0)
            return;

        batch.Add(
            $"""
            update {table} t set ip_address = null, user_agent = null
            from unnest($1, $2) as u (user_id, removed_at)
            where t.user_id = u.user_id and t.{time} <= u.removed_at
            """,
            removed.Select(recorded => recorded.Stream).Column(),
            removed.Select(recorded => recorded.RecordedAt.ToUniversalTime()).Column()
        );
    }
}

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

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        AuditUsers.AddTo(batch, schema, "audit_logs", events, recorded => AuditRow.Of(recorded) is not null);
        RemovedUsers.ForgetIn(batch, $"{schema}.audit_logs", "created_at", events);
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

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        AuditUsers.AddTo(batch, schema, "audit_logs", events, recorded => AuditRow.Of(recorded) is not null);
        AuditUsers.AddTo(batch, schema, "security_events", events, recorded => SecurityFact.Of(recorded) is not null);
        RemovedUsers.ForgetIn(batch, $"{schema}.audit_logs", "occurred_at", events);
        RemovedUsers.ForgetIn(batch, $"{schema}.security_events", "occurred_at", events);
    }
}
