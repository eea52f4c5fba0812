using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Begins and ends sessions, so that none is missed where an account changes at the same moment.</summary>
internal sealed class SessionStreams(
    IEventLog log,
    ISessions sessions,
    IMemberships memberships,
    ISessionTokens tokens,
    RunAs runAs,
    TimeProvider clock
)
{
    /// <summary>Begins a session of a person who just showed that the account is theirs.</summary>
    /// <param name="seen">The account as it was when they showed it.</param>
    /// <param name="change">What showing it changes of the account.</param>
    /// <returns>Null where the account was changed meanwhile so that it does not count any more.</returns>
    public async Task<StartedSession?> Start(
        Guid user,
        Loaded<User> seen,
        string kind,
        CancellationToken cancellation,
        Func<User, IReadOnlyList<UserEvent>>? change = null
    )
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var token = kind == SessionKinds.Browser ? tokens.CreateBrowser() : tokens.CreateRefresh(id);
        var organization = await OrganizationOf(user, cancellation);
        var now = clock.GetUtcNow();
        var isStarted = false;
        // A password that is changed meanwhile moves the account's stream, and the session is decided on anew.
        await log.In(Tenant.System)
            .By(user)
            .ChangeTogether(
                async changes =>
                {
                    var account = await changes.Change<User, UserEvent>(user, change ?? (_ => []));
                    isStarted =
                        account.State.MaySignIn
                        && account.State.Credentials.Generation == seen.State.Credentials.Generation;
                    var person = new Person(user, account.Number);
                    if (isStarted)
                        await changes.Change<Session, SessionEvent>(
                            id,
                            session => session.Start(person, kind, ContentIds.Sha256(token), organization, now)
                        );
                },
                cancellation
            );
        return isStarted ? new StartedSession(id, user, organization, token, now + LifetimeOf(kind)) : null;
    }

    /// <summary>Changes an account and ends its sessions, in one commit.</summary>
    /// <param name="except">The session that stays.</param>
    /// <param name="also">What else changes with it.</param>
    /// <param name="isProven">The caller has just proved to be that person, without being signed in.</param>
    public async Task<Position> EndAll(
        Guid user,
        Guid? except,
        string reason,
        Func<User, IReadOnlyList<UserEvent>> change,
        CancellationToken cancellation,
        Func<IChanges, Task>? also = null,
        bool isProven = false
    )
    {
        var caller = isProven ? log.By(user) : log;
        var position = await caller.ChangeTogether(
            async changes =>
            {
                if (also is not null)
                    await also(changes);

                var living = await Living(user, except, cancellation);
                await changes.ChangeEach(living, (Session session) => session.End(reason), Tenant.System);
                await changes.Change(user, change, Tenant.System);
            },
            cancellation
        );
        // Those that began between our looking and our commit.
        if ((await Living(user, except, cancellation)).Any())
        {
            await using var service = runAs.System(Tenant.System, SystemActors.System);
            await service.Send(new EndLateSessions(user, except, reason), cancellation);
        }

        return position;
    }

    /// <summary>Ends the sessions of an account.</summary>
    /// <param name="except">The session that stays.</param>
    public Task<Position> EndLate(Guid user, Guid? except, string reason, CancellationToken cancellation) =>
        log.ChangeTogether(
            async changes =>
                await changes.ChangeEach(
                    await Living(user, except, cancellation),
                    (Session session) => session.End(reason)
                ),
            cancellation
        );

    /// <summary>Ends one session.</summary>
    /// <param name="proven">Who the caller has just proved to be, without being signed in.</param>
    public Task<Position> End(Guid session, string reason, CancellationToken cancellation, Guid? proven = null) =>
        (proven is { } user ? log.By(user) : log)
            .In(Tenant.System)
            .Change<Session, SessionEvent>(session, s => s.End(reason), cancellation);

    /// <summary>A session's state.</summary>
    public Task<Loaded<Session>> Load(Guid session, CancellationToken cancellation) =>
        log.In(Tenant.System).Load<Session, SessionEvent>(session, cancellation);

    private async Task<IEnumerable<Guid>> Living(Guid user, Guid? except, CancellationToken cancellation) =>
        (await sessions.LivingOf(user, cancellation)).Where(id => id != except);

    private static TimeSpan LifetimeOf(string kind) =>
        kind == SessionKinds.Browser ? Session.BrowserLifetime : Session.ProgramLifetime;

    /// <summary>
    /// The organization that the person chose last, or the only one. Null: the person chooses one first.
    /// </summary>
    private async Task<Guid?> OrganizationOf(Guid user, CancellationToken cancellation)
    {
        var mine = await memberships.List(user, IMemberships.Most, after: 0, cancellation);
        if (mine.Count <= 1)
            return mine.FirstOrDefault()?.Id;

        var chosen = await memberships.LastChosen(user, cancellation);
        return mine.Find(one => one.Id == chosen)?.Id;
    }
}

/// <summary>Ends sessions that began while the account's others were ended.</summary>
[RequiresOperator]
internal sealed record EndLateSessions(Guid UserId, Guid? Except, string Reason) : ICommand;

internal sealed class EndLateSessionsHandler(SessionStreams sessions) : ICommandHandler<EndLateSessions>
{
    public Task<Position> Handle(EndLateSessions command, CancellationToken cancellation) =>
        sessions.EndLate(command.UserId, command.Except, command.Reason, cancellation);
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
