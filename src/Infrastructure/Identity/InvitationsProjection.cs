using System.Text.Json.Nodes;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills the service's own table of invitations.</summary>
internal sealed class InvitationsProjection : FoldedProjection
{
    public override string Schema => "access";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("invitations", "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is InvitationEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (recorded.Data)
        {
            case InvitationSent sent:
                tables["invitations"].Put(New(recorded, sent));
                break;
            case InvitationResent resent:
                tables["invitations"]
                    .Change(
                        Row(
                            ("id", id),
                            ("role_id", resent.Role.Id),
                            ("role_slug", resent.Role.Slug),
                            ("message", resent.Message),
                            ("mails", resent.Mails),
                            ("expires_at", At(resent.ExpiresAt)),
                            ("updated_at", at)
                        )
                    );
                break;
            case InvitationAccepted accepted:
                tables["invitations"]
                    .Change(
                        Row(
                            ("id", id),
                            ("status", "accepted"),
                            ("user_id", accepted.UserId),
                            ("accepted_at", at),
                            ("updated_at", at.DeepClone())
                        )
                    );
                break;
            case InvitationRevoked or InvitationExpired:
                tables["invitations"].Change(Row(("id", id), ("status", StatusOf(recorded.Data)), ("updated_at", at)));
                break;
            case InvitationForgotten:
                tables["invitations"]
                    .Change(
                        Row(
                            ("id", id),
                            ("email", ErasedAddress.Of(recorded.Number)),
                            ("message", null),
                            ("is_forgotten", true),
                            ("updated_at", at)
                        )
                    );
                break;
        }
    }

    private static JsonObject New(RecordedEvent recorded, InvitationSent sent) =>
        Row(
            ("id", recorded.Stream),
            ("number", recorded.Number),
            ("organization_id", OrganizationOf(recorded)),
            ("email", sent.Email ?? ErasedAddress.Of(recorded.Number)),
            ("role_id", sent.Role.Id),
            ("role_slug", sent.Role.Slug),
            ("invited_by", sent.InvitedBy.Id),
            ("message", sent.Message),
            ("status", "pending"),
            ("mails", 1),
            ("expires_at", At(sent.ExpiresAt)),
            ("created_at", At(recorded.RecordedAt)),
            ("updated_at", At(recorded.RecordedAt)),
            ("is_forgotten", false)
        );

    /// <summary>The status, as published, that an ending leaves.</summary>
    public static string StatusOf(object happened) => happened is InvitationRevoked ? "revoked" : "expired";
}

/// <summary>Fills <c>saas.invitations</c>, once teams and roles are there.</summary>
internal sealed class SaasInvitationsProjection : FoldedProjection
{
    public override string Schema => "saas";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("invitations", "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is InvitationEvent or RoleRemoved;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var (id, at) = (recorded.Number, At(recorded.RecordedAt));
        switch (recorded.Data)
        {
            case InvitationSent sent:
                tables["invitations"]
                    .Put(
                        Row(
                            ("id", id),
                            ("email", sent.Email ?? ErasedAddress.Of(id)),
                            ("token", sent.TokenHash),
                            ("team_id", sent.Team),
                            ("role_id", sent.Role.Number),
                            ("invited_by_id", sent.InvitedBy.Number),
                            ("status", "pending"),
                            ("message", sent.Message),
                            ("expires_at", At(sent.ExpiresAt)),
                            ("accepted_at", null),
                            ("created_at", at),
                            ("updated_at", at.DeepClone()),
                            ("organization_id", OrganizationOf(recorded))
                        )
                    );
                break;
            case InvitationResent resent:
                tables["invitations"]
                    .Change(
                        Row(
                            ("id", id),
                            ("token", resent.TokenHash),
                            ("role_id", resent.Role.Number),
                            ("message", resent.Message),
                            ("expires_at", At(resent.ExpiresAt)),
                            ("updated_at", at)
                        )
                    );
                break;
            case InvitationAccepted:
                tables["invitations"]
                    .Change(
                        Row(("id", id), ("status", "accepted"), ("accepted_at", at), ("updated_at", at.DeepClone()))
                    );
                break;
            case InvitationRevoked or InvitationExpired:
                tables["invitations"]
                    .Change(
                        Row(("id", id), ("status", InvitationsProjection.StatusOf(recorded.Data)), ("updated_at", at))
                    );
                break;
            case InvitationForgotten:
                tables["invitations"]
                    .Change(Row(("id", id), ("email", ErasedAddress.Of(id)), ("message", null), ("updated_at", at)));
                break;
        }
    }

    /// <summary>
    /// A removed role is no invitation's any more: the foreign key says so, in a rebuild nothing else does.
    /// </summary>
    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        var removed = events.Where(recorded => recorded.Data is RoleRemoved).ToList();
        if (removed.Count > 0)
            batch.Add(
                $"""
                update {schema}.invitations i set role_id = null
                from unnest($1, $2) as u (role_id, sequence)
                where i.role_id = u.role_id and i.id < u.sequence
                """,
                removed.Select(role => role.Number).Column(),
                removed.Select(role => role.Sequence).Column()
            );
    }
}
