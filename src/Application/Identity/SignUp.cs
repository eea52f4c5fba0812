using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Opens an account. The answer, and the time it takes, are the same whether the address has one already; what follows
/// is in a mail to the address. Only the address is kept: anybody can type anybody's address, and the account belongs
/// to the person who sets its password by the mailed link.
/// </summary>
/// <param name="Password">Held to the rules where a form asks for it at once; it is not kept.</param>
/// <param name="Name">The same.</param>
[RequiresNothing]
public sealed record SignUp(string Email, string? Password = null, string? Name = null) : IRequest<Unit>;

/// <summary>Asks for another link that verifies an address. Nothing is learned of the address.</summary>
[RequiresNothing]
public sealed record RequestVerification(string Email) : IRequest<Unit>;

/// <summary>Asks for a link that sets another password. Nothing is learned of the address.</summary>
[RequiresNothing]
public sealed record RequestPasswordReset(string Email) : IRequest<Unit>;

/// <summary>
/// Asks for a link by which the browser that uses it may sign in while strangers guess at the account. Nothing is
/// learned of the address.
/// </summary>
[RequiresNothing]
public sealed record RequestDeviceLink(string Email) : IRequest<Unit>;

internal sealed class SignUpValidator : AbstractValidator<SignUp>
{
    public SignUpValidator()
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Password)
            .Password(command => command.Email)
            .When(command => command.Password is not null);
        RuleFor(command => command.Name).PlainText(255);
    }
}

internal sealed class RequestVerificationValidator : AbstractValidator<RequestVerification>
{
    public RequestVerificationValidator() => RuleFor(command => command.Email).EmailAddress();
}

internal sealed class RequestPasswordResetValidator : AbstractValidator<RequestPasswordReset>
{
    public RequestPasswordResetValidator() => RuleFor(command => command.Email).EmailAddress();
}

internal sealed class RequestDeviceLinkValidator : AbstractValidator<RequestDeviceLink>
{
    public RequestDeviceLinkValidator() => RuleFor(command => command.Email).EmailAddress();
}

internal sealed class SignUpHandler(IAccountQueue queue, IKeyedIds ids, CommandContext context)
    : IRequestHandler<SignUp, Unit>,
        IRequestHandler<RequestVerification, Unit>,
        IRequestHandler<RequestPasswordReset, Unit>,
        IRequestHandler<RequestDeviceLink, Unit>
{
    public Task<Unit> Handle(SignUp command, CancellationToken cancellation) =>
        Add(new RegisterSignUp(EmailAddress.Parse(command.Email).Value));

    public Task<Unit> Handle(RequestVerification command, CancellationToken cancellation) =>
        Add(new SendVerification(ids.OfUser(EmailAddress.Parse(command.Email))));

    public Task<Unit> Handle(RequestPasswordReset command, CancellationToken cancellation) =>
        Add(new SendPasswordReset(ids.OfUser(EmailAddress.Parse(command.Email))));

    public Task<Unit> Handle(RequestDeviceLink command, CancellationToken cancellation) =>
        Add(new SendDeviceLink(ids.OfUser(EmailAddress.Parse(command.Email))));

    private Task<Unit> Add(ICommand work)
    {
        queue.Add(context, work);
        return Unit.Task;
    }
}

/// <summary>What becomes of a sign-up once it was answered.</summary>
[RequiresOperator]
public sealed record RegisterSignUp(string Email) : ICommand;

/// <summary>Sends a link that verifies the address of an account, where there is one that needs it.</summary>
[RequiresOperator]
public sealed record SendVerification(Guid UserId) : ICommand;

/// <summary>Sends a link that sets another password, where there is such an account.</summary>
[RequiresOperator]
public sealed record SendPasswordReset(Guid UserId) : ICommand;

/// <summary>Sends a link by which a browser becomes a known device, where there is such an account.</summary>
[RequiresOperator]
public sealed record SendDeviceLink(Guid UserId) : ICommand;

internal sealed class RegisterSignUpHandler(
    IEventLog log,
    IKeyedIds ids,
    IAccountTokens tokens,
    IBackgroundJobs jobs,
    TimeProvider clock
)
    : ICommandHandler<RegisterSignUp>,
        ICommandHandler<SendVerification>,
        ICommandHandler<SendPasswordReset>,
        ICommandHandler<SendDeviceLink>
{
    // Seconds.
    private const int BetweenDeviceLinks = 15 * 60;

    public async Task<Position> Handle(RegisterSignUp command, CancellationToken cancellation)
    {
        var user = ids.OfUser(EmailAddress.Parse(command.Email));
        var isKnown = false;
        var position = await Ask(
            AccountLink.Verification,
            user,
            (state, hash, now) =>
            {
                isKnown = state.Credentials.IsVerified;
                return state.SignUp(command.Email, hash, now);
            },
            cancellation
        );
        if (isKnown)
            await jobs.Enqueue(new SendAccountMail(user, AccountMails.Known), cancellation, OncePerHour(user));

        return position;
    }

    public Task<Position> Handle(SendVerification command, CancellationToken cancellation) =>
        Ask(
            AccountLink.Verification,
            command.UserId,
            (state, hash, now) => state.RequestVerification(hash, now),
            cancellation
        );

    public Task<Position> Handle(SendPasswordReset command, CancellationToken cancellation) =>
        Ask(AccountLink.Reset, command.UserId, (state, hash, now) => state.RequestReset(hash, now), cancellation);

    public async Task<Position> Handle(SendDeviceLink command, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (user, version, number) = await log.In(Tenant.System).Load<User, UserEvent>(command.UserId, cancellation);
        if (user.MaySignIn)
            await jobs.Enqueue(
                new SendAccountMail(command.UserId, AccountMails.Device, Guid.CreateVersion7(now)),
                cancellation,
                // One mail in a quarter of an hour, however often it is asked for.
                $"account-device-{command.UserId:n}-{now.ToUnixTimeSeconds() / BetweenDeviceLinks}"
            );

        return new Position(command.UserId, version, Sequence: 0, number);
    }

    // The log first, the mail after: a crash between them loses a mail that the person can ask for again.
    private async Task<Position> Ask(
        AccountLink use,
        Guid user,
        Func<User, string, DateTimeOffset, IReadOnlyList<UserEvent>> decide,
        CancellationToken cancellation
    )
    {
        var now = clock.GetUtcNow();
        var link = Guid.CreateVersion7(now);
        var hash = ContentIds.Sha256(tokens.Of(use, user, link));
        var position = await log.In(Tenant.System)
            .Change<User, UserEvent>(user, state => decide(state, hash, now), cancellation);
        if (position.Sequence > 0)
            await jobs.Enqueue(
                new SendAccountMail(
                    user,
                    use == AccountLink.Verification ? AccountMails.Verification : AccountMails.Reset,
                    link
                ),
                cancellation
            );

        return position;
    }

    // Signing up again and again with somebody's address is no way to fill their mailbox.
    private string OncePerHour(Guid user) => $"account-known-{user:n}-{clock.GetUtcNow():yyyyMMddHH}";
}
