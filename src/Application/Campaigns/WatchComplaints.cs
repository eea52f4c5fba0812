using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Looks at how many people complained of a campaign: at 0.10% the operator is told, at 0.30% it is paused. Asked
/// after each complaint, and whenever a campaign is counted anew.
/// </summary>
/// <param name="IsNew">A complaint has just come in, which may be the one that crossed a line.</param>
[RequiresOperator]
public sealed record WatchComplaints(int Campaign, bool IsNew = false) : IRequest<ComplaintVerdict>;

/// <summary>What is known of a campaign's mails.</summary>
/// <param name="Sent">Taken by the provider, whatever became of them.</param>
/// <param name="Delivered">Said to have arrived.</param>
/// <param name="Complained">Reported as spam, once each.</param>
public sealed record CampaignFeedback(long Sent, long Delivered, long Complained)
{
    /// <summary>How many of those who got the mail complained.</summary>
    public ComplaintRate Rate => ComplaintRate.Of(Complained, Delivered, Sent);
}

/// <summary>Tells the operator that people complain.</summary>
public interface IComplaintAlarm
{
    /// <summary>A campaign's rate has crossed a line.</summary>
    void Raise(int campaign, ComplaintRate rate);
}

internal sealed class WatchComplaintsHandler(
    IDeliveries deliveries,
    IEventLog log,
    IStreamDirectory streams,
    CommandContext context,
    IComplaintAlarm alarm
) : IRequestHandler<WatchComplaints, ComplaintVerdict>
{
    public async Task<ComplaintVerdict> Handle(WatchComplaints asked, CancellationToken cancellation)
    {
        var feedback = await deliveries.Feedback(asked.Campaign, cancellation);
        var rate = feedback.Rate;
        if (rate.Verdict == ComplaintVerdict.Fine)
            return rate.Verdict;

        // Once for each line, not once for each complaint beyond it.
        var before = rate with
        {
            Complained = rate.Complained - 1,
        };
        if (asked.IsNew && before.Verdict != rate.Verdict)
            alarm.Raise(asked.Campaign, rate);

        if (rate.Verdict == ComplaintVerdict.Pauses)
            await Pause(asked.Campaign, cancellation);

        return rate.Verdict;
    }

    private async Task Pause(int campaign, CancellationToken cancellation)
    {
        var stream = await streams.Find(context.Tenant, campaign, Campaign.StreamType, cancellation);
        if (stream is null)
            return;

        // Sent to everybody already, there is nothing to stop.
        await log.Change<Campaign, CampaignEvent>(
            stream.Value,
            state => state.PauseIfSending(PauseReasons.Complaints),
            cancellation
        );
    }
}
