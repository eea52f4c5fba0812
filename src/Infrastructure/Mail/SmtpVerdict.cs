using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>What a server's refusal means for the mail, by the same rules as what bounces say.</summary>
internal static class SmtpVerdict
{
    // It is us that the server does not want, not the mail: somebody has to mend the settings.
    private static readonly TimeSpan UntilMended = TimeSpan.FromMinutes(5);

    /// <summary>The outcome of a reply that is not a success.</summary>
    public static HandOver Of(SmtpReply refused)
    {
        if (refused.Code == SmtpReply.Closing)
            return new HandOver.NotNow(refused.Reason, IsBroken: true);

        if (refused.Code is 530 or 534 or 535 or 538)
            return new HandOver.NotNow(refused.Reason, UntilMended);

        var said = refused.Line;
        var status = BounceRules.StatusOf(status: null, said);
        if (status?[0] != '5' || BounceRules.Default.Find(status, said) is not { } rule)
            return new HandOver.NotNow(refused.Reason);

        // A bare 550 may be about anything that came before it, us or the content, and proves nothing of the mailbox.
        var isNoSuchMailbox = rule is { IsHard: true, IsLastResort: false } && !refused.IsToSender;
        var about = refused.IsToSender ? "sender" : rule.About;
        MailMetrics.CountRefusal(new Refusal(rule.Name, about, isNoSuchMailbox), isInSession: true);
        return new HandOver.Refused(refused.Reason, isNoSuchMailbox);
    }
}
