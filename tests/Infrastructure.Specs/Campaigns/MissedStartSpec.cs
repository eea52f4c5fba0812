using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Infrastructure.Specs.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>A campaign that cannot begin at its time says so itself.</summary>
public sealed class MissedStartSpec : OrganizationSpec
{
    private static readonly DateTimeOffset Past = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task A_template_that_was_deleted_is_the_reason()
    {
        var campaign = await Due(new TemplateDeleted("Letter"));

        (await RunJob(campaign)).ShouldContain("campaign.template_deleted");

        var shown = await Shown(campaign);
        (shown.Status, shown.Reason, shown.ScheduledAt).ShouldBe(("draft", "campaign.template_deleted", null));
    }

    [Test]
    public async Task A_sender_that_is_missing_is_the_reason_until_it_is_scheduled_again()
    {
        var campaign = await Due();
        await RunJob(campaign);
        (await Shown(campaign)).Reason.ShouldBe("campaign.no_sender");

        await Service.Send(Acme, new ScheduleCampaign(campaign, TimeProvider.System.GetUtcNow().AddDays(1)));

        var shown = await Shown(campaign);
        (shown.Status, shown.Reason).ShouldBe(("scheduled", null));
        // Put off meanwhile: the job of the time before does nothing.
        await RunJob(campaign);
        (await Shown(campaign)).Status.ShouldBe("scheduled");
    }

    private async Task<long> Due(params TemplateEvent[] later) =>
        await Service.As(
            Acme,
            async services =>
            {
                var log = services.GetRequiredService<IEventLog>();
                var saved = new TemplateSaved("Letter", "Hi", "<p>Hi</p>", Mjml: null, "Hi", IsDraft: false);
                var template = await log.Change<EmailTemplate, TemplateEvent>(
                    Guid.CreateVersion7(),
                    _ => [saved, .. later],
                    CancellationToken.None
                );
                var plan = new CampaignPlan("Spring", template.Stream, template.Number, null, "newsletter", null);
                var campaign = await log.Change<Campaign, CampaignEvent>(
                    Guid.CreateVersion7(),
                    _ => [new CampaignDrafted(plan), new CampaignScheduled(Past)],
                    CancellationToken.None
                );
                return campaign.Number;
            }
        );

    private Task<string> RunJob(long campaign) => Service.Send(Acme, new SendScheduledCampaign(campaign));

    private async Task<PublishedCampaign> Shown(long campaign) =>
        (await Service.Send(Acme, new GetCampaign(campaign))).Campaign;
}
