using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>Fills <c>access.audit_entries</c>: what the service itself searches.</summary>
internal sealed class AccessAuditProjection : FoldedProjection
{
    public override string Schema => "access";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("audit_entries", "sequence")];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var fact = SecurityFact.Of(recorded);
        if ((fact?.Audit ?? AuditRow.Of(recorded)) is not { } audit)
            return;

        tables["audit_entries"]
            .Put(
                Row(
                    ("sequence", recorded.Sequence),
                    ("organization_id", OrganizationOf(recorded)),
                    ("actor", recorded.By?.Id ?? "unknown"),
                    ("user_id", SecurityFact.ActingPersonOf(recorded)),
                    ("event", recorded.Name),
                    ("action", audit.Action),
                    ("resource_type", audit.EntityType),
                    ("resource_id", recorded.Stream),
                    ("resource_version", recorded.Version),
                    ("changes", audit.Changes),
                    ("ip_address", recorded.By?.Ip),
                    ("user_agent", recorded.By?.UserAgent),
                    ("recorded_at", At(recorded.RecordedAt)),
                    ("is_change", fact is not { IsRefused: true }),
                    ("kind", fact?.Kind),
                    ("severity", fact?.Severity),
                    ("concerns_user_id", fact is null ? null : SecurityFact.PersonOf(recorded))
                )
            );
    }

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        RemovedUsers.ForgetIn(batch, $"{schema}.audit_entries", "recorded_at", events);
        RemovedUsers.ForgetIn(batch, $"{schema}.audit_entries", "recorded_at", events, "concerns_user_id");
    }
}

/// <summary>What a removed account leaves behind of its person: nothing of where they came from.</summary>
internal static class RemovedUsers
{
    /// <param name="time">
    /// The table's column of when it happened: what a new account of the same address does stays.
    /// </param>
    /// <param name="person">The table's column of whom it is about.</param>
    /// <param name="byNumber">That column holds the account's number, not its id.</param>
    /// <param name="members">The table of members, where that column holds a member's id.</param>
    public static void ForgetIn(
        NpgsqlBatch batch,
        string table,
        string time,
        IReadOnlyList<RecordedEvent> events,
        string person = "user_id",
        bool byNumber = false,
        string? members = null
    )
    {
        var removed = events.Where(recorded => recorded.Data is UserRemoved).ToList();
        if (removed.Count == 0)
            return;

        var isTheirs = members is null
            ? $"t.{person} = u.user_id"
            : $"t.{person} = any (array(select m.id from {members} m where m.account_id = u.user_id))";
        batch.Add(
            $"""
            update {table} t set ip_address = null, user_agent = null
            from unnest($1, $2) as u (user_id, removed_at)
            where {isTheirs} and t.{time} <= u.removed_at
            """,
            byNumber
                ? removed.Select(recorded => checked((int)recorded.Number)).Column()
                : removed.Select(recorded => recorded.Stream).Column(),
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
        RemovedUsers.ForgetIn(batch, $"{schema}.audit_logs", "created_at", events);
    }
}

/// <summary>
/// Fills <c>podcast.audit_logs</c> and <c>podcast.security_events</c> with what happened in tenants. What happened to
/// an account belongs to none of them.
/// </summary>
internal sealed class PodcastAuditProjection : FoldedProjection
{
    public override string Schema => "podcast";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [new("audit_logs", "id"), new("security_events", "id")];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        if (recorded.Tenant == Tenant.System)
            return;

        var fact = SecurityFact.Of(recorded);
        if ((fact?.Audit ?? AuditRow.Of(recorded)) is not { } audit)
            return;

        tables["audit_logs"]
            .Put(
                Row(
                    ("id", AuditRow.IdOf(recorded)),
                    ("tenant_id", OrganizationOf(recorded)),
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
        NameMembers(events, $"{schema}.audit_logs", schema, SecurityFact.ActingPersonOf, batch);
        var security = events.Where(recorded => SecurityFact.TouchesAccess(recorded.Data));
        NameMembers(security, $"{schema}.security_events", schema, SecurityFact.PersonOf, batch);
        foreach (var table in new[] { $"{schema}.audit_logs", $"{schema}.security_events" })
            RemovedUsers.ForgetIn(batch, table, "occurred_at", events, members: $"{schema}.users");
    }

    // A person is known in a tenant as its member; somebody who never was one, such as an operator, is not named.
    private static void NameMembers(
        IEnumerable<RecordedEvent> events,
        string table,
        string schema,
        Func<RecordedEvent, Guid?> personOf,
        NpgsqlBatch batch
    )
    {
        var known = events
            .Where(recorded => recorded.Tenant != Tenant.System && recorded.Data is Domain.IAudited)
            .Select(recorded => (Recorded: recorded, Person: personOf(recorded)))
            .Where(row => row.Person is not null)
            .ToList();
        if (known.Count == 0)
            return;

        batch.Add(
            $"""
            update {table} t set user_id = u.id
            from unnest($1, $2) as k (id, member)
            join {schema}.users u on u.id = k.member
            where t.id = k.id
            """,
            known.Select(row => AuditRow.IdOf(row.Recorded)).Column(),
            known.Select(row => Membership.IdOf(Guid.Parse(row.Recorded.Tenant), row.Person!.Value)).Column()
        );
    }
}
