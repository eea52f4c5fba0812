using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Fills <c>backstage.email_campaigns</c>.</summary>
internal sealed class CampaignsProjection : FoldedProjection
{
    public override string Schema => "backstage";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [new("email_campaigns", "id") { Unlogged = ["sent_count"] }];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is CampaignEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var id = recorded.Number;
        switch (recorded.Data)
        {
            case CampaignDrafted drafted:
                tables["email_campaigns"].Put(Draft(recorded, drafted.Plan));
                break;
            case CampaignScheduled scheduled:
                Change("scheduled", ("scheduled_at", At(scheduled.At)));
                break;
            case CampaignUnscheduled:
                Change("draft", ("scheduled_at", null));
                break;
            case CampaignStarted or CampaignResumed:
                Change("sending");
                break;
            case CampaignRecipientsFrozen frozen:
                tables["email_campaigns"].Change(Row(("id", id), ("total_recipients", frozen.Total)));
                break;
            case CampaignPaused:
                Change("paused");
                break;
            case CampaignCancelled:
                Change("cancelled");
                break;
            case CampaignCompleted completed:
                Change("sent", ("sent_at", At(recorded.RecordedAt)), ("sent_count", completed.Sent));
                break;
            case CampaignDiscarded:
                tables["email_campaigns"].Delete(Row(("id", id)));
                break;
        }

        void Change(string status, params ReadOnlySpan<(string Column, JsonNode? Value)> more) =>
            tables["email_campaigns"].Change(Row([("id", id), ("status", status), .. more]));
    }

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        var drafted = events.Where(recorded => recorded.Data is CampaignDrafted).ToList();
        if (drafted.Count == 0)
            return;

        batch.Add(
            $"""
            update {schema}.email_campaigns c
            set user_id = {OrganizationOwners.At("u.org", "u.seq")}
            from unnest($1, $2, $3) as u (id, org, seq)
            where c.id = u.id and c.user_id is null
            """,
            drafted.Select(recorded => checked((int)recorded.Number)).Column(),
            drafted.Select(recorded => Guid.Parse(recorded.Tenant)).Column(),
            drafted.Select(recorded => recorded.Sequence).Column()
        );
        AddTemplates(drafted, schema, batch);
    }

    // A template that was deleted meanwhile is not there to be referred to: the campaign then names none.
    private static void AddTemplates(List<RecordedEvent> drafted, string schema, NpgsqlBatch batch)
    {
        var plans = drafted.ToLookup(recorded => recorded.Number, recorded => ((CampaignDrafted)recorded.Data).Plan);
        batch.Add(
            $"""
            update {schema}.email_campaigns c
            set template_id = (select t.id from {schema}.email_templates t where t.id = u.template)
            from unnest($1, $2) as u (id, template)
            where c.id = u.id
            """,
            plans.Select(plan => checked((int)plan.Key)).Column(),
            plans.Select(plan => checked((int)plan.Last().TemplateId)).Column()
        );
    }

    private static JsonObject Draft(RecordedEvent recorded, CampaignPlan plan)
    {
        var row = Row(
            ("id", recorded.Number),
            ("organization_id", OrganizationOf(recorded)),
            ("name", plan.Name),
            ("subject", plan.Subject),
            ("status", "draft")
        );
        if (recorded.Version == 1)
        {
            row["total_recipients"] = 0;
            row["sent_count"] = 0;
            row["created_at"] = At(recorded.RecordedAt);
        }

        return row;
    }
}

/// <summary>Fills <c>sending.campaigns</c>: what of a campaign the published table has no column for.</summary>
internal sealed class CampaignDetailsProjection : FoldedProjection
{
    public override string Schema => "sending";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("campaigns", "campaign_id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is CampaignEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        if (recorded.Data is not CampaignEvent happened)
            return;

        var table = tables["campaigns"];
        switch (happened)
        {
            case CampaignDrafted { Plan: var plan }:
                table.Put(
                    Row(
                        ("campaign_id", recorded.Number),
                        ("organization_id", OrganizationOf(recorded)),
                        ("purpose", plan.Purpose),
                        ("filter", plan.Filter is { } filter ? JsonSerializer.SerializeToNode(filter) : null),
                        ("reason", null)
                    )
                );
                break;
            case CampaignDiscarded:
                table.Delete(Row(("campaign_id", recorded.Number)));
                break;
            case CampaignPaused paused:
                table.Change(Row(("campaign_id", recorded.Number), ("reason", paused.Reason)));
                break;
            case CampaignCancelled cancelled:
                table.Change(Row(("campaign_id", recorded.Number), ("reason", cancelled.Reason)));
                break;
            case CampaignUnscheduled unscheduled:
                table.Change(Row(("campaign_id", recorded.Number), ("reason", unscheduled.Reason)));
                break;
            case CampaignResumed or CampaignScheduled or CampaignStarted:
                table.Change(Row(("campaign_id", recorded.Number), ("reason", null)));
                break;
        }
    }
}
