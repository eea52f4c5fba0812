using System.Text.Json;

namespace SchemaHub.Domain.Campaigns;

/// <summary>A fact about a campaign.</summary>
public abstract record CampaignEvent : IAudited;

/// <summary>A campaign was drafted, or its draft replaced.</summary>
[StoredAs("campaign_drafted")]
public sealed record CampaignDrafted(CampaignPlan Plan) : CampaignEvent;

/// <summary>What is to be sent, to whom.</summary>
/// <param name="Template">The template's stream.</param>
/// <param name="TemplateId">Its published id.</param>
/// <param name="Subject">In place of the template's, with the same Handlebars; null for the template's.</param>
/// <param name="Purpose">Goes to those whose consent for it is in force.</param>
/// <param name="Filter">A JSON object that a recipient's metadata contains; null for everybody.</param>
public sealed record CampaignPlan(
    string Name,
    Guid Template,
    long TemplateId,
    string? Subject,
    string Purpose,
    JsonElement? Filter
)
{
    /// <summary>Whether both say the same.</summary>
    public bool IsSameAs(CampaignPlan other) =>
        this with { Filter = null } == other with { Filter = null }
        && (
            Filter is { } one && other.Filter is { } two
                ? JsonElement.DeepEquals(one, two)
                : Filter is null == other.Filter is null
        );
}

/// <summary>Sending is to begin at an instant (UTC).</summary>
[StoredAs("campaign_scheduled")]
public sealed record CampaignScheduled(DateTimeOffset At) : CampaignEvent;

/// <summary>The schedule was taken back, or could not be kept: a draft again.</summary>
/// <param name="Reason">The code of what kept it from beginning; null where somebody took it back.</param>
[StoredAs("campaign_unscheduled")]
public sealed record CampaignUnscheduled(string? Reason = null) : CampaignEvent;

/// <summary>Sending began, with exactly this.</summary>
[StoredAs("campaign_started")]
public sealed record CampaignStarted(CampaignContent Content) : CampaignEvent;

/// <summary>What a campaign sends, frozen when it begins: a later change of the template does not reach it.</summary>
/// <param name="Subject">With Handlebars, as html and text.</param>
/// <param name="PostalAddress">The sender's, as every mail carries it.</param>
public sealed record CampaignContent(
    string Subject,
    string Html,
    string Text,
    string FromName,
    string FromAddress,
    string? ReplyTo,
    string PostalAddress
);

/// <summary>Who gets it was frozen: everybody with a consent in force at that moment.</summary>
[StoredAs("campaign_recipients_frozen")]
public sealed record CampaignRecipientsFrozen(int Total) : CampaignEvent;

/// <summary>Sending stopped for now: by hand, or because people complain.</summary>
[StoredAs("campaign_paused")]
public sealed record CampaignPaused(string Reason) : CampaignEvent;

/// <summary>Sending goes on where it stopped.</summary>
[StoredAs("campaign_resumed")]
public sealed record CampaignResumed : CampaignEvent;

/// <summary>It ends here: who was not written to yet is not.</summary>
[StoredAs("campaign_cancelled")]
public sealed record CampaignCancelled(string Reason) : CampaignEvent;

/// <summary>Every recipient has an outcome.</summary>
/// <param name="Sent">Mails the provider took.</param>
/// <param name="Failed">Mails it refused for good, or for too long.</param>
/// <param name="Withheld">Recipients whose consent ended before their turn.</param>
/// <param name="InDoubt">Of those sent: mails that may have gone out twice.</param>
[StoredAs("campaign_completed")]
public sealed record CampaignCompleted(int Sent, int Failed, int Withheld, int InDoubt) : CampaignEvent;

/// <summary>A draft was thrown away.</summary>
[StoredAs("campaign_discarded")]
public sealed record CampaignDiscarded(string Name) : CampaignEvent;
