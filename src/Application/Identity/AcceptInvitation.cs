using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>What a link says to whoever holds it, without accepting: mail scanners follow links.</summary>
/// <param name="Token">As in the link; it names the organization too.</param>
[RequiresNothing]
public sealed record ShowInvitation(string Token) : IQuery<ShownInvitation>;

/// <summary>An invitation that can be accepted.</summary>
/// <param name="HasAccount">The address has an account that can be signed in to: it joins, and none is opened.</param>
public sealed record ShownInvitation(
    string Organization,
    string Email,
    string Role,
    string? Message,
    DateTimeOffset ExpiresAt,
    bool HasAccount
);

/// <summary>The person who asks joins the organization of a link, where the invitation went to their address.</summary>
/// <param name="Token">As in the link; it names the organization too.</param>
[RequiresSignIn]
public sealed record AcceptInvitation(string Token) : IRequest<AcceptedInvitation>;

/// <summary>
/// The account of the invited address joins: whoever holds the link holds the mailbox. Somebody who is signed in with
/// another account is told so instead.
/// </summary>
/// <param name="Token">As in the link; it names the organization too.</param>
/// <param name="Name">What the person is called, where the address has no account that was used yet.</param>
/// <param name="Password">Of the account that is opened then.</param>
[RequiresNothing]
public sealed record AcceptByLink(string Token, string? Name = null, string? Password = null)
    : IRequest<AcceptedInvitation>;

internal sealed class AcceptByLinkValidator : AbstractValidator<AcceptByLink>
{
    public AcceptByLinkValidator() => RuleFor(command => command.Name).PlainText(255);
}

/// <summary>Somebody joined.</summary>
public sealed record AcceptedInvitation(Guid OrganizationId, string Organization, Guid UserId);

internal sealed class OpenInvitations(IEventLog log, IKeyedIds ids, TimeProvider clock)
{
    /// <summary>The invitation behind a link, which names its organization.</summary>
    /// <exception cref="RuleBrokenException">As of <see cref="Invitation.RequireOpen"/>.</exception>
    public async Task<OpenInvitation> Find(string text, CancellationToken cancellation)
    {
        var token = ConfirmationToken.TryParse(text) ?? throw Unknown();
        try
        {
            var there = log.In(token.Tenant.ToString());
            var invitation = (await there.Load<Invitation, InvitationEvent>(token.Stream, cancellation)).State;
            var isAgain = invitation.TokenHash == token.SecretHash && invitation.AcceptedBy is not null;
            if (!isAgain)
                invitation.RequireOpen(token.SecretHash, clock.GetUtcNow());

            if (invitation.Email is null)
                throw Unknown();

            var address = EmailAddress.Parse(invitation.Email);
            return new OpenInvitation(token, invitation, address, ids.OfUser(address));
        }
        catch (NotFoundException)
        {
            // The id is that of something else.
            throw Unknown();
        }
    }

    private static RuleBrokenException Unknown() => new("invitation.unknown", "This invitation is not known.");
}

/// <summary>An invitation behind a link.</summary>
/// <param name="User">The account of the invited address, whether it is there or not.</param>
internal sealed record OpenInvitation(ConfirmationToken Token, Invitation Invitation, EmailAddress Address, Guid User)
{
    /// <summary>The organization that the link names.</summary>
    public Guid Organization => Token.Tenant;

    /// <summary>The same as a tenant.</summary>
    public string Tenant => Token.Tenant.ToString();
}

internal sealed class ShowInvitationHandler(IEventLog log, OpenInvitations open, TimeProvider clock)
    : IRequestHandler<ShowInvitation, ShownInvitation>
{
    public async Task<ShownInvitation> Handle(ShowInvitation query, CancellationToken cancellation)
    {
        var found = await open.Find(query.Token, cancellation);
        var (token, invitation, address, id) = found;
        invitation.RequireOpen(token.SecretHash, clock.GetUtcNow());
        var organization = await log.In(found.Tenant)
            .Load<Organization, OrganizationEvent>(found.Organization, cancellation);
        var user = await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation);
        return new ShownInvitation(
            organization.State.Name,
            address.Value,
            invitation.Role!.Slug,
            invitation.Message,
            invitation.ExpiresAt,
            user.State.Credentials.IsVerified
        );
    }
}

internal sealed class AcceptInvitationHandler(
    IEventLog log,
    OpenInvitations open,
    Joining joining,
    IPasswordHasher hasher,
    CommandContext context,
    TimeProvider clock
) : IRequestHandler<AcceptInvitation, AcceptedInvitation>, IRequestHandler<AcceptByLink, AcceptedInvitation>
{
    public async Task<AcceptedInvitation> Handle(AcceptInvitation command, CancellationToken cancellation)
    {
        var found = await Find(command.Token, cancellation);
        return await Join(found, await Load(found, cancellation), cancellation);
    }

    /// <exception cref="ValidationException">An account is opened, and its password breaks a rule.</exception>
    /// <exception cref="PasswordsBusyException">Too many passwords wait to be hashed.</exception>
    public async Task<AcceptedInvitation> Handle(AcceptByLink command, CancellationToken cancellation)
    {
        var found = await Find(command.Token, cancellation);
        var user = await Load(found, cancellation);
        if (user.State.Credentials.IsVerified)
            return await Join(found, user, cancellation);

        // No account is opened, and no password hashed, for somebody who cannot join now.
        found.Invitation.RequireOpen(found.Token.SecretHash, clock.GetUtcNow());
        await joining.RequireRoom(found, cancellation);
        if (PasswordRules.Broken(command.Password, found.Address.Value) is { } broken)
            throw new ValidationException([new(nameof(command.Password), broken)]);

        var hash = await hasher.Hash(command.Password!, cancellation);
        return await joining.By(
            found,
            async changes =>
            {
                var opened = await changes.Change<User, UserEvent>(
                    found.User,
                    state => state.OpenByMail(found.Address.Value, command.Name, hash),
                    Tenant.System
                );
                return new Person(found.User, opened.Number);
            },
            cancellation
        );
    }

    private async Task<OpenInvitation> Find(string token, CancellationToken cancellation)
    {
        var found = await open.Find(token, cancellation);
        return context.UserId is null || context.UserId == found.User
            ? found
            : throw new RuleBrokenException(
                "invitation.other_address",
                "This invitation went to another address: sign in with the account of that one."
            );
    }

    private Task<Loaded<User>> Load(OpenInvitation found, CancellationToken cancellation) =>
        log.In(Tenant.System).Load<User, UserEvent>(found.User, cancellation);

    private Task<AcceptedInvitation> Join(OpenInvitation found, Loaded<User> user, CancellationToken cancellation) =>
        joining.By(found, _ => Task.FromResult(new Person(found.User, user.Number)), cancellation);
}

/// <summary>Accepts and joins, both or neither.</summary>
internal sealed class Joining(IEventLog log, Seats seats, TimeProvider clock)
{
    /// <summary>Refuses where nobody could join now.</summary>
    public async Task RequireRoom(OpenInvitation found, CancellationToken cancellation)
    {
        var organization = await Load(found, cancellation);
        if (!organization.Members.ContainsKey(found.User))
            await seats.Require(found.Organization, organization, cancellation);
    }

    /// <param name="account">The account that joins, and what joining changes of it.</param>
    public async Task<AcceptedInvitation> By(
        OpenInvitation found,
        Func<IChanges, Task<Person>> account,
        CancellationToken cancellation
    )
    {
        await RequireRoom(found, cancellation);
        // One commit decides on all streams: of two who accept the last seat at once, one keeps the invitation.
        var name = "";
        return await log.In(found.Tenant)
            .Answer(
                () => new AcceptedInvitation(found.Organization, name, found.User),
                answering =>
                    answering.ChangeTogether(
                        async changes =>
                        {
                            var person = await account(changes);
                            await changes.Change<Invitation, InvitationEvent>(
                                found.Token.Stream,
                                invitation => invitation.Accept(found.Token.SecretHash, person, clock.GetUtcNow())
                            );
                            var joined = await changes.Change<Organization, OrganizationEvent>(
                                found.Organization,
                                organization => organization.Join(person, found.Invitation.Role!)
                            );
                            name = joined.State.Name;
                        },
                        cancellation
                    )
            );
    }

    private async Task<Organization> Load(OpenInvitation found, CancellationToken cancellation) =>
        (await log.In(found.Tenant).Load<Organization, OrganizationEvent>(found.Organization, cancellation)).State;
}
