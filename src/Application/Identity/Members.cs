using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
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

/// <summary>Makes another member the owner; the owner before stays, as an administrator.</summary>
[Requires("organization:transfer")]
public sealed record TransferOwnership(Guid UserId) : ICommand;

internal sealed class AddMemberValidator : AbstractValidator<AddMember>
{
    public AddMemberValidator()
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Role).NotEmpty().PlainText(100);
        RuleFor(command => command.Name).PlainText(255);
    }
}

internal sealed class AddMemberHandler(IEventLog log, IKeyedIds ids, Roles roles, CommandContext context)
    : IRequestHandler<AddMember, Guid>
{
    public async Task<Guid> Handle(AddMember command, CancellationToken cancellation)
    {
        var role = await roles.Find(command.Role, cancellation);
        var address = EmailAddress.Parse(command.Email);
        var id = ids.OfUser(address);
        var user = await roles.AsSystem(() =>
            log.Change<User, UserEvent>(id, user => user.Register(address.Value, command.Name), cancellation)
        );
        await log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.Join(new Person(id, user.Number), role),
            cancellation
        );
        return id;
    }
}

internal sealed class ChangeMemberRoleHandler(IEventLog log, Roles roles, CommandContext context)
    : ICommandHandler<ChangeMemberRole>
{
    public async Task<Position> Handle(ChangeMemberRole command, CancellationToken cancellation)
    {
        var role = await roles.Find(command.Role, cancellation);
        return await log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.ChangeRole(command.UserId, role),
            cancellation
        );
    }
}

internal sealed class RemoveMemberHandler(IEventLog log, CommandContext context) : ICommandHandler<RemoveMember>
{
    public Task<Position> Handle(RemoveMember command, CancellationToken cancellation) =>
        log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.Leave(command.UserId),
            cancellation
        );
}

internal sealed class TransferOwnershipHandler(IEventLog log, Roles roles, CommandContext context)
    : ICommandHandler<TransferOwnership>
{
    public async Task<Position> Handle(TransferOwnership command, CancellationToken cancellation)
    {
        var owner = await roles.Find(SystemRoles.Owner, cancellation);
        var admin = await roles.Find(SystemRoles.Admin, cancellation);
        return await log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.TransferTo(command.UserId, owner, admin),
            cancellation
        );
    }
}
