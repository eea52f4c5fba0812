using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Templates in their published table.</summary>
public sealed class TemplatesProjectionSpec
{
    [Test]
    public async Task Templates_are_rebuilt_as_they_were_written()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var kept = await Save(service, organization, "Kept");
        await Save(service, organization, "Kept anew", kept.Number);
        var deleted = await Save(service, organization, "Deleted");
        await service.Send(organization, new DeleteTemplate(deleted.Number));
        var rows = await Rows(service);
        rows.ShouldBe($"{kept.Number}|Kept anew|Hello|<p>{{{{name}}}}</p>||t|owner@acme.example|{organization}|t");

        await service.Execute("delete from backstage.email_templates");
        var result = await new Rebuild(service.Installation, "backstage").Run(CancellationToken.None);

        result.RowsMended.ShouldBe(1);
        (await Rows(service)).ShouldBe(rows);
    }

    [Test]
    public async Task A_deleted_template_leaves_the_campaigns_that_named_it()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var (gone, kept) = (await Save(service, organization, "Gone"), await Save(service, organization, "Kept"));
        foreach (var template in new[] { gone, kept })
            await service.Send(organization, new DraftCampaign(CampaignId: null, "Letter", template.Number));

        await service.Send(organization, new DeleteTemplate(gone.Number));

        const string named =
            "select string_agg(coalesce(c.template_id, 0)::text, ',' order by c.id) "
            + "from backstage.email_campaigns c";
        (await service.Scalar<string>(named)).ShouldBe($"0,{kept.Number}");
        // Rebuilt, both are in one batch: the draft, and that its template is gone.
        (await new Rebuild(service.Installation, "backstage").Run(CancellationToken.None)).RowsMended.ShouldBe(0);
        (await service.Scalar<string>(named)).ShouldBe($"0,{kept.Number}");
    }

    [Test]
    public async Task What_was_done_to_templates_is_in_the_audit()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var template = await Save(service, organization, "Letter");
        await Save(service, organization, "News", template.Number);
        await service.Send(organization, new DeleteTemplate(template.Number));

        (
            await service.Scalar<string>(
                """
                select string_agg(
                    concat_ws(' ', a.action, a.changes #>> '{before,name}', a.changes #>> '{after,name}'), ','
                    order by a.created_at
                )
                from smarthub.audit_logs a where a.entity_type = 'email_template'
                """
            )
        ).ShouldBe("CREATE Letter,UPDATE News,DELETE News");
    }

    private static Task<Position> Save(TestService service, Guid organization, string name, long? id = null) =>
        service.Send(organization, new SaveTemplate(name, "Hello", "<p>{{name}}</p>", IsDraft: true, Id: id));

    private static Task<string> Rows(TestService service) =>
        service.Scalar<string>(
            """
            select string_agg(concat_ws('|', t.id, t.name, t.subject, t.html_content, coalesce(t.mjml_content, ''),
                t.is_draft,
                u.email, t.organization_id, t.created_at <= t.updated_at), ',' order by t.id)
            from backstage.email_templates t join backstage.users u on u.id = t.user_id
            """
        );
}
