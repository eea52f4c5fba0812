using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Replaces what a member is called and how they look.</summary>
[Requires("members:write")]
public sealed record ChangeUser(
    Guid UserId,
    string? Name,
    string? FirstName = null,
    string? LastName = null,
    string? AvatarUrl = null,
    long? ExpectedVersion = null
) : ICommand, IProfile;

/// <summary>Closes a member's account, or opens it again, without forgetting the person.</summary>
[Requires("members:write")]
public sealed record SetUserActive(Guid UserId, bool Active) : ICommand;

/// <summary>Removes a member's account and forgets the person.</summary>
[Requires("members:write")]
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

/// <summary>Which accounts an organization may change: those of its members whose first organization it is.</summary>
internal sealed class Accounts(IMemberships memberships, CommandContext context)
{
    /// <exception cref="RuleBrokenException"><c>member.not_found</c>, <c>user.managed_elsewhere</c>.</exception>
    public async Task RequireManaged(Guid user, CancellationToken cancellation)
    {
        // The command line speaks for the installation.
        if (context.Tenant == Tenant.System)
            return;

        var organizations = await memberships.Of(user, cancellation);
        if (!organizations.Contains(context.OrganizationId))
            throw new RuleBrokenException("member.not_found", "There is no such member of this organization.");

        if (await memberships.HomeOf(user, cancellation) != context.OrganizationId)
            throw new RuleBrokenException(
                "user.managed_elsewhere",
                "This person joined another organization first; the account is changed there."
            );
    }
}

internal sealed class ChangeUserHandler(IEventLog log, Accounts accounts) : ICommandHandler<ChangeUser>
{
    public async Task<Position> Handle(ChangeUser command, CancellationToken cancellation)
    {
        await accounts.RequireManaged(command.UserId, cancellation);
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

internal sealed class SetUserActiveHandler(IEventLog log, Accounts accounts, SessionStreams sessions)
    : ICommandHandler<SetUserActive>
{
    public async Task<Position> Handle(SetUserActive command, CancellationToken cancellation)
    {
        await accounts.RequireManaged(command.UserId, cancellation);
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

internal sealed class RemoveUserHandler(Accounts accounts, AccountRemoval removal) : ICommandHandler<RemoveUser>
{
    public async Task<Position> Handle(RemoveUser command, CancellationToken cancellation)
    {
        await accounts.RequireManaged(command.UserId, cancellation);
        return await removal.Remove(command.UserId, cancellation);
    }
}

/// <summary>
/// Removes an account: the person leaves every organization, their open invitations are forgotten, their sessions end
/// and the person is forgotten, all in one commit.
/// </summary>
internal sealed class AccountRemoval(IMemberships memberships, IInvitations invitations, SessionStreams sessions)
{
    /// <summary>Removes an account.</summary>
    /// <exception cref="RuleBrokenException"><c>member.is_owner</c>: nothing was changed.</exception>
    public Task<Position> Remove(Guid user, CancellationToken cancellation) =>
        sessions.EndAll(
            user,
            except: null,
            SessionEnds.Removed,
            account => account.Remove(),
            cancellation,
            async changes =>
            {
                foreach (var organization in await memberships.Of(user, cancellation))
                    await changes.Change<Organization, OrganizationEvent>(
                        organization,
                        state => state.Leave(user),
                        organization.ToString()
                    );

                // By its address, which is gone afterwards.
                foreach (var invitation in await invitations.Of(user, cancellation))
                    await changes.Change<Invitation, InvitationEvent>(
                        invitation.Id,
                        state => state.Forget(),
                        invitation.Organization.ToString()
                    );
            }
        );
}
