using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Says of invitations that nobody answered that their time is over, and forgets, 90 days later, who was invited and
/// never joined. An hour that was missed is made up for: each run does all that has come up.
/// </summary>
[RequiresOperator, Job("invitations.end")]
public sealed record EndInvitations : IJob;

/// <summary>Says that an invitation's time is over, once it is.</summary>
[RequiresOperator]
public sealed record ExpireInvitation(Guid Id) : ICommand;

/// <summary>Forgets who was invited. An invitation that is still open is taken back.</summary>
[RequiresOperator]
public sealed record ForgetInvitation(Guid Id) : ICommand;

internal sealed class EndInvitationsHandler(IInvitations invitations, RunAs runAs, TimeProvider clock)
    : IJobHandler<EndInvitations>
{
    private const int AtOnce = 200;
    private const int DaysKept = 90;

    public async Task<string> Handle(EndInvitations job, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var expired = await Each(
            (after, most) => invitations.Due(now, after, most, cancellation),
            id => new ExpireInvitation(id),
            cancellation
        );
        var forgotten = await Each(
            (after, most) => invitations.ToForget(now.AddDays(-DaysKept), after, most, cancellation),
            id => new ForgetInvitation(id),
            cancellation
        );
        return $"{expired} invitations expired; of {forgotten} it was forgotten whom they went to.";
    }

    private async Task<int> Each(
        Func<long, int, Task<IReadOnlyList<FoundInvitation>>> find,
        Func<Guid, ICommand> command,
        CancellationToken cancellation
    )
    {
        var (done, last) = (0, 0L);
        while (await find(last, AtOnce) is { Count: > 0 } found)
        {
            foreach (var invitation in found)
            {
                // Each for its own organization.
                await using var service = runAs.System(invitation.Organization, SystemActors.System);
                var position = await service.Send(command(invitation.Id), cancellation);
                done += position.Sequence > 0 ? 1 : 0;
            }

            last = found[^1].Number;
        }

        return done;
    }
}

internal sealed class ExpireInvitationHandler(IEventLog log, TimeProvider clock) : ICommandHandler<ExpireInvitation>
{
    public Task<Position> Handle(ExpireInvitation command, CancellationToken cancellation) =>
        log.Change<Invitation, InvitationEvent>(
            command.Id,
            invitation => invitation.Expire(clock.GetUtcNow()),
            cancellation
        );
}

internal sealed class ForgetInvitationHandler(IEventLog log) : ICommandHandler<ForgetInvitation>
{
    public Task<Position> Handle(ForgetInvitation command, CancellationToken cancellation) =>
        log.Change<Invitation, InvitationEvent>(command.Id, invitation => invitation.Forget(), cancellation);
}
