using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Gives a member another role.</summary>
[Requires("members:write")]
public sealed record ChangeMemberRole(Guid UserId, string Role) : ICommand, IActsOnMember
{
    Guid? IActsOnMember.ActsOn => UserId;
}

/// <summary>
/// Suspends a membership, or ends the suspension. A suspended member has no access to the organization, by session or
/// by key. The account and its other memberships stay as they are.
/// </summary>
[Requires("members:write")]
public sealed record SetMemberActive(Guid UserId, bool Active) : ICommand, IActsOnMember
{
    Guid? IActsOnMember.ActsOn => UserId;
}

/// <summary>
/// Ends a membership, and revokes the keys that the member made or holds in the organization. The account stays.
/// </summary>
[Requires("members:write")]
public sealed record RemoveMember(Guid UserId) : ICommand, IActsOnMember
{
    Guid? IActsOnMember.ActsOn => UserId;
}

/// <summary>
/// The person who asks leaves the organization. The keys that they made or hold there are revoked. The account stays,
/// and so does what they did.
/// </summary>
[RequiresSignIn]
public sealed record LeaveOrganization : ICommand;

/// <summary>Makes another member the owner; the owner before stays, as an administrator.</summary>
/// <param name="OwnPassword">Of the owner before; operators have none.</param>
[Requires("organization:transfer")]
public sealed record TransferOwnership(Guid UserId, string? OwnPassword = null) : ICommand, IActsOnMember
{
    Guid? IActsOnMember.ActsOn => UserId;
}

internal sealed class ChangeMemberRoleHandler(IEventLog log, Roles roles, PrivilegeGuard guard, CommandContext context)
    : ICommandHandler<ChangeMemberRole>
{
    public async Task<Position> Handle(ChangeMemberRole command, CancellationToken cancellation)
    {
        var role = await roles.FindOwn(command.Role, cancellation);
        return await log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization =>
            {
                guard.RequireUnchanged(organization);
                return organization.ChangeRole(command.UserId, role);
            },
            cancellation
        );
    }
}

internal sealed class SetMemberActiveHandler(IEventLog log, PrivilegeGuard guard, CommandContext context)
    : ICommandHandler<SetMemberActive>
{
    public Task<Position> Handle(SetMemberActive command, CancellationToken cancellation) =>
        log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization =>
            {
                guard.RequireUnchanged(organization);
                return command.Active ? organization.Reinstate(command.UserId) : organization.Suspend(command.UserId);
            },
            cancellation
        );
}

internal sealed class RemoveMemberHandler(IEventLog log, Leaving leaving, PrivilegeGuard guard, CommandContext context)
    : ICommandHandler<RemoveMember>,
        ICommandHandler<LeaveOrganization>
{
    public Task<Position> Handle(RemoveMember command, CancellationToken cancellation) =>
        log.ChangeTogether(
            changes =>
                leaving.Add(changes, context.OrganizationId, command.UserId, guard.RequireUnchanged, cancellation),
            cancellation
        );

    /// <exception cref="RuleBrokenException">
    /// <c>member.is_owner</c>; <c>member.not_found</c>, also for a program: it is no member.
    /// </exception>
    public Task<Position> Handle(LeaveOrganization command, CancellationToken cancellation) =>
        log.ChangeTogether(
            changes =>
                leaving.Add(changes, context.OrganizationId, context.UserId ?? Guid.Empty, _ => { }, cancellation),
            cancellation
        );
}

/// <summary>Ends memberships with everything that ends with them.</summary>
internal sealed class Leaving(IKeyDirectory keys)
{
    /// <summary>A member leaves, and the keys that they made or hold are revoked.</summary>
    /// <param name="require">Refuses the organization's state.</param>
    public async Task Add(
        IChanges changes,
        Guid organization,
        Guid user,
        Action<Organization> require,
        CancellationToken cancellation
    )
    {
        // A key that is made in this moment opens nothing either: it asks for a membership that began before it.
        var living = await keys.LivingOf(organization, user, cancellation);
        await changes.ChangeEach(
            living,
            (ApiKey key) => key.Revoke("Its maker or holder left the organization."),
            organization.ToString()
        );
        await changes.Change<Organization, OrganizationEvent>(
            organization,
            state =>
            {
                require(state);
                return state.Leave(user);
            },
            organization.ToString()
        );
    }
}

internal sealed class TransferOwnershipHandler(
    IEventLog log,
    Roles roles,
    OwnerCaller owners,
    OwnPassword password,
    CommandContext context
) : ICommandHandler<TransferOwnership>
{
    /// <exception cref="RuleBrokenException">
    /// <c>organization.not_owner</c>, <c>organization.closed</c>, <c>member.not_found</c>, <c>member.suspended</c>.
    /// </exception>
    public async Task<Position> Handle(TransferOwnership command, CancellationToken cancellation)
    {
        var owner = await roles.Find(SystemRoles.Owner, cancellation);
        var admin = await roles.Find(SystemRoles.Admin, cancellation);
        var organization = context.OrganizationId;
        var caller = await owners.Require(cancellation);
        await password.Require(command.OwnPassword, cancellation);
        return await log.ChangeTogether(
            async changes =>
            {
                var before = (await changes.Load<Organization, OrganizationEvent>(organization)).State;
                before.RequireOwner(caller);
                var happened = before.TransferTo(command.UserId, owner, admin);
                if (happened.Count > 0)
                {
                    await changes.Change<User, UserEvent>(
                        before.Owner!.Id,
                        user => user.GiveUpOwnership(organization),
                        Tenant.System
                    );
                    await changes.Change<User, UserEvent>(
                        command.UserId,
                        user => user.TakeOwnership(organization),
                        Tenant.System
                    );
                }

                await changes.Change<Organization, OrganizationEvent>(organization, _ => happened);
            },
            cancellation
        );
    }
}

/// <summary>Who asks for what only the owner of an organization does.</summary>
internal sealed class OwnerCaller(IEventLog log, KeyPermissions keys, CommandContext context)
{
    /// <summary>
    /// The person who asks, or who answers for the key that asks. Null: the operator. A caller who does not own the
    /// organization learns that here, before a password is asked for; the decision checks it again.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>organization.not_owner</c>.</exception>
    public async Task<Guid?> Require(CancellationToken cancellation)
    {
        if (context.Access.IsOperator)
            return null;

        var caller = (await keys.Maker(cancellation)).Person ?? Guid.Empty;
        var there = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        there.State.RequireOwner(caller);
        return caller;
    }
}
