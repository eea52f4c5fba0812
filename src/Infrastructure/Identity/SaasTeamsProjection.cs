using System.Text.Json.Nodes;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Fills what <c>saas</c> publishes of teams and keys, and its security audit, once accounts and roles are there. An
/// organization is one team.
/// </summary>
internal sealed class SaasTeamsProjection : FoldedProjection
{
    public override string Schema => "saas";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [
        new("teams", "id"),
        new("team_members", "team_id", "user_id"),
        new("api_keys", "id")
        {
            Unlogged = ["last_used_at", "usage_count"],
            Refill = KeyUsageStatements.Refill("saas"),
        },
        new("security_audit_logs", "id"),
    ];

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case OrganizationEvent happened:
                ApplyOrganization(recorded, happened, tables["teams"]);
                ApplyMember(recorded, happened, tables["team_members"]);
                break;
            case ApiKeyEvent happened:
                ApplyKey(recorded, happened, tables["api_keys"]);
                break;
        }

        if (SecurityFact.Of(recorded) is { } fact)
            tables["security_audit_logs"].Put(Audit(recorded, fact));
    }

    // Events name a person by uuid, and saas by number: the accounts know both.
    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        NamePersons(events, schema, batch);
        RemovedUsers.ForgetIn(batch, $"{schema}.security_audit_logs", "created_at", events, byNumber: true);
    }

    private static void NamePersons(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        var known = events
            .Where(recorded => SecurityFact.TouchesAccess(recorded.Data))
            .Select(recorded => (recorded.Sequence, Person: SecurityFact.PersonOf(recorded)))
            .Where(row => row.Person is not null)
            .ToList();
        if (known.Count == 0)
            return;

        batch.Add(
            $"""
            update {schema}.security_audit_logs l
            set user_id = u.id
            from unnest($1, $2) as k (id, person)
            join access.users a on a.id = k.person
            join {schema}.users u on u.id = a.number
            where l.id = k.id
            """,
            known.Select(row => (int)row.Sequence).Column(),
            known.Select(row => row.Person!.Value).Column()
        );
    }

    private static void ApplyOrganization(RecordedEvent recorded, OrganizationEvent happened, RowChanges teams)
    {
        var (team, at) = (recorded.Number, At(recorded.RecordedAt));
        switch (happened)
        {
            case OrganizationCreated created:
                teams.Put(
                    Row(
                        ("id", team),
                        ("name", created.Name),
                        ("slug", created.Slug),
                        ("owner_id", created.OwnerNumber),
                        ("is_active", true),
                        ("created_at", at),
                        ("updated_at", at.DeepClone()),
                        ("organization_id", recorded.Stream)
                    )
                );
                break;
            case OrganizationRenamed renamed:
                teams.Change(Row(("id", team), ("name", renamed.Name), ("updated_at", at)));
                break;
            case OwnershipTransferred transferred:
                teams.Change(Row(("id", team), ("owner_id", transferred.ToUserNumber), ("updated_at", at)));
                break;
            case OrganizationClosed:
                teams.Change(Row(("id", team), ("is_active", false), ("updated_at", at)));
                break;
        }
    }

    private static void ApplyMember(RecordedEvent recorded, OrganizationEvent happened, RowChanges members)
    {
        switch (happened)
        {
            case MemberJoined { Rejoined: false } joined:
                var member = Member(recorded, joined.UserNumber, ("role_id", joined.Role.Number), ("is_active", true));
                (member["id"], member["joined_at"]) = (recorded.Sequence, At(recorded.RecordedAt));
                member["organization_id"] = recorded.Stream;
                members.Put(member);
                break;
            case MemberJoined joined:
                // Whoever comes back has the row of the first time: an id given out stays.
                members.Change(
                    Member(recorded, joined.UserNumber, ("role_id", joined.Role.Number), ("is_active", true))
                );
                break;
            case MemberRoleChanged changed:
                members.Change(Member(recorded, changed.UserNumber, ("role_id", changed.Role.Number)));
                break;
            case MemberSuspended suspended:
                members.Change(Member(recorded, suspended.UserNumber, ("is_active", false)));
                break;
            case MemberReinstated reinstated:
                members.Change(Member(recorded, reinstated.UserNumber, ("is_active", true)));
                break;
            case MemberLeft left:
                members.Change(Member(recorded, left.UserNumber, ("is_active", false)));
                break;
        }
    }

    private static JsonObject Member(
        RecordedEvent recorded,
        long user,
        params ReadOnlySpan<(string Column, JsonNode? Value)> changes
    )
    {
        var row = Row(("team_id", recorded.Number), ("user_id", user), ("updated_at", At(recorded.RecordedAt)));
        foreach (var (column, value) in changes)
            row[column] = value;

        return row;
    }

    private static void ApplyKey(RecordedEvent recorded, ApiKeyEvent happened, RowChanges keys)
    {
        var (id, at) = (recorded.Number, At(recorded.RecordedAt));
        switch (happened)
        {
            case ApiKeyCreated { UserNumber: { } user } created:
                keys.Put(NewKey(recorded, created, user));
                break;
            case ApiKeyDescribed described:
                keys.Change(
                    Row(
                        ("id", id),
                        ("name", described.Name),
                        ("description", described.Description),
                        ("updated_at", at)
                    )
                );
                break;
            case ApiKeyRotated rotated:
                keys.Change(
                    Row(
                        ("id", id),
                        ("key_hash", rotated.KeyHash),
                        ("key_prefix", rotated.Prefix),
                        ("last_rotated_at", at),
                        ("next_rotation_at", At(rotated.NextRotationAt)),
                        ("rotation_count", rotated.Count),
                        ("updated_at", at.DeepClone())
                    )
                );
                break;
            case ApiKeyRevoked revoked:
                keys.Change(
                    Row(
                        ("id", id),
                        ("is_active", false),
                        ("revoked_at", at),
                        ("revoked_reason", revoked.Reason),
                        ("updated_at", at.DeepClone())
                    )
                );
                break;
        }
    }

    private static JsonObject NewKey(RecordedEvent recorded, ApiKeyCreated created, long user) =>
        Row(
            ("id", recorded.Number),
            ("user_id", user),
            ("name", created.Name),
            ("description", created.Description),
            ("key_hash", created.KeyHash),
            ("key_prefix", created.Prefix),
            ("rotation_policy", created.RotationPolicy ?? "manual"),
            ("next_rotation_at", At(created.NextRotationAt)),
            ("rotation_count", 0),
            ("expires_at", At(created.ExpiresAt)),
            ("is_active", true),
            ("created_at", At(recorded.RecordedAt)),
            ("updated_at", At(recorded.RecordedAt)),
            ("organization_id", OrganizationOf(recorded))
        );

    // saas documents three severities where podcast has five.
    private static string SeverityOf(SecurityFact fact) =>
        fact.Severity switch
        {
            "info" or "low" => "info",
            "medium" => "warning",
            _ => "critical",
        };

    private static JsonObject Audit(RecordedEvent recorded, SecurityFact fact) =>
        Row(
            ("id", recorded.Sequence),
            ("event_type", fact.Kind),
            ("severity", SeverityOf(fact)),
            ("resource_type", fact.Audit.EntityType),
            ("resource_id", recorded.Stream.ToString()),
            ("action", fact.Audit.Action),
            ("outcome", fact.IsRefused ? "failure" : "success"),
            ("ip_address", recorded.By?.Ip),
            ("user_agent", recorded.By?.UserAgent),
            ("details", fact.Details(recorded)),
            ("created_at", At(recorded.RecordedAt)),
            ("organization_id", OrganizationOf(recorded))
        );
}
