using System.Diagnostics;

namespace SchemaHub.Domain.Campaigns;

/// <summary>Where a campaign stands.</summary>
public enum CampaignStatus
{
    /// <summary>There is none, or it was thrown away.</summary>
    None,

    /// <summary>Being written.</summary>
    Draft,

    /// <summary>Begins by itself at its time.</summary>
    Scheduled,

    /// <summary>Mails go out.</summary>
    Sending,

    /// <summary>Stopped, and may go on.</summary>
    Paused,

    /// <summary>Every recipient has an outcome.</summary>
    Sent,

    /// <summary>Ended before everybody was written to.</summary>
    Cancelled,
}

/// <summary>One mail to many people, each of whom agreed to it.</summary>
/// <param name="Plan">What is to be sent, to whom.</param>
/// <param name="Content">What is sent, once sending began.</param>
/// <param name="ScheduledAt">When sending begins by itself.</param>
/// <param name="Recipients">How many it goes to, once they were frozen.</param>
/// <param name="Reason">Why it was paused or cancelled, or why it did not begin at its time.</param>
public sealed record Campaign(
    CampaignStatus Status,
    CampaignPlan? Plan,
    CampaignContent? Content,
    DateTimeOffset? ScheduledAt,
    int? Recipients,
    string? Reason
) : IAggregate<Campaign, CampaignEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "campaign";

    /// <inheritdoc/>
    public static Campaign Initial { get; } = new(CampaignStatus.None, null, null, null, null, null);

    /// <summary>Drafts the campaign, or replaces its draft.</summary>
    /// <exception cref="RuleBrokenException"><c>campaign.not_a_draft</c>.</exception>
    public IReadOnlyList<CampaignEvent> Draft(CampaignPlan plan)
    {
        if (Status is not (CampaignStatus.None or CampaignStatus.Draft))
            throw new RuleBrokenException(
                "campaign.not_a_draft",
                "Only a draft can be changed; take its schedule back first."
            );

        return Plan is not null && plan.IsSameAs(Plan) ? [] : [new CampaignDrafted(plan)];
    }

    /// <summary>Lets it begin at a time.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>campaign.schedule_in_the_past</c>, <c>campaign.not_a_draft</c>.
    /// </exception>
    public IReadOnlyList<CampaignEvent> Schedule(DateTimeOffset at, DateTimeOffset now)
    {
        RequireExisting();
        RequireNotBegun();
        if (at <= now)
            throw new RuleBrokenException("campaign.schedule_in_the_past", "The time to begin at has passed.");

        return at == ScheduledAt ? [] : [new CampaignScheduled(at)];
    }

    /// <summary>Takes the schedule back.</summary>
    /// <exception cref="RuleBrokenException"><c>campaign.begun</c>.</exception>
    public IReadOnlyList<CampaignEvent> Unschedule()
    {
        RequireExisting();
        RequireNotBegun();
        return Status == CampaignStatus.Scheduled ? [new CampaignUnscheduled()] : [];
    }

    /// <summary>Begins: what is sent is frozen, and then to whom.</summary>
    /// <exception cref="RuleBrokenException"><c>campaign.begun</c>.</exception>
    public IReadOnlyList<CampaignEvent> Start(CampaignContent content)
    {
        RequireExisting();
        RequireNotBegun();
        return [new CampaignStarted(content)];
    }

    /// <summary>Begins at its time; asked early, or again, nothing happens.</summary>
    public IReadOnlyList<CampaignEvent> StartOnTime(CampaignContent content, DateTimeOffset now) =>
        Status == CampaignStatus.Scheduled && ScheduledAt <= now ? [new CampaignStarted(content)] : [];

    /// <summary>Its time has come and it cannot begin: a draft again, which says why.</summary>
    public IReadOnlyList<CampaignEvent> MissStart(string reason, DateTimeOffset now) =>
        Status == CampaignStatus.Scheduled && ScheduledAt <= now ? [new CampaignUnscheduled(reason)] : [];

    /// <summary>Keeps how many it goes to.</summary>
    public IReadOnlyList<CampaignEvent> FreezeRecipients(int total) =>
        Recipients is null && HasBegun ? [new CampaignRecipientsFrozen(total)] : [];

    /// <summary>Stops for now.</summary>
    /// <exception cref="RuleBrokenException"><c>campaign.not_sending</c>.</exception>
    public IReadOnlyList<CampaignEvent> Pause(string reason)
    {
        RequireExisting();
        return Status switch
        {
            CampaignStatus.Paused => [],
            CampaignStatus.Sending => [new CampaignPaused(reason)],
            _ => throw new RuleBrokenException("campaign.not_sending", "Only what is being sent can be paused."),
        };
    }

    /// <summary>Stops for now, where it has not stopped or ended meanwhile.</summary>
    public IReadOnlyList<CampaignEvent> PauseIfSending(string reason) =>
        Status == CampaignStatus.Sending ? [new CampaignPaused(reason)] : [];

    /// <summary>Goes on.</summary>
    /// <exception cref="RuleBrokenException"><c>campaign.not_paused</c>.</exception>
    public IReadOnlyList<CampaignEvent> Resume()
    {
        RequireExisting();
        return Status switch
        {
            CampaignStatus.Sending => [],
            CampaignStatus.Paused => [new CampaignResumed()],
            _ => throw new RuleBrokenException("campaign.not_paused", "Only a paused campaign goes on."),
        };
    }

    /// <summary>Ends it here.</summary>
    /// <exception cref="RuleBrokenException"><c>campaign.sent</c>.</exception>
    public IReadOnlyList<CampaignEvent> Cancel(string reason)
    {
        RequireExisting();
        return Status switch
        {
            CampaignStatus.Cancelled => [],
            CampaignStatus.Sent => throw new RuleBrokenException("campaign.sent", "It was sent to everybody already."),
            _ => [new CampaignCancelled(reason)],
        };
    }

    /// <summary>Every recipient has an outcome.</summary>
    public IReadOnlyList<CampaignEvent> Complete(CampaignCompleted completed) =>
        Status is CampaignStatus.Sending ? [completed] : [];

    /// <summary>Throws a draft away.</summary>
    /// <exception cref="RuleBrokenException"><c>campaign.begun</c>.</exception>
    public IReadOnlyList<CampaignEvent> Discard()
    {
        if (Status == CampaignStatus.None)
            return [];

        if (Status is not (CampaignStatus.Draft or CampaignStatus.Scheduled))
            throw new RuleBrokenException(
                "campaign.begun",
                "Mails of it were sent, or could have been; it stays as evidence."
            );

        return [new CampaignDiscarded(Plan!.Name)];
    }

    /// <inheritdoc/>
    public Campaign Apply(CampaignEvent happened) =>
        happened switch
        {
            CampaignDrafted drafted => this with { Status = CampaignStatus.Draft, Plan = drafted.Plan, Reason = null },
            CampaignScheduled scheduled => this with
            {
                Status = CampaignStatus.Scheduled,
                ScheduledAt = scheduled.At,
                Reason = null,
            },
            CampaignUnscheduled unscheduled => this with
            {
                Status = CampaignStatus.Draft,
                ScheduledAt = null,
                Reason = unscheduled.Reason,
            },
            CampaignStarted started => this with
            {
                Status = CampaignStatus.Sending,
                Content = started.Content,
                Reason = null,
            },
            CampaignRecipientsFrozen frozen => this with { Recipients = frozen.Total },
            CampaignPaused paused => this with { Status = CampaignStatus.Paused, Reason = paused.Reason },
            CampaignResumed => this with { Status = CampaignStatus.Sending, Reason = null },
            CampaignCancelled cancelled => this with { Status = CampaignStatus.Cancelled, Reason = cancelled.Reason },
            CampaignCompleted => this with { Status = CampaignStatus.Sent },
            CampaignDiscarded => Initial,
            _ => throw new UnreachableException($"Campaign cannot apply {happened.GetType().Name}."),
        };

    private bool HasBegun => Content is not null;

    private void RequireExisting()
    {
        if (Status == CampaignStatus.None)
            throw new RuleBrokenException("campaign.not_found", "There is no such campaign.");
    }

    private void RequireNotBegun()
    {
        if (Status is not (CampaignStatus.Draft or CampaignStatus.Scheduled))
            throw new RuleBrokenException("campaign.begun", "Sending has begun already, or has ended.");
    }
}
