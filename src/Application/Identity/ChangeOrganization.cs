using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Gives the caller's organization another name. Its slug is its identity and stays.</summary>
[Requires("organization:write")]
public sealed record RenameOrganization(string Name, long? ExpectedVersion = null) : ICommand;

/// <summary>
/// Ends the caller's organization: its keys open nothing any more, its invitations are taken back, its evidence stays.
/// </summary>
/// <param name="OwnPassword">Of the owner; operators have none.</param>
[Requires("organization:transfer")]
public sealed record CloseOrganization(string? OwnPassword = null) : ICommand;

internal sealed class RenameOrganizationValidator : AbstractValidator<RenameOrganization>
{
    public RenameOrganizationValidator() => RuleFor(command => command.Name).NotEmpty().PlainText(200);
}

internal sealed class RenameOrganizationHandler(IEventLog log, CommandContext context)
    : ICommandHandler<RenameOrganization>
{
    public Task<Position> Handle(RenameOrganization command, CancellationToken cancellation) =>
        log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.Rename(command.Name),
            cancellation,
            command.ExpectedVersion
        );
}

internal sealed class CloseOrganizationHandler(
    IEventLog log,
    IInvitations invitations,
    OwnerCaller owners,
    OwnPassword password,
    CommandContext context
) : ICommandHandler<CloseOrganization>
{
    /// <exception cref="RuleBrokenException"><c>organization.not_owner</c>.</exception>
    public async Task<Position> Handle(CloseOrganization command, CancellationToken cancellation)
    {
        var id = context.OrganizationId;
        var caller = await owners.Require(cancellation);
        await password.Require(command.OwnPassword, cancellation);
        // In one commit. An invitation that is sent in this moment opens nothing either: nobody joins what is closed.
        return await log.ChangeTogether(
            async changes =>
            {
                var open = await invitations.Pending(id, cancellation);
                await changes.ChangeEach(open, (Invitation invitation) => invitation.IsOver ? [] : invitation.Revoke());
                var organization = await changes.Load<Organization, OrganizationEvent>(id);
                organization.State.RequireOwner(caller);
                if (organization.State.Owner is { } owner)
                    await changes.Change<User, UserEvent>(owner.Id, user => user.GiveUpOwnership(id), Tenant.System);

                await changes.Change<Organization, OrganizationEvent>(id, state => state.Close());
            },
            cancellation
        );
    }
}
