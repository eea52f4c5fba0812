using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Takes somebody into the caller's organization and, where the address is new, opens their account.</summary>
/// <param name="Role">One of the system's (<c>admin</c>, <c>member</c>, …) or one of the organization's own.</param>
[Requires("members:write")]
public sealed record AddMember(string Email, string Role = "member", string? Name = null) : IRequest<Guid>;

/// <summary>Gives a member another role.</summary>
[Requires("members:write")]
public sealed record ChangeMemberRole(Guid UserId, string Role) : ICommand;

/// <summary>Lets a member go. The account stays.</summary>
[Requires("members:write")]
public sealed record RemoveMember(Guid UserId) : ICommand;

/// <summary>The person who asks leaves the organization. The account stays, and so does what they did.</summary>
[RequiresSignIn]
public sealed record LeaveOrganization : ICommand;

/// <summary>Makes another member the owner; the owner before stays, as an administrator.</summary>
/// <param name="OwnPassword">Of the owner before; operators have none.</param>
[Requires("organization:transfer")]
public sealed record TransferOwnership(Guid UserId, string? OwnPassword = null) : ICommand;

internal sealed class AddMemberValidator : AbstractValidator<AddMember>
{
    public AddMemberValidator()
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Role).NotEmpty().PlainText(100);
        RuleFor(command => command.Name).PlainText(255);
    }
}

internal sealed class AddMemberHandler(IEventLog log, IKeyedIds ids, Roles roles, Seats seats, CommandContext context)
    : IRequestHandler<AddMember, Guid>
{
    public async Task<Guid> Handle(AddMember command, CancellationToken cancellation)
    {
        var role = await roles.FindOwn(command.Role, cancellation);
        var address = EmailAddress.Parse(command.Email);
        var id = ids.OfUser(address);
        // No account is opened for somebody without a seat; who takes the last one meanwhile is for joining to see.
        var there = (await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation)).State;
        if (there.Members.TryGetValue(id, out var member))
            await roles.FindOwn(member.Role.Slug, cancellation);
        else
            await seats.Require(context.OrganizationId, there, cancellation);

        await log.ChangeTogether(
            async changes =>
            {
                var user = await changes.Change<User, UserEvent>(
                    id,
                    account => account.Register(address.Value, command.Name),
                    Tenant.System
                );
                await changes.Change<Organization, OrganizationEvent>(
                    context.OrganizationId,
                    organization => organization.Join(new Person(id, user.Number), role)
                );
            },
            cancellation
        );
        return id;
    }
}

/// <summary>Whom the caller may change or let go.</summary>
internal sealed class MembersWithin(IEventLog log, Roles roles, CommandContext context)
{
    /// <summary>Nobody overrules somebody who may do more than they may themselves.</summary>
    /// <exception cref="RuleBrokenException"><c>role.beyond_own</c>.</exception>
    public async Task RequireWithin(Guid user, CancellationToken cancellation)
    {
        if (context.Access.IsOperator)
            return;

        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        // The owner's role is nobody's to change: the organization itself says so, and why.
        if (organization.State.Members.TryGetValue(user, out var member) && user != organization.State.Owner?.Id)
            await roles.FindOwn(member.Role.Slug, cancellation);
    }
}

internal sealed class ChangeMemberRoleHandler(IEventLog log, Roles roles, MembersWithin members, CommandContext context)
    : ICommandHandler<ChangeMemberRole>
{
    public async Task<Position> Handle(ChangeMemberRole command, CancellationToken cancellation)
    {
        var role = await roles.FindOwn(command.Role, cancellation);
        await members.RequireWithin(command.UserId, cancellation);
        return await log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.ChangeRole(command.UserId, role),
            cancellation
        );
    }
}

internal sealed class RemoveMemberHandler(IEventLog log, MembersWithin members, CommandContext context)
    : ICommandHandler<RemoveMember>
{
    public async Task<Position> Handle(RemoveMember command, CancellationToken cancellation)
    {
        await members.RequireWithin(command.UserId, cancellation);
        return await log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.Leave(command.UserId),
            cancellation
        );
    }
}

internal sealed class LeaveOrganizationHandler(IEventLog log, CommandContext context)
    : ICommandHandler<LeaveOrganization>
{
    /// <exception cref="RuleBrokenException">
    /// <c>member.is_owner</c>; <c>member.not_found</c>, also for a program: it is no member.
    /// </exception>
    public Task<Position> Handle(LeaveOrganization command, CancellationToken cancellation) =>
        log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.Leave(context.UserId ?? Guid.Empty),
            cancellation
        );
}

internal sealed class TransferOwnershipHandler(IEventLog log, Roles roles, OwnPassword password, CommandContext context)
    : ICommandHandler<TransferOwnership>
{
    public async Task<Position> Handle(TransferOwnership command, CancellationToken cancellation)
    {
        // Who does not own it learns that, and is not asked for a password.
        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        organization.State.RequireOwner(context.UserId);
        await password.Require(command.OwnPassword, cancellation);
        var owner = await roles.Find(SystemRoles.Owner, cancellation);
        var admin = await roles.Find(SystemRoles.Admin, cancellation);
        return await log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            current =>
            {
                current.RequireOwner(context.UserId);
                return current.TransferTo(command.UserId, owner, admin);
            },
            cancellation
        );
    }
}
