using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;
using Severity = SchemaHub.Application.Access.Severity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Signs a person in with a password. An address that is not known, not verified or closed is answered like a wrong
/// password, and takes as long.
/// </summary>
/// <param name="Kind">One of <see cref="SessionKinds"/>.</param>
/// <param name="Device">What the browser holds of an earlier sign-in.</param>
[RequiresNothing]
public sealed record SignIn(string Email, string Password, string Kind, string? Device = null) : IRequest<SignedIn>;

/// <summary>Signs a person in with an account at Google.</summary>
/// <param name="Code">As Google gave it to the browser.</param>
/// <param name="Verifier">What only that browser knows (RFC 7636).</param>
[RequiresNothing]
public sealed record SignInWithGoogle(string Code, string Verifier, Uri RedirectUri) : IRequest<SignedIn>;

/// <summary>A person is signed in.</summary>
/// <param name="Token">The cookie's or the refresh token; not kept anywhere.</param>
/// <param name="Device">By which the browser is known when it signs in again.</param>
public sealed record SignedIn(
    Guid SessionId,
    Guid UserId,
    Guid? OrganizationId,
    string Token,
    DateTimeOffset ExpiresAt,
    string Device
);

/// <summary>What a person is at Google.</summary>
public sealed record GooglePerson(string Id, string Email, string? Name);

/// <summary>Asks Google who somebody is.</summary>
public interface IGoogle
{
    /// <summary>The person of a code.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>google.refused</c>, <c>google.unavailable</c>, <c>google.email_not_verified</c>.
    /// </exception>
    Task<GooglePerson> Find(string code, string verifier, Uri redirectUri, CancellationToken cancellation);
}

internal sealed class SignInValidator : AbstractValidator<SignIn>
{
    // More than any password may have, whose length the rules tell when it is set.
    private const int MostCharacters = 1_024;

    public SignInValidator()
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Password)
            .NotEmpty()
            .MaximumLength(MostCharacters)
            .Must(password => password is null || PasswordRules.IsText(password))
            .WithMessage("A password is text.");
    }
}

internal sealed class SignInHandler(
    IEventLog log,
    IKeyedIds ids,
    IPasswordHasher hasher,
    ISignInThrottle throttle,
    IDeviceTokens devices,
    SessionStreams sessions,
    ISecurityLog security,
    CommandContext context
) : IRequestHandler<SignIn, SignedIn>
{
    /// <exception cref="RuleBrokenException"><c>credentials.wrong</c>.</exception>
    /// <exception cref="SignInThrottledException">Too many failed.</exception>
    public async Task<SignedIn> Handle(SignIn command, CancellationToken cancellation)
    {
        var id = ids.OfUser(EmailAddress.Parse(command.Email));
        var device = devices.Read(command.Device, id);
        var attempt = await Begin(id, device, cancellation);
        var seen = await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation);
        var isRight = await Verify(command, seen.State, attempt, cancellation);
        var started = isRight ? await sessions.Start(id, seen, command.Kind, cancellation) : null;
        if (started is null)
        {
            // Of an unknown address nothing is kept, not even its hash.
            security.Report(
                context,
                new SecurityIncident("sign_in_failed", Severity.Low, seen.State.IsRegistered ? id : null)
            );
            throw new RuleBrokenException("credentials.wrong", "Address and password do not go together.");
        }

        await throttle.Forgive(attempt, cancellation);
        return started.ToAnswer(devices.Of(device ?? started.Id, id));
    }

    private async Task<SignInAttempt> Begin(Guid account, Guid? device, CancellationToken cancellation)
    {
        try
        {
            return await throttle.Begin(account, context.Ip, device, cancellation);
        }
        catch (SignInThrottledException refused) when (refused.IsFirst)
        {
            security.Report(
                context,
                new SecurityIncident(
                    "sign_in_locked",
                    Severity.High,
                    Details: new Dictionary<string, string> { ["scope"] = refused.Scope }
                )
            );
            throw;
        }
    }

    private async Task<bool> Verify(SignIn command, User user, SignInAttempt attempt, CancellationToken cancellation)
    {
        try
        {
            var hash = user.MaySignIn ? user.Credentials.PasswordHash : null;
            return await hasher.Verify(command.Password, hash, cancellation);
        }
        catch (Exception untried) when (untried is PasswordsBusyException or OperationCanceledException)
        {
            // Nobody has looked at the password: it was no failure.
            await throttle.Forgive(attempt, CancellationToken.None);
            throw;
        }
    }
}

internal sealed class SignInWithGoogleHandler(
    IEventLog log,
    IKeyedIds ids,
    IGoogle google,
    ISessions directory,
    IDeviceTokens devices,
    SessionStreams sessions
) : IRequestHandler<SignInWithGoogle, SignedIn>
{
    public async Task<SignedIn> Handle(SignInWithGoogle command, CancellationToken cancellation)
    {
        var person = await google.Find(command.Code, command.Verifier, command.RedirectUri, cancellation);
        var address = EmailAddress.Parse(person.Email);
        // The address at Google may change; whose account it is does not.
        var id = await directory.OfGoogle(person.Id, cancellation) ?? ids.OfUser(address);
        var seen = await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation);
        var started = await sessions.Start(
            id,
            seen,
            SessionKinds.Browser,
            cancellation,
            user => user.LinkGoogle(address.Value, person.Name, person.Id)
        );
        return started?.ToAnswer(devices.Of(started.Id, id))
            ?? throw new RuleBrokenException("google.account_closed", "This account is closed.");
    }
}

internal static class SignedInAnswers
{
    public static SignedIn ToAnswer(this StartedSession started, string device) =>
        new(started.Id, started.UserId, started.OrganizationId, started.Token, started.ExpiresAt, device);
}
