using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>What a server's refusal means for the mail.</summary>
internal static class SmtpVerdict
{
    // It is us that the server does not want, not the mail: somebody has to mend the settings.
    private static readonly TimeSpan UntilMended = TimeSpan.FromMinutes(5);

    /// <summary>The outcome of a reply that is not a success.</summary>
    public static HandOver Of(SmtpReply refused)
    {
        var enhanced = refused.EnhancedCode;
        if (refused.Code == SmtpReply.Closing)
            return new HandOver.NotNow(refused.Reason, IsBroken: true);

        if (refused.Code is 530 or 534 or 535 or 538)
            return new HandOver.NotNow(refused.Reason, UntilMended);

        // RFC 3463 section 2: the class of the enhanced code says it where both are there and differ.
        var isForGood = enhanced.Length > 0 ? enhanced[0] == '5' : refused.Code >= 500;
        return isForGood
            ? new HandOver.Refused(refused.Reason, IsNoSuchMailbox(enhanced))
            : new HandOver.NotNow(refused.Reason);
    }

    /// <summary>
    /// RFC 3463 section 3.2 and RFC 7505: the mailbox or its system does not exist, has moved, takes nothing, or is
    /// disabled. A bare 550 may mean anything, a policy for instance, and says nothing of the mailbox.
    /// </summary>
    private static bool IsNoSuchMailbox(string enhanced) =>
        enhanced is "5.1.1" or "5.1.2" or "5.1.3" or "5.1.6" or "5.1.10" or "5.2.1";
}
