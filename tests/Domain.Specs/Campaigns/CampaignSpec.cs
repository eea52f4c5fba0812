using System.Text.Json;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Campaigns;

/// <summary>A campaign's life: drafted, begun, perhaps paused, and ended once.</summary>
public sealed class CampaignSpec
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly CampaignPlan Plan = new(
        "Spring",
        Guid.Parse("0192f0c1-0000-7000-8000-00000000000a"),
        7,
        Subject: null,
        "newsletter",
        Json("""{"city":"Bern"}""")
    );

    private static readonly CampaignContent Content = new(
        "Hi",
        "<p>Hi</p>",
        "Hi",
        "Us",
        "us@example.org",
        null,
        "Bern"
    );

    private static readonly CampaignDrafted Drafted = new(Plan);
    private static readonly CampaignScheduled Scheduled = new(Noon);
    private static readonly CampaignStarted Started = new(Content);
    private static readonly CampaignRecipientsFrozen Frozen = new(20);
    private static readonly CampaignPaused Paused = new("by_hand");
    private static readonly CampaignCancelled Cancelled = new("by_hand");
    private static readonly CampaignCompleted Completed = new(17, 2, 1, 1);

    [Test]
    public void A_draft_is_kept_and_the_same_draft_again_is_nothing()
    {
        A_campaign().When(campaign => campaign.Draft(Plan)).Then(Drafted);
        A_campaign(Drafted)
            .When(campaign => campaign.Draft(Plan with { Filter = Json("""{ "city" : "Bern" }""") }))
            .Then();
        var other = Plan with { Filter = null };
        A_campaign(Drafted).When(campaign => campaign.Draft(other)).Then(new CampaignDrafted(other));
    }

    [Test]
    public void Only_a_draft_is_changed()
    {
        foreach (var beyond in new CampaignEvent[] { Scheduled, Started, Cancelled })
            A_campaign(Drafted, beyond)
                .When(campaign => campaign.Draft(Plan with { Name = "Summer" }))
                .ThenRefused("campaign.not_a_draft");
    }

    [Test]
    public void A_schedule_lies_in_the_future()
    {
        A_campaign(Drafted).When(campaign => campaign.Schedule(Noon, Noon.AddSeconds(-1))).Then(Scheduled);
        A_campaign(Drafted)
            .When(campaign => campaign.Schedule(Noon, Noon))
            .ThenRefused("campaign.schedule_in_the_past");
        A_campaign(Drafted, Scheduled).When(campaign => campaign.Schedule(Noon, Noon.AddDays(-1))).Then();
        A_campaign(Drafted, Scheduled).When(campaign => campaign.Unschedule()).Then(new CampaignUnscheduled());
    }

    [Test]
    public void It_begins_on_time_and_only_then()
    {
        A_campaign(Drafted, Scheduled).When(campaign => campaign.StartOnTime(Content, Noon.AddSeconds(-1))).Then();
        A_campaign(Drafted, Scheduled).When(campaign => campaign.StartOnTime(Content, Noon)).Then(Started);
        A_campaign(Drafted).When(campaign => campaign.StartOnTime(Content, Noon)).Then();
        A_campaign(Drafted, Scheduled, Started).When(campaign => campaign.StartOnTime(Content, Noon)).Then();
    }

    [Test]
    public void It_begins_once()
    {
        A_campaign(Drafted).When(campaign => campaign.Start(Content)).Then(Started);
        A_campaign(Drafted, Started).When(campaign => campaign.Start(Content)).ThenRefused("campaign.begun");
        A_campaign(Drafted, Cancelled).When(campaign => campaign.Start(Content)).ThenRefused("campaign.begun");
        A_campaign().When(campaign => campaign.Start(Content)).ThenRefused("campaign.not_found");
    }

    [Test]
    public void Its_recipients_are_frozen_once()
    {
        A_campaign(Drafted, Started).When(campaign => campaign.FreezeRecipients(20)).Then(Frozen);
        A_campaign(Drafted, Started, Frozen).When(campaign => campaign.FreezeRecipients(21)).Then();
        A_campaign(Drafted).When(campaign => campaign.FreezeRecipients(20)).Then();
    }

    [Test]
    public void It_is_paused_and_goes_on()
    {
        A_campaign(Drafted, Started).When(campaign => campaign.Pause("by_hand")).Then(Paused);
        A_campaign(Drafted, Started, Paused).When(campaign => campaign.Pause("complaints")).Then();
        A_campaign(Drafted, Started, Paused).When(campaign => campaign.Resume()).Then(new CampaignResumed());
        A_campaign(Drafted, Started).When(campaign => campaign.Resume()).Then();
        A_campaign(Drafted).When(campaign => campaign.Pause("by_hand")).ThenRefused("campaign.not_sending");
        A_campaign(Drafted).When(campaign => campaign.Resume()).ThenRefused("campaign.not_paused");
    }

    [Test]
    public void It_is_cancelled_at_any_time_before_its_end()
    {
        foreach (var before in new CampaignEvent[][] { [], [Scheduled], [Started], [Started, Paused] })
            A_campaign([Drafted, .. before]).When(campaign => campaign.Cancel("by_hand")).Then(Cancelled);

        A_campaign(Drafted, Cancelled).When(campaign => campaign.Cancel("by_hand")).Then();
        A_campaign(Drafted, Started, Completed)
            .When(campaign => campaign.Cancel("by_hand"))
            .ThenRefused("campaign.sent");
    }

    [Test]
    public void It_is_completed_once_and_not_while_it_pauses()
    {
        A_campaign(Drafted, Started, Frozen).When(campaign => campaign.Complete(Completed)).Then(Completed);
        A_campaign(Drafted, Started, Completed).When(campaign => campaign.Complete(Completed)).Then();
        A_campaign(Drafted, Started, Paused).When(campaign => campaign.Complete(Completed)).Then();
        A_campaign(Drafted, Started, Cancelled).When(campaign => campaign.Complete(Completed)).Then();
    }

    [Test]
    public void What_began_is_not_thrown_away()
    {
        A_campaign(Drafted).When(campaign => campaign.Discard()).Then(new CampaignDiscarded("Spring"));
        A_campaign(Drafted, Scheduled).When(campaign => campaign.Discard()).Then(new CampaignDiscarded("Spring"));
        A_campaign().When(campaign => campaign.Discard()).Then();
        A_campaign(Drafted, Started).When(campaign => campaign.Discard()).ThenRefused("campaign.begun");
    }

    private static Scenario<Campaign, CampaignEvent> A_campaign(params CampaignEvent[] happened) =>
        new(happened.Aggregate(Campaign.Initial, (campaign, one) => campaign.Apply(one)));

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
