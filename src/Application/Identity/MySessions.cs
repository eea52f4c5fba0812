using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Where the caller is signed in, newest first.</summary>
/// <param name="Limit">1 to 200.</param>
[RequiresSignIn]
public sealed record ListMySessions(int Limit = 50, Guid? Before = null) : IRequest<IReadOnlyList<LivingSession>>;

/// <summary>Ends the session that asks.</summary>
[RequiresSignIn]
public sealed record SignOut : IRequest<Unit>;

/// <summary>Ends one of the caller's sessions from elsewhere.</summary>
[RequiresSignIn]
public sealed record EndMySession(Guid SessionId) : IRequest<Unit>;

/// <summary>Ends all of the caller's sessions but the one that asks.</summary>
[RequiresSignIn]
public sealed record EndMyOtherSessions : IRequest<Unit>;

/// <summary>Lets the session that asks work in another organization of the caller's.</summary>
[RequiresSignIn]
public sealed record SwitchOrganization(Guid OrganizationId) : IRequest<Unit>;

internal sealed class ListMySessionsValidator : AbstractValidator<ListMySessions>
{
    public ListMySessionsValidator() =>
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<LivingSession>.MostItems);
}

internal sealed class MySessionsHandler(
    IEventLog log,
    ISessions directory,
    IMemberships memberships,
    SessionStreams sessions,
    CommandContext context,
    TimeProvider clock
)
    : IRequestHandler<ListMySessions, IReadOnlyList<LivingSession>>,
        IRequestHandler<SignOut, Unit>,
        IRequestHandler<EndMySession, Unit>,
        IRequestHandler<EndMyOtherSessions, Unit>,
        IRequestHandler<SwitchOrganization, Unit>
{
    public async Task<IReadOnlyList<LivingSession>> Handle(ListMySessions query, CancellationToken cancellation) =>
        [
            .. (await directory.List(context.RequireUser(), query.Limit, query.Before, cancellation)).Select(session =>
                session with
                {
                    Current = session.Id == context.SessionId,
                }
            ),
        ];

    public async Task<Unit> Handle(SignOut command, CancellationToken cancellation)
    {
        await sessions.End(context.RequireSession(), SessionEnds.SignedOut, cancellation);
        return Unit.Value;
    }

    /// <exception cref="NotFoundException">It is no session of the caller's.</exception>
    public async Task<Unit> Handle(EndMySession command, CancellationToken cancellation)
    {
        var session = (await sessions.Load(command.SessionId, cancellation)).State;
        if (!session.IsStarted || session.UserId != context.RequireUser())
            throw new NotFoundException(Session.StreamType);

        await sessions.End(command.SessionId, SessionEnds.Revoked, cancellation);
        return Unit.Value;
    }

    public async Task<Unit> Handle(EndMyOtherSessions command, CancellationToken cancellation)
    {
        await sessions.EndAll(context.RequireUser(), context.SessionId, SessionEnds.Revoked, _ => [], cancellation);
        return Unit.Value;
    }

    /// <exception cref="NotFoundException">None, or not the caller's: the answers are the same.</exception>
    public async Task<Unit> Handle(SwitchOrganization command, CancellationToken cancellation)
    {
        var (user, session) = (context.RequireUser(), context.RequireSession());
        var mine = await memberships.List(user, IMemberships.Most, after: 0, cancellation);
        if (
            !mine.Any(organization => organization.Id == command.OrganizationId)
            && !(await IsSuperadmin(user, cancellation) && await directory.IsOpen(command.OrganizationId, cancellation))
        )
            throw new NotFoundException("organization");

        await log.In(Tenant.System)
            .Change<Session, SessionEvent>(
                session,
                state => state.MoveTo(command.OrganizationId, clock.GetUtcNow()),
                cancellation
            );
        return Unit.Value;
    }

    private async Task<bool> IsSuperadmin(Guid id, CancellationToken cancellation)
    {
        var user = await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation);
        return user.State.Roles.ContainsKey(Roles.SystemId(SystemRoles.Superadmin));
    }
}

internal static class SignedInCallers
{
    /// <summary>The person who asks.</summary>
    /// <exception cref="AccessDeniedException">Nobody is signed in.</exception>
    public static Guid RequireUser(this CommandContext context) =>
        context.UserId ?? throw new AccessDeniedException("This is for people who are signed in.", permission: null);

    /// <summary>Where that person is signed in.</summary>
    /// <exception cref="AccessDeniedException">Nobody is signed in.</exception>
    public static Guid RequireSession(this CommandContext context) =>
        context.SessionId ?? throw new AccessDeniedException("This is for people who are signed in.", permission: null);
}
