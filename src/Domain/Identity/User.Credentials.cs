using System.Collections.Immutable;
using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>Passwords, links and whatever else shows that an account is the person's.</summary>
public sealed partial record User
{
    /// <summary>How long a link that verifies an address works.</summary>
    public static readonly TimeSpan VerificationLifetime = TimeSpan.FromHours(24);

    /// <summary>How long a link that sets another password works.</summary>
    public static readonly TimeSpan ResetLifetime = TimeSpan.FromHours(1);

    /// <summary>As it was given; null once removed.</summary>
    public string? Email { get; init; }

    /// <summary>How the person shows that the account is theirs.</summary>
    public Credentials Credentials { get; init; } = Credentials.None;

    /// <summary>Whether anything opens the account.</summary>
    public bool MaySignIn => IsRegistered && IsActive && Credentials.IsVerified;

    /// <summary>
    /// Signs somebody up with an address and nothing else: anybody can type anybody's address. Name and password come
    /// with the mailed link. An address that is verified already is left alone.
    /// </summary>
    public IReadOnlyList<UserEvent> SignUp(string email, string tokenHash, DateTimeOffset now) =>
        IsRegistered
            ? RequestVerification(tokenHash, now)
            : [.. Register(email, name: null), new EmailVerificationRequested(tokenHash, now + VerificationLifetime)];

    /// <summary>Asks for another link that verifies the address.</summary>
    public IReadOnlyList<UserEvent> RequestVerification(string tokenHash, DateTimeOffset now) =>
        !IsRegistered
        || Credentials.IsVerified
        || IsAskedForTooOften(Credentials.Verifications, VerificationLifetime, now)
            ? []
            : [new EmailVerificationRequested(tokenHash, now + VerificationLifetime)];

    /// <summary>Whether a link would verify the address now.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>token.unknown</c>, <c>token.expired</c>, <c>token.used</c>.
    /// </exception>
    public void RequireVerification(string tokenHash, DateTimeOffset now)
    {
        var link = Credentials.Verifications.Find(link => link.TokenHash == tokenHash) ?? throw Unknown();
        if (link.IsUsed)
            throw new RuleBrokenException("token.used", "This link was used already; sign in.");

        if (now >= link.ExpiresAt || Credentials.IsVerified)
            throw Expired();
    }

    /// <summary>
    /// Uses a link that verifies the address. The person who reads the mailbox sets name and password, so that nothing
    /// of what was typed at the sign-up is left.
    /// </summary>
    /// <exception cref="RuleBrokenException">
    /// <c>token.unknown</c>, <c>token.expired</c>, <c>token.used</c>.
    /// </exception>
    public IReadOnlyList<UserEvent> VerifyEmail(string tokenHash, string? name, string passwordHash, DateTimeOffset now)
    {
        RequireVerification(tokenHash, now);
        return [new EmailVerified(tokenHash), .. Rename(name), new PasswordSet(passwordHash)];
    }

    /// <summary>
    /// Opens the account for the person who came by a mail of ours to its address, which is verified by that. One that
    /// is verified already keeps its password.
    /// </summary>
    public IReadOnlyList<UserEvent> OpenByMail(string email, string? name, string passwordHash) =>
        Credentials.IsVerified
            ? []
            :
            [
                .. IsRegistered ? Rename(name) : Register(email, name),
                new EmailVerified(TokenHash: null),
                new PasswordSet(passwordHash),
            ];

    /// <summary>Somebody else we trust says that the mailbox is the person's.</summary>
    public IReadOnlyList<UserEvent> TrustEmail() =>
        IsRegistered && !Credentials.IsVerified ? [new EmailVerified(TokenHash: null)] : [];

    /// <summary>Asks for a link that sets another password.</summary>
    public IReadOnlyList<UserEvent> RequestReset(string tokenHash, DateTimeOffset now) =>
        !IsRegistered || !IsActive || IsAskedForTooOften(Credentials.Resets, ResetLifetime, now)
            ? []
            : [new PasswordResetRequested(tokenHash, now + ResetLifetime)];

    /// <summary>Whether a link would set a password now.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>token.unknown</c>, <c>token.expired</c>, <c>token.used</c>.
    /// </exception>
    public void RequireReset(string tokenHash, DateTimeOffset now)
    {
        var link = Credentials.Resets.Find(link => link.TokenHash == tokenHash) ?? throw Unknown();
        if (link.IsUsed)
            throw new RuleBrokenException("token.used", "This link was used already; ask for another one.");

        if (now >= link.ExpiresAt || !IsActive)
            throw Expired();
    }

    /// <summary>Sets another password by a mailed link; whoever reads the mailbox has verified it with that.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>token.unknown</c>, <c>token.expired</c>, <c>token.used</c>.
    /// </exception>
    public IReadOnlyList<UserEvent> ResetPassword(string tokenHash, string passwordHash, DateTimeOffset now)
    {
        RequireReset(tokenHash, now);
        return [new PasswordResetUsed(tokenHash), .. TrustEmail(), new PasswordSet(passwordHash)];
    }

    /// <summary>Sets a password for whoever is signed in.</summary>
    /// <exception cref="RuleBrokenException"><c>user.not_registered</c>.</exception>
    public IReadOnlyList<UserEvent> SetPassword(string passwordHash)
    {
        RequireRegistered();
        return [new PasswordSet(passwordHash)];
    }

    /// <summary>
    /// Signs in with Google, which verified the address: opens the account where there is none, and links it.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>google.other_account</c>: another one there is linked.</exception>
    public IReadOnlyList<UserEvent> LinkGoogle(string email, string? name, string googleId)
    {
        if (Credentials.GoogleId == googleId)
            return [];

        // An address that was given to somebody else at Google must not open the account.
        if (Credentials.GoogleId is not null)
            throw new RuleBrokenException("google.other_account", "The account is linked to another one at Google.");

        return
        [
            .. Register(email, name),
            .. Credentials.IsVerified ? Array.Empty<UserEvent>() : [new EmailVerified(TokenHash: null)],
            .. IsRegistered && !Credentials.IsVerified ? Rename(name) : [],
            new GoogleLinked(googleId),
        ];
    }

    private User ApplyCredentials(UserEvent happened) =>
        this with
        {
            Credentials = happened switch
            {
                PasswordSet set => Credentials with
                {
                    PasswordHash = set.Hash,
                    Generation = Credentials.Generation + 1,
                    // Whoever set it has the account; older links must not undo that.
                    Resets = Credentials.Resets.ConvertAll(link => link with { IsUsed = true }),
                },
                EmailVerificationRequested requested => Credentials with
                {
                    Verifications = Added(
                        Credentials.Verifications,
                        new MailedLink(requested.TokenHash, requested.ExpiresAt)
                    ),
                },
                EmailVerified verified => Credentials with
                {
                    IsVerified = true,
                    Verifications = Used(Credentials.Verifications, verified.TokenHash),
                },
                PasswordResetRequested requested => Credentials with
                {
                    Resets = Added(Credentials.Resets, new MailedLink(requested.TokenHash, requested.ExpiresAt)),
                },
                PasswordResetUsed used => Credentials with { Resets = Used(Credentials.Resets, used.TokenHash) },
                GoogleLinked linked => Credentials with { GoogleId = linked.GoogleId },
                _ => throw new UnreachableException($"User cannot apply {happened.GetType().Name}."),
            },
        };

    // Those before have expired long ago.
    private static ImmutableList<MailedLink> Added(ImmutableList<MailedLink> links, MailedLink link) =>
        [.. links.TakeLast((2 * Credentials.MostLinks) - 1), link];

    private static ImmutableList<MailedLink> Used(ImmutableList<MailedLink> links, string? tokenHash) =>
        links.ConvertAll(link => link.TokenHash == tokenHash ? link with { IsUsed = true } : link);

    private static bool IsAskedForTooOften(ImmutableList<MailedLink> links, TimeSpan lifetime, DateTimeOffset now) =>
        links.Count(link => now < link.ExpiresAt) >= Credentials.MostLinks
        && now < links[^1].ExpiresAt - lifetime + Credentials.BetweenMoreLinks;

    private IReadOnlyList<UserEvent> Rename(string? name) => name is null ? [] : Change(Profile with { Name = name });

    private static RuleBrokenException Unknown() => new("token.unknown", "This link is not known.");

    private static RuleBrokenException Expired() => new("token.expired", "This link has expired; ask for another one.");
}
