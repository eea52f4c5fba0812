using System.Globalization;
using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>Lets a campaign begin by itself.</summary>
/// <param name="At">UTC; not in the past.</param>
[Requires("campaigns:send")]
public sealed record ScheduleCampaign(long CampaignId, DateTimeOffset At) : ICommand;

/// <summary>Begins a campaign whose time has come. Taken back or put off meanwhile, it does nothing.</summary>
[Job("send_campaign")]
[RequiresOperator]
public sealed record SendScheduledCampaign(long CampaignId) : IJob;

/// <summary>The jobs that begin campaigns at their times: one for each schedule.</summary>
internal sealed class ScheduledStarts(IBackgroundJobs jobs)
{
    public Task Add(long campaign, DateTimeOffset at, CancellationToken cancellation) =>
        jobs.Schedule(new SendScheduledCampaign(campaign), at, cancellation, Key(campaign, at));

    /// <summary>
    /// Takes the job of a schedule back that was given up. It is not needed for correctness: without the schedule the
    /// job does nothing.
    /// </summary>
    /// <param name="at">Null where there was none.</param>
    public async Task TakeBack(long campaign, DateTimeOffset? at, CancellationToken cancellation)
    {
        if (at is { } known)
            await jobs.TakeBack(Key(campaign, known), cancellation);
    }

    private static string Key(long campaign, DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"campaign {campaign} {at.ToUniversalTime():O}");
}

internal sealed class ScheduleCampaignHandler(
    IEventLog log,
    IStreamDirectory streams,
    ScheduledStarts starts,
    TimeProvider clock,
    CommandContext context
) : ICommandHandler<ScheduleCampaign>
{
    public async Task<Position> Handle(ScheduleCampaign command, CancellationToken cancellation)
    {
        var stream = await streams.Campaign(context, command.CampaignId, cancellation);
        var at = command.At.ToUniversalTime();
        DateTimeOffset? before = null;
        IReadOnlyList<CampaignEvent> Decide(Campaign campaign)
        {
            before = campaign.ScheduledAt;
            return campaign.Schedule(at, clock.GetUtcNow());
        }

        // The job first: without the schedule it does nothing, and the schedule without it would be forgotten.
        Decide((await log.Load<Campaign, CampaignEvent>(stream, cancellation)).State);
        await starts.Add(command.CampaignId, at, cancellation);
        var position = await log.Change<Campaign, CampaignEvent>(stream, Decide, cancellation);
        if (before != at)
            await starts.TakeBack(command.CampaignId, before, cancellation);

        return position;
    }
}

internal sealed class SendScheduledCampaignHandler(
    MediatR.IMediator mediator,
    IEventLog log,
    IStreamDirectory streams,
    TimeProvider clock,
    CommandContext context
) : IJobHandler<SendScheduledCampaign>
{
    public async Task<string> Handle(SendScheduledCampaign job, CancellationToken cancellation)
    {
        try
        {
            var position = await mediator.Send(new StartCampaign(job.CampaignId, OnTime: true), cancellation);
            return position.Sequence == 0
                ? string.Create(CultureInfo.InvariantCulture, $"Campaign {job.CampaignId} is not due any more.")
                : string.Create(CultureInfo.InvariantCulture, $"Campaign {job.CampaignId} began.");
        }
        catch (Exception refused) when (CodeOf(refused) is { } code)
        {
            // Tried again it would be refused again: whoever scheduled it reads on the campaign why it did not begin.
            await log.Change<Campaign, CampaignEvent>(
                await streams.Campaign(context, job.CampaignId, cancellation),
                campaign => campaign.MissStart(code, clock.GetUtcNow()),
                cancellation
            );
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Campaign {job.CampaignId} cannot begin ({code}): {refused.Message}"
            );
        }
    }

    private static string? CodeOf(Exception refused) =>
        refused switch
        {
            RuleBrokenException rule => rule.Code,
            TemplateBrokenException => "campaign.template_broken",
            _ => null,
        };
}
