using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Fills what <c>podcast</c> publishes of tokens: those of mailed links and those that prolong programs' sessions, one
/// row for each that was given out.
/// </summary>
internal sealed class PodcastTokensProjection : FoldedProjection
{
    private const string Verifications = "email_verification_tokens";
    private const string Resets = "password_reset_tokens";
    private const string Refreshes = "refresh_tokens";

    public override string Schema => "podcast";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [new(Verifications, "id"), new(Resets, "id"), new(Refreshes, "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is SessionEvent or UserEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        switch (recorded.Data)
        {
            case EmailVerificationRequested requested:
                Give(recorded, recorded.Stream, requested.TokenHash, requested.ExpiresAt, tables[Verifications]);
                break;
            case EmailVerified { TokenHash: { } token }:
                Take(recorded, token, "used_at", tables[Verifications]);
                break;
            case PasswordResetRequested requested:
                Give(recorded, recorded.Stream, requested.TokenHash, requested.ExpiresAt, tables[Resets]);
                break;
            case PasswordResetUsed used:
                Take(recorded, used.TokenHash, "used_at", tables[Resets]);
                break;
            case SessionStarted { Kind: SessionKinds.Program } started:
                Give(recorded, started.UserId, started.TokenHash, started.ExpiresAt, tables[Refreshes]);
                break;
            case SessionProlonged prolonged:
                Take(recorded, prolonged.ReplacedHash, "revoked_at", tables[Refreshes]);
                Give(recorded, prolonged.UserId, prolonged.TokenHash, prolonged.ExpiresAt, tables[Refreshes]);
                break;
            case SessionEnded { Kind: SessionKinds.Program } ended:
                Take(recorded, ended.TokenHash, "revoked_at", tables[Refreshes]);
                break;
            case UserRemoved:
                foreach (var table in new[] { Verifications, Resets, Refreshes })
                    tables[table].DeleteWhere("user_id", recorded.Stream);

                break;
        }
    }

    private static void Give(
        RecordedEvent recorded,
        Guid user,
        string hash,
        DateTimeOffset expiresAt,
        RowChanges tokens
    ) =>
        tokens.Put(
            Row(
                ("id", IdOf(hash)),
                ("user_id", user),
                ("token", hash),
                ("expires_at", At(expiresAt)),
                ("created_at", At(recorded.RecordedAt)),
                ("updated_at", At(recorded.RecordedAt))
            )
        );

    private static void Take(RecordedEvent recorded, string hash, string column, RowChanges tokens) =>
        tokens.Change(
            Row(("id", IdOf(hash)), (column, At(recorded.RecordedAt)), ("updated_at", At(recorded.RecordedAt)))
        );

    private static Guid IdOf(string hash) => ContentIds.Of("token", hash);
}
