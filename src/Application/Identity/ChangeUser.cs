using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Replaces what a person is called and how they look. Only the operator does; people do it themselves.
/// </summary>
[RequiresOperator]
public sealed record ChangeUser(
    Guid UserId,
    string? Name,
    string? FirstName = null,
    string? LastName = null,
    string? AvatarUrl = null,
    long? ExpectedVersion = null
) : ICommand, IProfile;

/// <summary>
/// Closes an account, or opens it again, without forgetting the person. Only the operator does, and the person when
/// they demand a restriction.
/// </summary>
[RequiresOperator]
public sealed record SetUserActive(Guid UserId, bool Active) : ICommand;

/// <summary>
/// Removes an account and forgets the person: all of it, or nothing. The operator does, and the person.
/// </summary>
[RequiresOperator]
public sealed record RemoveUser(Guid UserId) : ICommand;

/// <summary>
/// Gives one of the system's roles throughout the installation, or takes it back. Only the operator does: an
/// organization's roles come with membership.
/// </summary>
[RequiresOperator]
public sealed record SetUserRole(Guid UserId, string Role, bool Held) : ICommand;

internal sealed class SetUserRoleHandler(IEventLog log, Roles roles) : ICommandHandler<SetUserRole>
{
    public async Task<Position> Handle(SetUserRole command, CancellationToken cancellation)
    {
        // The operator of a new installation is appointed before there is any organization.
        await roles.EnsureSystem(cancellation);
        var role = await roles.Find(command.Role, cancellation);
        return await log.In(Tenant.System)
            .Change<User, UserEvent>(
                command.UserId,
                user => command.Held ? user.Assign(role) : user.Unassign(role.Id),
                cancellation
            );
    }
}

internal sealed class ChangeUserValidator : ProfileValidator<ChangeUser>;

internal sealed class ChangeUserHandler(IEventLog log) : ICommandHandler<ChangeUser>
{
    public async Task<Position> Handle(ChangeUser command, CancellationToken cancellation)
    {
        var profile = new UserProfile(command.Name, command.FirstName, command.LastName, command.AvatarUrl);
        return await log.In(Tenant.System)
            .Change<User, UserEvent>(
                command.UserId,
                user => user.Change(profile),
                cancellation,
                command.ExpectedVersion
            );
    }
}

internal sealed class SetUserActiveHandler(IEventLog log, SessionStreams sessions) : ICommandHandler<SetUserActive>
{
    public async Task<Position> Handle(SetUserActive command, CancellationToken cancellation)
    {
        if (command.Active)
            return await log.In(Tenant.System)
                .Change<User, UserEvent>(command.UserId, user => user.Reactivate(), cancellation);

        return await sessions.EndAll(
            command.UserId,
            except: null,
            SessionEnds.Deactivated,
            user => user.Deactivate(),
            cancellation
        );
    }
}

internal sealed class RemoveUserHandler(AccountRemoval removal) : ICommandHandler<RemoveUser>
{
    /// <exception cref="RuleBrokenException"><c>account.owns_organization</c>.</exception>
    public Task<Position> Handle(RemoveUser command, CancellationToken cancellation) =>
        removal.Remove(command.UserId, cancellation);
}

/// <summary>
/// Removes an account: the person leaves every organization, their open invitations are forgotten, their sessions end
/// and the person is forgotten, all in one commit.
/// </summary>
internal sealed class AccountRemoval(
    IMemberships memberships,
    IInvitations invitations,
    Leaving leaving,
    SessionStreams sessions,
    RunAs runAs
)
{
    /// <summary>Removes an account.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>account.owns_organization</c>, <c>member.is_owner</c>: nothing was changed.
    /// </exception>
    public async Task<Position> Remove(Guid user, CancellationToken cancellation)
    {
        var position = await sessions.EndAll(
            user,
            except: null,
            SessionEnds.Removed,
            account => account.Remove(),
            cancellation,
            async changes =>
            {
                // The account decides first, and says why it is not removed.
                (await changes.Load<User, UserEvent>(user, Tenant.System)).State.Remove();
                await LeaveAll(changes, user, cancellation);
                // By its address, which is gone afterwards.
                foreach (var invitation in await invitations.Of(user, cancellation))
                    await changes.Change<Invitation, InvitationEvent>(
                        invitation.Id,
                        state => state.Forget(),
                        invitation.Organization.ToString()
                    );
            }
        );
        // Those that were joined between our looking and our commit.
        if ((await memberships.Of(user, cancellation)).Count > 0)
        {
            await using var service = runAs.System(Tenant.System, SystemActors.System);
            await service.Send(new LeaveLate(user), cancellation);
        }

        return position;
    }

    /// <summary>Leaves every organization.</summary>
    public async Task LeaveAll(IChanges changes, Guid user, CancellationToken cancellation)
    {
        foreach (var organization in await memberships.Of(user, cancellation))
            await leaving.Add(changes, organization, user, _ => { }, cancellation);
    }
}

/// <summary>Ends memberships that began while the account was removed.</summary>
[RequiresOperator]
internal sealed record LeaveLate(Guid UserId) : ICommand;

internal sealed class LeaveLateHandler(IEventLog log, AccountRemoval removal) : ICommandHandler<LeaveLate>
{
    public Task<Position> Handle(LeaveLate command, CancellationToken cancellation) =>
        log.ChangeTogether(changes => removal.LeaveAll(changes, command.UserId, cancellation), cancellation);
}
