using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Begins and ends sessions, so that none is missed where an account changes at the same moment.</summary>
internal sealed class SessionStreams(
    IEventLog log,
    ISessions sessions,
    IMemberships memberships,
    ISessionTokens tokens,
    Roles roles,
    CommandContext context,
    TimeProvider clock
)
{
    /// <summary>Begins a session of a person who just showed that the account is theirs.</summary>
    /// <param name="seen">The account as it was when they showed it.</param>
    /// <returns>Null where the account was changed meanwhile so that it does not count any more.</returns>
    public async Task<StartedSession?> Start(Guid user, Loaded<User> seen, string kind, CancellationToken cancellation)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var token = kind == SessionKinds.Browser ? tokens.CreateBrowser() : tokens.CreateRefresh(id);
        var home = await FirstOf(user, cancellation);
        var now = clock.GetUtcNow();
        (context.Actor, context.UserId, context.SessionId) = ($"user:{user}", user, id);
        return await roles.AsSystem(async () =>
        {
            await log.Change<Session, SessionEvent>(
                id,
                session => session.Start(new Person(user, seen.Number), kind, ContentIds.Sha256(token), home, now),
                cancellation,
                expectNew: true
            );
            // A password that was changed before our append is seen here; one that is changed after it finds our
            // session among those to end.
            var after = await log.Load<User, UserEvent>(user, cancellation);
            if (after.State.MaySignIn && after.State.Credentials.Generation == seen.State.Credentials.Generation)
                return new StartedSession(id, user, home, token, now + LifetimeOf(kind));

            await End(id, SessionEnds.PasswordChanged, cancellation);
            return null;
        });
    }

    /// <summary>Changes an account and ends its sessions, in one commit.</summary>
    /// <param name="except">The session that stays.</param>
    public Task<Position> EndAll(
        Guid user,
        Guid? except,
        string reason,
        Func<User, IReadOnlyList<UserEvent>> change,
        CancellationToken cancellation
    ) =>
        roles.AsSystem(async () =>
        {
            var position = await log.ChangeMany(
                await Endings(user, except, reason, cancellation),
                user,
                change,
                cancellation,
                answers: true
            );
            // Those that began between our looking and our commit.
            if (await Endings(user, except, reason, cancellation) is { Length: > 0 } late)
                await log.ChangeMany<Session, SessionEvent, User, UserEvent>(late, user, _ => [], cancellation);

            return position;
        });

    /// <summary>Ends one session.</summary>
    public Task<Position> End(Guid session, string reason, CancellationToken cancellation) =>
        roles.AsSystem(() => log.Change<Session, SessionEvent>(session, s => s.End(reason), cancellation));

    /// <summary>A session's state.</summary>
    public Task<Loaded<Session>> Load(Guid session, CancellationToken cancellation) =>
        roles.AsSystem(() => log.Load<Session, SessionEvent>(session, cancellation));

    private async Task<(Guid, Func<Session, IReadOnlyList<SessionEvent>>)[]> Endings(
        Guid user,
        Guid? except,
        string reason,
        CancellationToken cancellation
    )
    {
        Func<Session, IReadOnlyList<SessionEvent>> ending = session => session.End(reason);
        return [.. (await sessions.LivingOf(user, cancellation)).Where(id => id != except).Select(id => (id, ending))];
    }

    private static TimeSpan LifetimeOf(string kind) =>
        kind == SessionKinds.Browser ? Session.BrowserLifetime : Session.ProgramLifetime;

    /// <summary>Where work begins: the organization joined first, or else the oldest; null without any.</summary>
    private async Task<Guid?> FirstOf(Guid user, CancellationToken cancellation)
    {
        var mine = await memberships.List(user, IMemberships.Most, after: 0, cancellation);
        var home = await memberships.HomeOf(user, cancellation);
        return mine.Find(one => one.Id == home)?.Id ?? mine.FirstOrDefault()?.Id;
    }
}

/// <summary>A session that was just begun.</summary>
/// <param name="Token">The cookie's or the refresh token; not kept anywhere.</param>
internal sealed record StartedSession(
    Guid Id,
    Guid UserId,
    Guid? OrganizationId,
    string Token,
    DateTimeOffset ExpiresAt
);
