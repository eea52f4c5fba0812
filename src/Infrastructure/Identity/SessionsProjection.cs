using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Fills <c>access.sessions</c>. What ended stays, with its reason, as long as its person is there; the account gone,
/// nothing is kept of where it was signed in.
/// </summary>
internal sealed class SessionsProjection : FoldedProjection
{
    public override string Schema => "access";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("sessions", "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is SessionEvent or UserRemoved;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (recorded.Data)
        {
            case SessionStarted started:
                tables["sessions"]
                    .Put(
                        Row(
                            ("id", id),
                            ("user_id", started.UserId),
                            ("organization_id", started.OrganizationId),
                            ("kind", started.Kind),
                            ("token_hash", $"\\x{started.TokenHash}"),
                            ("ip", recorded.By?.Ip),
                            ("user_agent", recorded.By?.UserAgent),
                            ("created_at", at),
                            ("expires_at", At(started.ExpiresAt))
                        )
                    );
                break;
            case SessionMoved moved:
                tables["sessions"]
                    .Change(Row(("id", id), ("organization_id", moved.OrganizationId), ("organization_chosen_at", at)));
                break;
            case SessionProlonged prolonged:
                tables["sessions"]
                    .Change(
                        Row(
                            ("id", id),
                            ("token_hash", $"\\x{prolonged.TokenHash}"),
                            ("expires_at", At(prolonged.ExpiresAt))
                        )
                    );
                break;
            case SessionEnded ended:
                tables["sessions"].Change(Row(("id", id), ("ended_at", at), ("ended_reason", ended.Reason)));
                break;
            case UserRemoved:
                tables["sessions"].DeleteWhere("user_id", id);
                break;
        }
    }
}

/// <summary>Fills <c>backstage.sessions</c> with those that live.</summary>
internal sealed class BackstageSessionsProjection : FoldedProjection
{
    public override string Schema => "backstage";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("sessions", "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is SessionEvent or UserRemoved;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var id = recorded.Stream.ToString();
        switch (recorded.Data)
        {
            case SessionStarted started:
                tables["sessions"]
                    .Put(
                        Row(
                            ("id", id),
                            ("user_id", started.UserNumber),
                            ("expires_at", At(started.ExpiresAt)),
                            ("session_token", started.TokenHash)
                        )
                    );
                break;
            case SessionProlonged prolonged:
                tables["sessions"]
                    .Change(
                        Row(("id", id), ("expires_at", At(prolonged.ExpiresAt)), ("session_token", prolonged.TokenHash))
                    );
                break;
            case SessionEnded:
                tables["sessions"].Delete(Row(("id", id)));
                break;
            case UserRemoved:
                tables["sessions"].DeleteWhere("user_id", recorded.Number);
                break;
        }
    }
}

/// <summary>Fills <c>smarthub.sessions</c> with those that live.</summary>
internal sealed class SmarthubSessionsProjection : FoldedProjection
{
    public override string Schema => "smarthub";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("sessions", "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is SessionEvent or UserRemoved;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var id = recorded.Stream;
        switch (recorded.Data)
        {
            case SessionStarted started:
                tables["sessions"]
                    .Put(
                        Row(
                            ("id", id),
                            ("user_id", started.UserId),
                            ("token_hash", started.TokenHash),
                            ("ip_address", recorded.By?.Ip),
                            ("user_agent", recorded.By?.UserAgent),
                            ("expires_at", At(started.ExpiresAt)),
                            ("created_at", At(recorded.RecordedAt)),
                            ("organization_id", started.OrganizationId)
                        )
                    );
                break;
            case SessionMoved moved:
                tables["sessions"].Change(Row(("id", id), ("organization_id", moved.OrganizationId)));
                break;
            case SessionProlonged prolonged:
                tables["sessions"]
                    .Change(
                        Row(("id", id), ("token_hash", prolonged.TokenHash), ("expires_at", At(prolonged.ExpiresAt)))
                    );
                break;
            case SessionEnded:
                tables["sessions"].Delete(Row(("id", id)));
                break;
            case UserRemoved:
                tables["sessions"].DeleteWhere("user_id", id);
                break;
        }
    }
}
