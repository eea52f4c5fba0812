using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Uses a mailed link: verifies the address, and sets the password and the name of the account.</summary>
[RequiresNothing]
public sealed record ConfirmEmail(string Token, string Password, string? Name = null) : IRequest<KnownDevice>;

/// <summary>Uses a mailed link: sets another password and ends every session.</summary>
[RequiresNothing]
public sealed record ResetPassword(string Token, string Password) : IRequest<KnownDevice>;

/// <summary>Uses a mailed link: the device may sign in while strangers guess at the account.</summary>
[RequiresNothing]
public sealed record ConfirmDevice(string Token) : IRequest<KnownDevice>;

/// <summary>A device that used a mailed link: it is known when somebody signs in there.</summary>
/// <param name="Device">Opens nothing.</param>
public sealed record KnownDevice(string Device);

/// <summary>Whether a mailed link would do what it is for, without doing it: mail scanners follow links.</summary>
[RequiresNothing]
public sealed record CheckAccountLink(AccountLink Use, string Token) : IRequest<AccountLinkState>;

/// <summary>What a link about an account can do.</summary>
public enum AccountLinkState
{
    /// <summary>Nothing: it is not known, or it is too late.</summary>
    Over,

    /// <summary>What it is for.</summary>
    Works,

    /// <summary>Nothing more: it did what it is for.</summary>
    Used,
}

internal sealed class ConfirmEmailValidator : AbstractValidator<ConfirmEmail>
{
    public ConfirmEmailValidator() => RuleFor(command => command.Name).PlainText(255);
}

internal sealed class AccountLinkHandler(
    IEventLog log,
    IAccountTokens tokens,
    IDeviceTokens devices,
    IPasswordHasher hasher,
    SessionStreams sessions,
    IBackgroundJobs jobs,
    TimeProvider clock
)
    : IRequestHandler<ConfirmEmail, KnownDevice>,
        IRequestHandler<ResetPassword, KnownDevice>,
        IRequestHandler<ConfirmDevice, KnownDevice>,
        IRequestHandler<CheckAccountLink, AccountLinkState>
{
    /// <exception cref="RuleBrokenException">
    /// <c>token.unknown</c>, <c>token.expired</c>, <c>token.used</c>.
    /// </exception>
    public async Task<KnownDevice> Handle(ConfirmEmail command, CancellationToken cancellation)
    {
        var user = Read(AccountLink.Verification, command.Token);
        var token = ContentIds.Sha256(command.Token);
        var known = (await log.In(Tenant.System).Load<User, UserEvent>(user, cancellation)).State;
        known.RequireVerification(token, clock.GetUtcNow());
        var hash = await Hash(command.Password, known, cancellation);
        // Control of the mailbox proves who it is, as far as an account goes.
        await log.By(user)
            .In(Tenant.System)
            .Change<User, UserEvent>(
                user,
                state => state.VerifyEmail(token, command.Name, hash, clock.GetUtcNow()),
                cancellation
            );
        return NewDevice(user);
    }

    /// <exception cref="RuleBrokenException">
    /// <c>token.unknown</c>, <c>token.expired</c>, <c>token.used</c>.
    /// </exception>
    public async Task<KnownDevice> Handle(ResetPassword command, CancellationToken cancellation)
    {
        var user = Read(AccountLink.Reset, command.Token);
        var token = ContentIds.Sha256(command.Token);
        var known = (await log.In(Tenant.System).Load<User, UserEvent>(user, cancellation)).State;
        known.RequireReset(token, clock.GetUtcNow());
        var hash = await Hash(command.Password, known, cancellation);
        await sessions.EndAll(
            user,
            except: null,
            SessionEnds.PasswordChanged,
            state => state.ResetPassword(token, hash, clock.GetUtcNow()),
            cancellation,
            isProven: true
        );
        await jobs.Enqueue(new SendAccountMail(user, AccountMails.Changed), cancellation);
        return NewDevice(user);
    }

    /// <exception cref="RuleBrokenException"><c>token.unknown</c>, <c>token.expired</c>.</exception>
    public Task<KnownDevice> Handle(ConfirmDevice command, CancellationToken cancellation)
    {
        var (user, link) = tokens.Read(AccountLink.Device, command.Token) ?? throw Unknown();
        return DeviceLinks.Works(link, clock.GetUtcNow())
            ? Task.FromResult(NewDevice(user))
            : throw new RuleBrokenException("token.expired", "This link has expired; ask for another one.");
    }

    public async Task<AccountLinkState> Handle(CheckAccountLink query, CancellationToken cancellation)
    {
        if (tokens.Read(query.Use, query.Token) is not var (id, link))
            return AccountLinkState.Over;

        if (query.Use == AccountLink.Device)
            return DeviceLinks.Works(link, clock.GetUtcNow()) ? AccountLinkState.Works : AccountLinkState.Over;

        var user = (await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation)).State;
        var links = query.Use == AccountLink.Verification ? user.Credentials.Verifications : user.Credentials.Resets;
        var hash = ContentIds.Sha256(query.Token);
        var known = links.FirstOrDefault(one => one.TokenHash == hash);
        return known is { IsUsed: true } ? AccountLinkState.Used
            : known is not null && clock.GetUtcNow() < known.ExpiresAt ? AccountLinkState.Works
            : AccountLinkState.Over;
    }

    private Guid Read(AccountLink use, string? token) => tokens.Read(use, token)?.User ?? throw Unknown();

    // Called once the link is known to work: a link that does nothing costs no hashing.
    private Task<string> Hash(string password, User known, CancellationToken cancellation) =>
        PasswordRules.Broken(password, known.Email) is { } broken
            ? throw new ValidationException([new(nameof(ResetPassword.Password), broken)])
            : hasher.Hash(password, cancellation);

    // A browser whose user reads the mailbox is not a stranger's.
    private KnownDevice NewDevice(Guid user) => new(devices.Of(Guid.CreateVersion7(clock.GetUtcNow()), user));

    private static RuleBrokenException Unknown() => new("token.unknown", "This link is not known.");
}
