using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Who the caller is, and where they belong.</summary>
[RequiresSignIn]
public sealed record GetMe : IRequest<Me>;

/// <summary>A person, as shown to that person.</summary>
/// <param name="Number">The integer id of backstage and saas.</param>
/// <param name="OrganizationId">The one that the session works in; null before one is chosen.</param>
/// <param name="Organizations">At most 200, in the order in which they were founded.</param>
/// <param name="Permissions">What the caller may do in the session's organization, as resource:action.</param>
public sealed record Me(
    Guid Id,
    long Number,
    string? Email,
    string? Name,
    string? FirstName,
    string? LastName,
    string? AvatarUrl,
    bool HasPassword,
    bool HasGoogle,
    Guid? SessionId,
    Guid? OrganizationId,
    IReadOnlyList<MyOrganization> Organizations,
    IReadOnlyList<string> Permissions
);

/// <summary>Replaces what the caller is called and how they look.</summary>
[RequiresSignIn]
public sealed record ChangeMyProfile(string? Name, string? FirstName, string? LastName, string? AvatarUrl)
    : IRequest<Unit>,
        IProfile;

/// <summary>Sets another password for the caller, and ends the caller's other sessions.</summary>
[RequiresSignIn]
public sealed record ChangeMyPassword(string Current, string Password) : IRequest<Unit>;

/// <summary>Removes the caller's account and forgets the person.</summary>
[RequiresSignIn]
public sealed record RemoveMe(string Password) : IRequest<Unit>;

internal sealed class ChangeMyProfileValidator : ProfileValidator<ChangeMyProfile>;

internal sealed class MyAccountHandler(
    IEventLog log,
    IMemberships memberships,
    SessionStreams sessions,
    OwnPassword password,
    IPasswordHasher hasher,
    AccountRemoval removal,
    RunAs runAs,
    CommandContext context
)
    : IRequestHandler<GetMe, Me>,
        IRequestHandler<ChangeMyProfile, Unit>,
        IRequestHandler<ChangeMyPassword, Unit>,
        IRequestHandler<RemoveMe, Unit>
{
    public async Task<Me> Handle(GetMe query, CancellationToken cancellation)
    {
        var id = context.RequireUser();
        var (user, _, number) = await Load(id, cancellation);
        return new Me(
            id,
            number,
            user.Email,
            user.Profile.Name,
            user.Profile.FirstName,
            user.Profile.LastName,
            user.Profile.AvatarUrl,
            user.Credentials.PasswordHash is not null,
            user.Credentials.GoogleId is not null,
            context.SessionId,
            context.Tenant == Tenant.System ? null : context.OrganizationId,
            await memberships.List(id, IMemberships.Most, after: 0, cancellation),
            [.. context.Access.Permissions.Order(StringComparer.Ordinal)]
        );
    }

    public async Task<Unit> Handle(ChangeMyProfile command, CancellationToken cancellation)
    {
        var profile = new UserProfile(command.Name, command.FirstName, command.LastName, command.AvatarUrl);
        await log.In(Tenant.System)
            .Change<User, UserEvent>(context.RequireUser(), user => user.Change(profile), cancellation);
        return Unit.Value;
    }

    public async Task<Unit> Handle(ChangeMyPassword command, CancellationToken cancellation)
    {
        var id = context.RequireUser();
        var user = (await Load(id, cancellation)).State;
        if (PasswordRules.Broken(command.Password, user.Email) is { } broken)
            throw new ValidationException([new(nameof(command.Password), broken)]);

        await password.Require(id, user, command.Current, cancellation);
        var hash = await hasher.Hash(command.Password, cancellation);
        await sessions.EndAll(
            id,
            context.SessionId,
            SessionEnds.PasswordChanged,
            state => state.SetPassword(hash),
            cancellation
        );
        // The mail is about the account, which is no organization's.
        await using var account = runAs.Caller(context.In(Tenant.System));
        await account
            .Services.GetRequiredService<IBackgroundJobs>()
            .Enqueue(new SendAccountMail(id, AccountMails.Changed), cancellation);
        return Unit.Value;
    }

    /// <exception cref="RuleBrokenException"><c>account.owns_organization</c>.</exception>
    public async Task<Unit> Handle(RemoveMe command, CancellationToken cancellation)
    {
        var id = context.RequireUser();
        var user = (await Load(id, cancellation)).State;
        await password.Require(id, user, command.Password, cancellation);
        await removal.Remove(id, cancellation);
        return Unit.Value;
    }

    private Task<Loaded<User>> Load(Guid id, CancellationToken cancellation) =>
        log.In(Tenant.System).Load<User, UserEvent>(id, cancellation);
}

/// <summary>Asks signed-in people for their password where a borrowed session must not be enough.</summary>
internal sealed class OwnPassword(
    IPasswordHasher hasher,
    ISignInThrottle throttle,
    ISecurityLog security,
    CommandContext context
)
{
    /// <exception cref="RuleBrokenException"><c>password.wrong</c>, <c>password.none</c>.</exception>
    /// <exception cref="SignInThrottledException">It was tried too often.</exception>
    public async Task Require(Guid id, User user, string? given, CancellationToken cancellation)
    {
        if (user.Credentials.PasswordHash is not { } hash)
            throw new RuleBrokenException(
                "password.none",
                "The account has no password: ask for a link that sets one, and repeat this."
            );

        // Counted by session: whoever borrowed one locks nobody else out.
        var attempt = await throttle.Begin(id, context.Ip, context.SessionId, cancellation);
        if (given is not null && PasswordRules.IsText(given) && await hasher.Verify(given, hash, cancellation))
        {
            await throttle.Forgive(attempt, cancellation);
            return;
        }

        security.Report(context, new SecurityIncident("password_check_failed", Access.Severity.Medium, id));
        throw new RuleBrokenException("password.wrong", "This is not the account's password.");
    }
}
