using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Gives a program new tokens for its refresh token, which is used up with that. One that was used up before ends the
/// session.
/// </summary>
[RequiresNothing]
public sealed record RefreshSession(string? RefreshToken) : IRequest<RefreshedSession>;

/// <summary>A session that goes on.</summary>
/// <param name="RefreshToken">Not kept anywhere.</param>
public sealed record RefreshedSession(Guid SessionId, Guid UserId, string RefreshToken, DateTimeOffset ExpiresAt);

internal sealed class RefreshSessionHandler(
    IEventLog log,
    ISessionTokens tokens,
    SessionStreams sessions,
    ISecurityLog security,
    CommandContext context,
    TimeProvider clock
) : IRequestHandler<RefreshSession, RefreshedSession>
{
    /// <exception cref="RuleBrokenException">
    /// <c>refresh_token.wrong</c>, <c>refresh_token.reused</c>.
    /// </exception>
    public async Task<RefreshedSession> Handle(RefreshSession command, CancellationToken cancellation)
    {
        // Who can make up a token that we never made can end nobody's session with it.
        if (tokens.SessionOf(command.RefreshToken) is not { } id)
            throw Wrong();

        var session = (await sessions.Load(id, cancellation)).State;
        if (!session.IsStarted || session.IsEnded || clock.GetUtcNow() >= session.ExpiresAt)
            throw Wrong();

        var user = await log.In(Tenant.System).Load<User, UserEvent>(session.UserId, cancellation);
        if (!user.State.MaySignIn)
        {
            await sessions.End(id, SessionEnds.Deactivated, cancellation, session.UserId);
            throw Wrong();
        }

        var next = tokens.CreateRefresh(id);
        return await Prolong(id, session.UserId, command.RefreshToken!, next, cancellation);
    }

    private async Task<RefreshedSession> Prolong(
        Guid id,
        Guid user,
        string shown,
        string next,
        CancellationToken cancellation
    )
    {
        var now = clock.GetUtcNow();
        var isReuse = false;
        try
        {
            await log.By(user)
                .In(Tenant.System)
                .Change<Session, SessionEvent>(
                    id,
                    session =>
                    {
                        var happened = session.Prolong(ContentIds.Sha256(shown), ContentIds.Sha256(next), now);
                        isReuse = happened is [SessionEnded];
                        return happened;
                    },
                    cancellation
                );
        }
        catch (RuleBrokenException ended) when (ended.Code == "session.ended")
        {
            throw Wrong();
        }

        if (!isReuse)
            return new RefreshedSession(id, user, next, now + Session.ProgramLifetime);

        security.Report(context.ProvenAs(user, id), new SecurityIncident("refresh_token_reused", Severity.High, user));
        throw new RuleBrokenException(
            "refresh_token.reused",
            "This refresh token was used before. The session is ended: somebody else may have the token. Sign in anew."
        );
    }

    private static RuleBrokenException Wrong() =>
        new("refresh_token.wrong", "This refresh token is not known, or its session is over. Sign in anew.");
}
