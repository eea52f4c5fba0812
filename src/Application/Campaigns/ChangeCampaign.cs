using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>Takes the schedule of a campaign back.</summary>
[Requires("campaigns:send")]
public sealed record UnscheduleCampaign(long CampaignId) : ICommand;

/// <summary>Stops a campaign for now; what is being handed over at this moment still goes out.</summary>
[Requires("campaigns:send")]
public sealed record PauseCampaign(long CampaignId, string Reason = "by_hand") : ICommand;

/// <summary>Lets a paused campaign go on where it stopped.</summary>
[Requires("campaigns:send")]
public sealed record ResumeCampaign(long CampaignId) : ICommand;

/// <summary>Ends a campaign here: who was not written to yet is not.</summary>
[Requires("campaigns:send")]
public sealed record CancelCampaign(long CampaignId, string Reason = "by_hand") : ICommand;

/// <summary>Throws a draft away.</summary>
[Requires("campaigns:write")]
public sealed record DiscardCampaign(long CampaignId, long? ExpectedVersion = null) : ICommand;

internal sealed class PauseCampaignValidator : AbstractValidator<PauseCampaign>
{
    public PauseCampaignValidator() => RuleFor(command => command.Reason).NotEmpty().PlainText(200);
}

internal sealed class CancelCampaignValidator : AbstractValidator<CancelCampaign>
{
    public CancelCampaignValidator() => RuleFor(command => command.Reason).NotEmpty().PlainText(200);
}

internal sealed class ChangeCampaignHandler(
    IEventLog log,
    IStreamDirectory streams,
    ScheduledStarts starts,
    CommandContext context
)
    : ICommandHandler<UnscheduleCampaign>,
        ICommandHandler<PauseCampaign>,
        ICommandHandler<ResumeCampaign>,
        ICommandHandler<CancelCampaign>,
        ICommandHandler<DiscardCampaign>
{
    public Task<Position> Handle(UnscheduleCampaign command, CancellationToken cancellation) =>
        Change(command.CampaignId, campaign => campaign.Unschedule(), cancellation);

    public Task<Position> Handle(PauseCampaign command, CancellationToken cancellation) =>
        Change(command.CampaignId, campaign => campaign.Pause(command.Reason), cancellation);

    public Task<Position> Handle(ResumeCampaign command, CancellationToken cancellation) =>
        Change(command.CampaignId, campaign => campaign.Resume(), cancellation);

    public Task<Position> Handle(CancelCampaign command, CancellationToken cancellation) =>
        Change(command.CampaignId, campaign => campaign.Cancel(command.Reason), cancellation);

    public Task<Position> Handle(DiscardCampaign command, CancellationToken cancellation) =>
        Change(command.CampaignId, campaign => campaign.Discard(), cancellation, command.ExpectedVersion);

    private async Task<Position> Change(
        long id,
        Func<Campaign, IReadOnlyList<CampaignEvent>> decide,
        CancellationToken cancellation,
        long? expectedVersion = null
    )
    {
        DateTimeOffset? scheduled = null;
        var position = await log.Change<Campaign, CampaignEvent>(
            await streams.Campaign(context, id, cancellation),
            campaign =>
            {
                scheduled = campaign.ScheduledAt;
                return decide(campaign);
            },
            cancellation,
            expectedVersion
        );
        await starts.TakeBack(id, scheduled, cancellation);
        return position;
    }
}
