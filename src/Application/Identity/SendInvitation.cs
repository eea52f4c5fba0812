using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Invites an address to the caller's organization by mail. Whoever is invited already gets the mail again, and the
/// link before opens nothing any more.
/// </summary>
/// <param name="Role">One of the system's (<c>admin</c>, <c>member</c>, …) or one of the organization's own.</param>
/// <param name="Message">What the inviter writes along.</param>
[Requires("members:write")]
public sealed record SendInvitation(string Email, string Role = "member", string? Message = null) : ICommand;

/// <summary>Mails an invitation once more; the link before opens nothing any more.</summary>
[Requires("members:write")]
public sealed record ResendInvitation(Guid Id) : ICommand;

/// <summary>Takes an invitation back.</summary>
[Requires("members:write")]
public sealed record RevokeInvitation(Guid Id) : ICommand;

internal sealed class SendInvitationValidator : AbstractValidator<SendInvitation>
{
    public SendInvitationValidator()
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Role).NotEmpty().PlainText(100);
        RuleFor(command => command.Message).Prose(1_000);
    }
}

internal sealed class SendInvitationHandler(
    IEventLog log,
    IKeyedIds ids,
    Roles roles,
    Seats seats,
    InvitationMails mails,
    IInvitations invitations,
    CommandContext context,
    TimeProvider clock
) : ICommandHandler<SendInvitation>
{
    // Each of these is a mail to somebody who did not ask for it.
    private const int MostPending = 100;
    private const int MostRounds = 20;

    /// <exception cref="RuleBrokenException">
    /// <c>role.not_found</c>, <c>role.beyond_own</c>, <c>member.owner_role</c>, <c>member.exists</c>,
    /// <c>organization.seats_taken</c>, <c>quota.exceeded</c>, <c>invitation.too_many</c>,
    /// <c>invitation.mailed_often</c>.
    /// </exception>
    /// <exception cref="MailNotSentException">It stands, and can be sent again.</exception>
    public async Task<Position> Handle(SendInvitation command, CancellationToken cancellation)
    {
        var role = await roles.FindOwn(command.Role, cancellation);
        Organization.RequireOrdinary(role);
        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        var address = EmailAddress.Parse(command.Email);
        if (organization.State.Members.ContainsKey(ids.OfUser(address)))
            throw new RuleBrokenException("member.exists", "This person is a member already.");

        await seats.Require(context.OrganizationId, organization.State, cancellation);
        var stream = await FindRound(address, cancellation);
        var link = mails.NewLink(stream);
        var sent = new InvitationSent(
            address.Value,
            command.Message,
            role,
            Inviter(organization.State),
            organization.Number,
            link.Token.SecretHash,
            link.ExpiresAt
        );
        var position = await log.Change<Invitation, InvitationEvent>(
            stream,
            invitation => invitation.Send(sent),
            cancellation
        );
        // As with opt-ins: the log first, the mail after. Where it fails the caller is told so, and sends it again.
        await mails.Send(link, address.Value, command.Message, organization.State, sent.InvitedBy, cancellation);
        return position;
    }

    // What ended, ended: whoever is invited again gets an invitation of its own, with a row of its own.
    private async Task<Guid> FindRound(EmailAddress address, CancellationToken cancellation)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            var stream = ids.OfInvitation(context.Tenant, address, round);
            var invitation = (await log.Load<Invitation, InvitationEvent>(stream, cancellation)).State;
            if (invitation.Status == InvitationStatus.None)
                await RequireFewPending(cancellation);

            if (!invitation.IsOver)
                return stream;
        }

        throw new RuleBrokenException(
            "invitation.mailed_often",
            $"This address was invited {MostRounds} times: ask the person in another way."
        );
    }

    private async Task RequireFewPending(CancellationToken cancellation)
    {
        if (await invitations.CountOpen(context.OrganizationId, clock.GetUtcNow(), cancellation) >= MostPending)
            throw new RuleBrokenException(
                "invitation.too_many",
                $"{MostPending} invitations wait for an answer: take some of them back first."
            );
    }

    // A program and the operator invite in the owner's name.
    private Person Inviter(Organization organization) =>
        context.UserId is { } user && organization.Members.TryGetValue(user, out var member)
            ? member.Person
            : organization.Owner!;
}

internal sealed class ResendInvitationHandler(
    IEventLog log,
    Roles roles,
    Seats seats,
    InvitationMails mails,
    CommandContext context
) : ICommandHandler<ResendInvitation>
{
    /// <exception cref="NotFoundException">The organization has no such invitation.</exception>
    public async Task<Position> Handle(ResendInvitation command, CancellationToken cancellation)
    {
        var invitation = await InvitationLookup.Require(log, command.Id, cancellation);
        var role = await roles.FindOwn(invitation.Role!.Slug, cancellation);
        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        await seats.Require(context.OrganizationId, organization.State, cancellation);
        var link = mails.NewLink(command.Id);
        var position = await log.Change<Invitation, InvitationEvent>(
            command.Id,
            there => there.Resend(link.Token.SecretHash, link.ExpiresAt, role, there.Message),
            cancellation
        );
        await mails.Send(
            link,
            invitation.Email!,
            invitation.Message,
            organization.State,
            invitation.InvitedBy!,
            cancellation
        );
        return position;
    }
}

internal sealed class RevokeInvitationHandler(IEventLog log, Roles roles) : ICommandHandler<RevokeInvitation>
{
    /// <exception cref="NotFoundException">The organization has no such invitation.</exception>
    public async Task<Position> Handle(RevokeInvitation command, CancellationToken cancellation)
    {
        var invitation = await InvitationLookup.Require(log, command.Id, cancellation);
        if (!invitation.IsOver)
            await roles.FindOwn(invitation.Role!.Slug, cancellation);

        return await log.Change<Invitation, InvitationEvent>(command.Id, there => there.Revoke(), cancellation);
    }
}

internal static class InvitationLookup
{
    /// <exception cref="NotFoundException">No invitation of the caller's organization.</exception>
    public static async Task<Invitation> Require(IEventLog log, Guid id, CancellationToken cancellation)
    {
        var invitation = (await log.Load<Invitation, InvitationEvent>(id, cancellation)).State;
        return invitation.Status != InvitationStatus.None ? invitation : throw new NotFoundException("invitation");
    }
}
