using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>Where a person is signed in: a browser, or a program that acts for them.</summary>
/// <param name="Kind">One of <see cref="SessionKinds"/>.</param>
/// <param name="TokenHash">SHA-256 of the token it is found by, in hex.</param>
/// <param name="OrganizationId">The organization it works in; null before one is chosen.</param>
/// <param name="ExpiresAt">UTC; from then on it opens nothing.</param>
/// <param name="Answered">The refresh token that was last answered with a new one, and when.</param>
public sealed record Session(
    bool IsStarted,
    bool IsEnded,
    Guid UserId,
    string Kind,
    string TokenHash,
    Guid? OrganizationId,
    DateTimeOffset ExpiresAt,
    AnsweredToken? Answered
) : IAggregate<Session, SessionEvent>
{
    /// <summary>How long a browser's session lasts, used or not.</summary>
    public static readonly TimeSpan BrowserLifetime = TimeSpan.FromDays(7);

    /// <summary>How long a program may stay silent before it must sign in anew.</summary>
    public static readonly TimeSpan ProgramLifetime = TimeSpan.FromDays(30);

    /// <summary>How long a refresh token may be repeated whose answer was lost on its way.</summary>
    public static readonly TimeSpan Repeatable = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public static string StreamType => "session";

    /// <inheritdoc/>
    public static Session Initial { get; } =
        new(
            IsStarted: false,
            IsEnded: false,
            Guid.Empty,
            Kind: "",
            TokenHash: "",
            OrganizationId: null,
            default,
            Answered: null
        );

    /// <summary>Begins it.</summary>
    public IReadOnlyList<SessionEvent> Start(
        Person person,
        string kind,
        string tokenHash,
        Guid? organization,
        DateTimeOffset now
    ) =>
        IsStarted
            ? []
            :
            [
                new SessionStarted(
                    person.Id,
                    person.Number,
                    kind,
                    tokenHash,
                    organization,
                    now + (kind == SessionKinds.Browser ? BrowserLifetime : ProgramLifetime)
                ),
            ];

    /// <summary>Lets it work in another organization.</summary>
    /// <exception cref="RuleBrokenException"><c>session.ended</c>.</exception>
    public IReadOnlyList<SessionEvent> MoveTo(Guid organization, DateTimeOffset now)
    {
        RequireAlive(now);
        return organization == OrganizationId ? [] : [new SessionMoved(organization, OrganizationId)];
    }

    /// <summary>
    /// Answers a refresh token with a new one. One that was answered before ends the session: either its owner or a
    /// thief has the newer one, and nobody can tell which. The event then is <see cref="SessionEnded"/>.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>session.ended</c>.</exception>
    public IReadOnlyList<SessionEvent> Prolong(string shownHash, string newHash, DateTimeOffset now)
    {
        RequireAlive(now);
        var isRepeated = Answered?.TokenHash == shownHash && now - Answered.At <= Repeatable;
        return shownHash == TokenHash || isRepeated
            ? [new SessionProlonged(UserId, newHash, TokenHash, shownHash, now + ProgramLifetime, now)]
            : End(SessionEnds.Reuse);
    }

    /// <summary>Ends it for good.</summary>
    /// <param name="reason">One of <see cref="SessionEnds"/>.</param>
    public IReadOnlyList<SessionEvent> End(string reason) =>
        IsStarted && !IsEnded ? [new SessionEnded(UserId, Kind, TokenHash, reason)] : [];

    /// <inheritdoc/>
    public Session Apply(SessionEvent happened) =>
        happened switch
        {
            SessionStarted started => new Session(
                IsStarted: true,
                IsEnded: false,
                started.UserId,
                started.Kind,
                started.TokenHash,
                started.OrganizationId,
                started.ExpiresAt,
                Answered: null
            ),
            SessionMoved moved => this with { OrganizationId = moved.OrganizationId },
            SessionProlonged prolonged => this with
            {
                TokenHash = prolonged.TokenHash,
                ExpiresAt = prolonged.ExpiresAt,
                // A repetition does not make the moment longer in which it may be repeated.
                Answered =
                    prolonged.ShownHash == Answered?.TokenHash
                        ? Answered
                        : new AnsweredToken(prolonged.ShownHash, prolonged.At),
            },
            SessionEnded => this with { IsEnded = true },
            _ => throw new UnreachableException($"Session cannot apply {happened.GetType().Name}."),
        };

    private void RequireAlive(DateTimeOffset now)
    {
        if (!IsStarted || IsEnded || now >= ExpiresAt)
            throw new RuleBrokenException("session.ended", "You are not signed in any more.");
    }
}

/// <summary>A refresh token that was answered.</summary>
/// <param name="At">UTC.</param>
public sealed record AnsweredToken(string TokenHash, DateTimeOffset At);

/// <summary>What is signed in.</summary>
public static class SessionKinds
{
    /// <summary>A browser, by a cookie.</summary>
    public const string Browser = "browser";

    /// <summary>A program, by access and refresh tokens.</summary>
    public const string Program = "program";
}

/// <summary>Why sessions end.</summary>
public static class SessionEnds
{
    /// <summary>The person signed out there.</summary>
    public const string SignedOut = "signed_out";

    /// <summary>The person ended it from elsewhere.</summary>
    public const string Revoked = "revoked";

    /// <summary>The password was changed.</summary>
    public const string PasswordChanged = "password_changed";

    /// <summary>The account was closed.</summary>
    public const string Deactivated = "deactivated";

    /// <summary>The account was removed.</summary>
    public const string Removed = "removed";

    /// <summary>A refresh token came back that had been answered before.</summary>
    public const string Reuse = "reuse";
}

/// <summary>A fact about where a person is signed in.</summary>
public abstract record SessionEvent : IAudited;

/// <summary>A person signed in.</summary>
/// <param name="UserNumber">The person's integer id.</param>
/// <param name="TokenHash">SHA-256 of the token it is found by, in hex.</param>
[StoredAs("session_started")]
public sealed record SessionStarted(
    Guid UserId,
    long UserNumber,
    string Kind,
    string TokenHash,
    Guid? OrganizationId,
    DateTimeOffset ExpiresAt
) : SessionEvent, INamesNumbers
{
    object INamesNumbers.Name(Func<Guid, long, long> number) => this with { UserNumber = number(UserId, UserNumber) };
}

/// <summary>It works in another organization.</summary>
[StoredAs("session_moved")]
public sealed record SessionMoved(Guid OrganizationId, Guid? OrganizationIdBefore) : SessionEvent;

/// <summary>A refresh token was answered with a new one.</summary>
/// <param name="TokenHash">Of the new one.</param>
/// <param name="ReplacedHash">Of the one that was in force.</param>
/// <param name="ShownHash">Of the one that was shown: the same, but for a repetition after a lost answer.</param>
/// <param name="At">UTC.</param>
[StoredAs("session_prolonged")]
public sealed record SessionProlonged(
    Guid UserId,
    string TokenHash,
    string ReplacedHash,
    string ShownHash,
    DateTimeOffset ExpiresAt,
    DateTimeOffset At
) : SessionEvent;

/// <summary>It opens nothing any more.</summary>
/// <param name="TokenHash">Of the token in force.</param>
[StoredAs("session_ended")]
public sealed record SessionEnded(Guid UserId, string Kind, string TokenHash, string Reason) : SessionEvent;
