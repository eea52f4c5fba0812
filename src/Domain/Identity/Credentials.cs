using System.Collections.Immutable;

namespace SchemaHub.Domain.Identity;

/// <summary>How a person shows that an account is theirs.</summary>
/// <param name="PasswordHash">bcrypt; null where no password was set.</param>
/// <param name="IsVerified">Somebody showed that the mailbox is theirs. Before that nothing opens the account.</param>
/// <param name="GoogleId">Google's number of the account there; null where none is linked.</param>
/// <param name="Verifications">Links that were asked for, oldest first.</param>
/// <param name="Resets">The same, of links that set another password.</param>
public sealed record Credentials(
    string? PasswordHash,
    bool IsVerified,
    string? GoogleId,
    ImmutableList<MailedLink> Verifications,
    ImmutableList<MailedLink> Resets
)
{
    /// <summary>Links of a kind that may be on their way at once: more would be a way to flood a mailbox.</summary>
    public const int MostLinks = 5;

    /// <summary>
    /// How long after the newest link another one is mailed, however many are on their way: a person whose address was
    /// used by strangers waits no longer.
    /// </summary>
    public static readonly TimeSpan BetweenMoreLinks = TimeSpan.FromHours(1);

    /// <summary>Nothing was shown yet.</summary>
    public static Credentials None { get; } = new(null, IsVerified: false, null, [], []);

    /// <summary>Counts what makes earlier sign-ins void: another password, an account that was closed.</summary>
    public int Generation { get; init; }
}

/// <summary>A link that was mailed, or is about to be.</summary>
/// <param name="TokenHash">SHA-256 of its token, in hex.</param>
public sealed record MailedLink(string TokenHash, DateTimeOffset ExpiresAt)
{
    /// <summary>It did what it is for, and does it once.</summary>
    public bool IsUsed { get; init; }
}

/// <summary>The account has a password, or another one than before.</summary>
/// <param name="Hash">bcrypt.</param>
[StoredAs("user_password_set")]
public sealed record PasswordSet([property: Personal] string? Hash) : UserEvent;

/// <summary>A link was asked for that shows that the mailbox is the person's.</summary>
/// <param name="TokenHash">SHA-256 of its token, in hex.</param>
[StoredAs("user_verification_requested")]
public sealed record EmailVerificationRequested(string TokenHash, DateTimeOffset ExpiresAt) : UserEvent;

/// <summary>The person showed that the mailbox is theirs.</summary>
/// <param name="TokenHash">Of the link; null where it was shown otherwise.</param>
[StoredAs("user_email_verified")]
public sealed record EmailVerified(string? TokenHash) : UserEvent;

/// <summary>A link was asked for that sets another password.</summary>
/// <param name="TokenHash">SHA-256 of its token, in hex.</param>
[StoredAs("user_password_reset_requested")]
public sealed record PasswordResetRequested(string TokenHash, DateTimeOffset ExpiresAt) : UserEvent;

/// <summary>Such a link was used.</summary>
[StoredAs("user_password_reset_used")]
public sealed record PasswordResetUsed(string TokenHash) : UserEvent;

/// <summary>The person may sign in with an account at Google.</summary>
[StoredAs("user_google_linked")]
public sealed record GoogleLinked([property: Personal] string? GoogleId) : UserEvent;
