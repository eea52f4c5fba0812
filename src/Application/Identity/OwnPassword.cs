using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Asks people for their password before a command takes from them what they cannot take back: their account, their
/// password, an organization of theirs. A borrowed session is not enough for that.
/// </summary>
internal sealed class OwnPassword(
    IEventLog log,
    IPasswordHasher hasher,
    ISignInThrottle throttle,
    ISecurityLog security,
    CommandContext context
)
{
    /// <summary>Makes sure that the caller knows the password; operators and the service itself have none.</summary>
    /// <exception cref="RuleBrokenException"><c>password.wrong</c>, <c>password.none</c>.</exception>
    /// <exception cref="SignInThrottledException">It was tried too often.</exception>
    public async Task Require(string? given, CancellationToken cancellation)
    {
        if (context.UserId is not { } id)
            return;

        var user = await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation);
        // Who signs in with Google proves the mailbox instead: the link that sets a password is mailed.
        if (user.State.Credentials.PasswordHash is not { } hash)
            throw new RuleBrokenException(
                "password.none",
                "The account has no password: ask for a link that sets one, and repeat this."
            );

        // Counted by session: a borrowed one locks nobody else out.
        var attempt = await throttle.Begin(id, context.Ip, context.SessionId, cancellation);
        if (given is not null && PasswordRules.IsText(given) && await hasher.Verify(given, hash, cancellation))
        {
            await throttle.Forgive(attempt, cancellation);
            return;
        }

        security.Report(context, new SecurityIncident("password_check_failed", Severity.Medium, id));
        throw new RuleBrokenException("password.wrong", "This is not the account's password.");
    }
}
