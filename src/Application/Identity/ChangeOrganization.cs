using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
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
    OwnPassword password,
    CommandContext context
) : ICommandHandler<CloseOrganization>
{
    public async Task<Position> Handle(CloseOrganization command, CancellationToken cancellation)
    {
        // Who does not own it learns that, and is not asked for a password.
        var there = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        there.State.RequireOwner(context.UserId);
        await password.Require(command.OwnPassword, cancellation);
        // In one commit. One that was sent in this very moment opens nothing either: nobody joins what is closed.
        return await log.ChangeTogether(
            async changes =>
            {
                var open = await invitations.Pending(context.OrganizationId, cancellation);
                await changes.ChangeMany<Invitation, InvitationEvent>([
                    .. open.Select(id => (id, (Func<Invitation, IReadOnlyList<InvitationEvent>>)Revoke)),
                ]);
                await changes.Change<Organization, OrganizationEvent>(
                    context.OrganizationId,
                    organization =>
                    {
                        organization.RequireOwner(context.UserId);
                        return organization.Close();
                    }
                );
            },
            cancellation
        );
    }

    private static IReadOnlyList<InvitationEvent> Revoke(Invitation invitation) =>
        invitation.IsOver ? [] : invitation.Revoke();
}
