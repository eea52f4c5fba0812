using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Fills <c>backstage.email_templates</c>.</summary>
internal sealed class TemplatesProjection : FoldedProjection
{
    private const string Table = "email_templates";

    // A rebuild's shadow has the tables that projections fill.
    private static readonly Lazy<bool> s_campaignsAreRebuilt = new(() =>
        Projections.All.SelectMany(projection => projection.Tables).Any(table => table.Name == "email_campaigns")
    );

    public override string Schema => "backstage";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new(Table, "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is TemplateEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var (id, at) = (recorded.Number, At(recorded.RecordedAt));
        switch (recorded.Data)
        {
            case TemplateSaved saved:
                var row = Row(
                    ("id", id),
                    ("name", saved.Name),
                    ("subject", saved.Subject),
                    ("html_content", saved.Html.Length == 0 ? null : saved.Html),
                    ("mjml_content", saved.Mjml),
                    ("is_draft", saved.IsDraft),
                    ("updated_at", at)
                );
                if (recorded.Version > 1)
                {
                    tables[Table].Change(row);
                    break;
                }

                row["created_at"] = at.DeepClone();
                row["organization_id"] = OrganizationOf(recorded);
                tables[Table].Put(row);
                break;
            case TemplateDeleted:
                tables[Table].Delete(Row(("id", id)));
                break;
        }
    }

    protected override void AddMore(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        var added = Numbers(events.Where(one => one is { Version: 1, Data: TemplateSaved }));
        if (added.Length > 0)
            // The organization's owner when the row was written: a later transfer does not rewrite history.
            batch.Add(
                $"""
                update {schema}.{Table} t
                set user_id = {OrganizationOwners.At("t.organization_id", "t.id")}
                where t.id = any ($1)
                """,
                added.Column()
            );

        var deleted = Numbers(events.Where(one => one.Data is TemplateDeleted));
        if (deleted.Length > 0 && (schema == Schema || s_campaignsAreRebuilt.Value))
            batch.Add(
                $"update {schema}.email_campaigns c set template_id = null where c.template_id = any ($1)",
                deleted.Column()
            );
    }

    private static int[] Numbers(IEnumerable<RecordedEvent> events) => [.. events.Select(one => (int)one.Number)];
}
