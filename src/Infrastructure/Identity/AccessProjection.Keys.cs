using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>What becomes of API keys.</summary>
internal sealed partial class AccessProjection
{
    private static void ApplyKey(RecordedEvent recorded, ApiKeyEvent happened, RowChanges keys)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        switch (happened)
        {
            case ApiKeyCreated created:
                keys.Put(
                    Row(
                        ("id", id),
                        ("number", recorded.Number),
                        ("organization_id", OrganizationOf(recorded)),
                        ("user_id", created.UserId),
                        ("name", created.Name),
                        ("description", created.Description),
                        ("prefix", created.Prefix),
                        ("key_hash", $"\\x{created.KeyHash}"),
                        ("created_at", at),
                        ("expires_at", At(created.ExpiresAt)),
                        ("rotation_policy", created.RotationPolicy ?? "manual"),
                        ("next_rotation_at", At(created.NextRotationAt)),
                        ("scopes", Texts(created.Scopes)),
                        ("made_by", created.MakerId),
                        ("made_by_key", created.MadeByKeyId)
                    )
                );
                break;
            case ApiKeyDescribed described:
                keys.Change(Row(("id", id), ("name", described.Name), ("description", described.Description)));
                break;
            case ApiKeyRotated rotated:
                keys.Change(
                    Row(
                        ("id", id),
                        ("made_by", rotated.MakerId),
                        ("previous_made_by", rotated.PreviousMakerId),
                        ("previous_shown_at", At(rotated.PreviousShownAt)),
                        ("prefix", rotated.Prefix),
                        ("key_hash", $"\\x{rotated.KeyHash}"),
                        ("last_rotated_at", at),
                        ("next_rotation_at", At(rotated.NextRotationAt)),
                        ("rotation_noticed_at", null),
                        ("previous_key_hash", rotated.PreviousKeyHash is { } before ? $"\\x{before}" : null),
                        ("previous_until", At(rotated.PreviousUntil))
                    )
                );
                break;
            case ApiKeyRotationDue:
                keys.Change(Row(("id", id), ("rotation_noticed_at", at)));
                break;
            case ApiKeyRevoked revoked:
                keys.Change(Row(("id", id), ("revoked_at", at), ("revoked_reason", revoked.Reason)));
                break;
        }
    }
}
