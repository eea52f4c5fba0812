using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Uses a mailed link: the mailbox is the person's, and the password of the sign-up the account's.</summary>
[RequiresNothing]
public sealed record ConfirmEmail(string Token) : IRequest<Unit>;

/// <summary>Uses a mailed link: sets another password and ends every session.</summary>
[RequiresNothing]
public sealed record ResetPassword(string Token, string Password) : IRequest<Unit>;

/// <summary>Whether a mailed link would do what it is for, without doing it: mail scanners follow links.</summary>
[RequiresNothing]
public sealed record CheckAccountLink(AccountLink Use, string Token) : IRequest<bool>;

internal sealed class AccountLinkHandler(
    IEventLog log,
    IAccountTokens tokens,
    IPasswordHasher hasher,
    SessionStreams sessions,
    IBackgroundJobs jobs,
    TimeProvider clock
) : IRequestHandler<ConfirmEmail, Unit>, IRequestHandler<ResetPassword, Unit>, IRequestHandler<CheckAccountLink, bool>
{
    /// <exception cref="RuleBrokenException"><c>token.unknown</c>, <c>token.expired</c>.</exception>
    public async Task<Unit> Handle(ConfirmEmail command, CancellationToken cancellation)
    {
        var user = Read(AccountLink.Verification, command.Token);
        await log.By(user)
            .In(Tenant.System)
            .Change<User, UserEvent>(
                user,
                state => state.VerifyEmail(ContentIds.Sha256(command.Token), clock.GetUtcNow()),
                cancellation
            );
        return Unit.Value;
    }

    /// <exception cref="RuleBrokenException">
    /// <c>token.unknown</c>, <c>token.expired</c>, <c>token.used</c>.
    /// </exception>
    public async Task<Unit> Handle(ResetPassword command, CancellationToken cancellation)
    {
        var user = Read(AccountLink.Reset, command.Token);
        var token = ContentIds.Sha256(command.Token);
        var known = (await log.In(Tenant.System).Load<User, UserEvent>(user, cancellation)).State;
        // Before the work of hashing: a link that does nothing costs nothing.
        known.RequireReset(token, clock.GetUtcNow());
        if (PasswordRules.Broken(command.Password, known.Email) is { } broken)
            throw new ValidationException([new(nameof(ResetPassword.Password), broken)]);

        var hash = await hasher.Hash(command.Password, cancellation);
        await sessions.EndAll(
            user,
            except: null,
            SessionEnds.PasswordChanged,
            state => state.ResetPassword(token, hash, clock.GetUtcNow()),
            cancellation,
            // Control of the mailbox proves who it is, as far as an account goes.
            isProven: true
        );
        await jobs.Enqueue(new SendAccountMail(user, AccountMails.Changed), cancellation);
        return Unit.Value;
    }

    public async Task<bool> Handle(CheckAccountLink query, CancellationToken cancellation)
    {
        if (tokens.Read(query.Use, query.Token) is not { } id)
            return false;

        var user = (await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation)).State;
        var links = query.Use == AccountLink.Verification ? user.Credentials.Verifications : user.Credentials.Resets;
        var hash = ContentIds.Sha256(query.Token);
        return links.Any(link => link.TokenHash == hash && !link.IsUsed && clock.GetUtcNow() < link.ExpiresAt);
    }

    private Guid Read(AccountLink use, string? token) =>
        tokens.Read(use, token) ?? throw new RuleBrokenException("token.unknown", "This link is not known.");
}
