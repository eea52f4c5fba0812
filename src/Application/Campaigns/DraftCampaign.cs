using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>Drafts a campaign, or replaces a draft.</summary>
/// <param name="CampaignId">The draft to replace; null makes a new one.</param>
/// <param name="TemplateId">The template that is sent.</param>
/// <param name="Subject">In place of the template's subject, with the same variables.</param>
/// <param name="Purpose">Goes to those whose consent for it is in force.</param>
/// <param name="Filter">A JSON object that a recipient's metadata contains; null for everybody.</param>
/// <param name="ExpectedVersion">The version of the draft that the caller saw.</param>
[Requires("campaigns:write")]
public sealed record DraftCampaign(
    long? CampaignId,
    string Name,
    long TemplateId,
    string? Subject = null,
    string Purpose = Purposes.Newsletter,
    JsonElement? Filter = null,
    long? ExpectedVersion = null
) : ICommand;

internal sealed class DraftCampaignValidator : AbstractValidator<DraftCampaign>
{
    public DraftCampaignValidator()
    {
        RuleFor(command => command.Name).NotEmpty().PlainText(255);
        RuleFor(command => command.TemplateId).GreaterThan(0);
        RuleFor(command => command.Subject).PlainText(255);
        RuleFor(command => command.Purpose).NotNull().Purpose();
        // Nobody is written to because they agreed to be measured.
        RuleFor(command => command.Purpose)
            .NotEqual(Purposes.Tracking)
            .WithMessage("Tracking is no purpose to write for.");
        RuleFor(command => command.Filter).Metadata().WithName("Filter");
    }
}

internal sealed class DraftCampaignHandler(
    IEventLog log,
    IStreamDirectory streams,
    ITemplateCompiler templates,
    CommandContext context
) : ICommandHandler<DraftCampaign>
{
    public async Task<Position> Handle(DraftCampaign command, CancellationToken cancellation)
    {
        var stream = command.CampaignId is { } id
            ? await streams.Campaign(context, id, cancellation)
            : Guid.CreateVersion7();
        var template =
            await streams.Find(context.Tenant, command.TemplateId, EmailTemplate.StreamType, cancellation)
            ?? throw new NotFoundException("template");
        var current = (await log.Load<EmailTemplate, TemplateEvent>(template, cancellation)).State.Current;
        if (current is null)
            throw new NotFoundException("template");

        // A subject of the campaign's own is read now, not when a million mails wait for it.
        if (command.Subject is not null)
            templates.Compile(command.Subject, "", "", cancellation);

        var plan = new CampaignPlan(
            command.Name,
            template,
            command.TemplateId,
            command.Subject,
            command.Purpose,
            command.Filter is { ValueKind: JsonValueKind.Object } filter ? filter : null
        );
        return await log.Change<Campaign, CampaignEvent>(
            stream,
            campaign => campaign.Draft(plan),
            cancellation,
            command.ExpectedVersion
        );
    }
}

/// <summary>Shorthands for handlers.</summary>
internal static class CampaignStreams
{
    /// <exception cref="NotFoundException">None in the caller's tenant.</exception>
    public static async Task<Guid> Campaign(
        this IStreamDirectory streams,
        CommandContext context,
        long id,
        CancellationToken cancellation
    ) =>
        await streams.Find(context.Tenant, id, Domain.Campaigns.Campaign.StreamType, cancellation)
        ?? throw new NotFoundException("campaign");
}
