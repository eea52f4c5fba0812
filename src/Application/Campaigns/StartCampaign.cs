using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Begins a campaign: what it sends is frozen now, to whom a moment later, by whichever node sends first.
/// </summary>
/// <param name="OnTime">Only where its time has come: asked again, or too early, nothing happens.</param>
[Requires("campaigns:send")]
public sealed record StartCampaign(long CampaignId, bool OnTime = false) : ICommand;

internal sealed class StartCampaignHandler(
    IEventLog log,
    IStreamDirectory streams,
    ISenders senders,
    ITemplateCompiler templates,
    MediatR.IMediator mediator,
    ScheduledStarts starts,
    TimeProvider clock,
    CommandContext context
) : ICommandHandler<StartCampaign>
{
    public async Task<Position> Handle(StartCampaign command, CancellationToken cancellation)
    {
        var stream = await streams.Campaign(context, command.CampaignId, cancellation);
        var campaign = (await log.Load<Campaign, CampaignEvent>(stream, cancellation)).State;
        if (campaign.Plan is not { } plan)
            throw new NotFoundException("campaign");

        var content = await Content(plan, cancellation);
        // What is sent a million times is read once more as it will be, before anything goes out.
        templates.Compile(content.Subject, content.Html, content.Text, cancellation);
        if (await mediator.Send(new CountRecipients(plan.Purpose, plan.Filter, Most: 1), cancellation) == 0)
            throw new RuleBrokenException(
                "campaign.no_recipients",
                "Nobody it would go to has a consent in force: it has no recipients."
            );

        var position = await log.Change<Campaign, CampaignEvent>(
            stream,
            now => command.OnTime ? now.StartOnTime(content, clock.GetUtcNow()) : now.Start(content),
            cancellation
        );
        // Started by hand, nothing is left to do at the time it was scheduled for.
        if (!command.OnTime)
            await starts.TakeBack(command.CampaignId, campaign.ScheduledAt, cancellation);

        return position;
    }

    private async Task<CampaignContent> Content(CampaignPlan plan, CancellationToken cancellation)
    {
        var template = (await log.Load<EmailTemplate, TemplateEvent>(plan.Template, cancellation)).State.Current;
        if (template is null)
            throw new RuleBrokenException("campaign.template_deleted", "Its template was deleted; choose another.");

        if (template.IsDraft)
            throw new RuleBrokenException("campaign.template_is_draft", "Its template is a draft; finish it first.");

        var sender =
            await senders.Find(context.OrganizationId, cancellation)
            ?? throw new RuleBrokenException(
                "campaign.no_sender",
                "In whose name? Describe the sender, and verify the domain it writes from."
            );
        return new CampaignContent(
            plan.Subject ?? template.Subject,
            template.Html,
            template.Text,
            sender.FromName,
            sender.FromAddress,
            sender.ReplyTo,
            sender.PostalAddress
        );
    }
}
