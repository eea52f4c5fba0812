using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Sends a person a mail about their account. The job holds ids: address and token are found when it runs, and
/// nothing is sent any more where the account is gone or the link is over.
/// </summary>
/// <param name="Kind">One of <see cref="AccountMails"/>.</param>
/// <param name="Link">Of a mail with a link.</param>
[Job("account.mail"), RequiresOperator]
public sealed record SendAccountMail(Guid UserId, string Kind, Guid? Link = null) : IJob;

/// <summary>Mails about accounts, as jobs name them.</summary>
public static class AccountMails
{
    /// <summary>With the link that verifies the address.</summary>
    public const string Verification = "verification";

    /// <summary>With the link that sets another password.</summary>
    public const string Reset = "reset";

    /// <summary>With the link that makes a device known.</summary>
    public const string Device = "device";

    /// <summary>Says that there is an account already.</summary>
    public const string Known = "known";

    /// <summary>Says that the password was changed.</summary>
    public const string Changed = "changed";
}

internal sealed class SendAccountMailHandler(
    IEventLog log,
    IMailer mailer,
    IPublicLinks links,
    IAccountTokens tokens,
    TimeProvider clock
) : IJobHandler<SendAccountMail>
{
    public async Task<string> Handle(SendAccountMail job, CancellationToken cancellation)
    {
        var user = (await log.In(Tenant.System).Load<User, UserEvent>(job.UserId, cancellation)).State;
        if (user.Email is not { } address || MailOf(job, user, address) is not { } mail)
            return "There was nothing to send any more.";

        try
        {
            await mailer.Send(mail, cancellation);
            return $"Sent a mail: {job.Kind}.";
        }
        catch (MailNotSentException refused) when (refused.IsForGood)
        {
            // Nobody reads mail there: again would be no better.
            return $"The mail was refused for good: {job.Kind}.";
        }
        catch (MailNotSentException unanswered) when (unanswered.IsInDoubt)
        {
            // It may lie in the mailbox already; the person asks again where it does not.
            return $"The mail server did not answer for the mail, which may have arrived: {job.Kind}.";
        }
    }

    private Mail? MailOf(SendAccountMail job, User user, string address) =>
        job.Kind switch
        {
            AccountMails.Verification => Token(AccountLink.Verification, job, user.Credentials.Verifications)
                is { } token
                ? AccountMail.Verification(address, links.EmailVerification(token))
                : null,
            AccountMails.Reset => Token(AccountLink.Reset, job, user.Credentials.Resets) is { } token
                ? AccountMail.Reset(address, links.PasswordReset(token))
                : null,
            AccountMails.Device when job.Link is { } link => user.MaySignIn
            && DeviceLinks.Works(link, clock.GetUtcNow())
                ? AccountMail.Device(address, links.DeviceLink(tokens.Of(AccountLink.Device, job.UserId, link)))
                : null,
            AccountMails.Known => AccountMail.Known(address),
            _ => AccountMail.Changed(address),
        };

    private string? Token(AccountLink use, SendAccountMail job, IReadOnlyCollection<MailedLink> asked)
    {
        var token = tokens.Of(use, job.UserId, job.Link ?? Guid.Empty);
        var hash = ContentIds.Sha256(token);
        return asked.Any(link => link.TokenHash == hash && !link.IsUsed && clock.GetUtcNow() < link.ExpiresAt)
            ? token
            : null;
    }
}
