using System.Globalization;
using System.Text.Json.Nodes;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills <c>backstage.users</c>, and of <c>backstage.quota_tracking</c> how much each may send.</summary>
internal sealed class BackstageProjection : FoldedProjection
{
    public override string Schema => "backstage";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [
        new("users", "id"),
        new("quota_tracking", "id") { Unlogged = ["emails_sent_today", "last_reset_date", "updated_at"] },
    ];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is UserEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var (id, at) = (recorded.Number, At(recorded.RecordedAt));
        switch (recorded.Data)
        {
            case UserRegistered registered:
                tables["users"]
                    .Put(
                        Row(
                            ("id", id),
                            ("email", registered.Email ?? ErasedAddress.Of(recorded.Number)),
                            ("password_hash", "!"),
                            ("role", "user"),
                            ("active", true),
                            ("created_at", at),
                            ("updated_at", at.DeepClone())
                        )
                    );
                tables["quota_tracking"].Put(NewQuota(recorded));
                break;
            case UserSendingLimited limited:
                tables["quota_tracking"].Change(Row(("id", id), ("monthly_limit", limited.MailsPerDay)));
                break;
            case UserChanged:
                tables["users"].Change(Row(("id", id), ("updated_at", at)));
                break;
            // When a password was set is nobody else's to know.
            case PasswordSet set:
                tables["users"].Change(Row(("id", id), ("password_hash", set.Hash ?? "!")));
                break;
            case UserDeactivated or UserReactivated:
                tables["users"]
                    .Change(Row(("id", id), ("active", recorded.Data is UserReactivated), ("updated_at", at)));
                break;
            case UserRemoved:
                tables["users"]
                    .Change(
                        Row(
                            ("id", id),
                            ("email", ErasedAddress.Of(recorded.Number)),
                            ("password_hash", "!"),
                            ("active", false),
                            ("updated_at", at)
                        )
                    );
                break;
        }
    }

    private static JsonObject NewQuota(RecordedEvent recorded) =>
        Row(
            ("id", recorded.Number),
            ("user_id", recorded.Number),
            ("emails_sent_today", 0),
            ("last_reset_date", recorded.RecordedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            ("monthly_limit", User.UsualSendingLimit),
            ("created_at", At(recorded.RecordedAt)),
            ("updated_at", At(recorded.RecordedAt))
        );
}
