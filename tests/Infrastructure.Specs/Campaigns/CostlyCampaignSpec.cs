using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>A template that costs too much with its recipients' data burns no node.</summary>
public sealed class CostlyCampaignSpec
{
    private const string Costly =
        "{{#each metadata.l}}{{#each @root.metadata.l}}{{/each}}{{/each}}<p>{{name}}</p>" + Templates.Footer;

    private static readonly string s_list = $"{{\"l\":[{string.Join(',', Enumerable.Repeat("1", 500))}]}}";

    [Test]
    public async Task It_is_paused_after_a_few_mails_and_says_why()
    {
        await using var mailing = await TestMailing.Create();
        await AddContacts(mailing, 60, s_list);
        await UseTemplate(mailing, Costly);
        var campaign = await mailing.Start();
        await using (mailing.Node())
            await mailing.WaitFor(campaign, progress => progress.Status == "paused");

        var found = (await mailing.Service.Send(mailing.Organization, new GetCampaign(campaign))).Campaign;
        found.Reason.ShouldBe(PauseReasons.TemplateTooCostly);
        mailing.Sink.Taken.ShouldBeEmpty();
        (
            await mailing.Service.Scalar<long>(
                "select count(*) from backstage.email_logs where status not in ('queued', 'failed')"
            )
        ).ShouldBe(0);
        (
            await mailing.Service.Scalar<long>("select count(*) from backstage.email_logs where status = 'queued'")
        ).ShouldBeGreaterThan(0);
    }

    [Test]
    public async Task A_few_persons_whose_data_are_too_much_keep_nobody_else_from_their_mail()
    {
        await using var mailing = await TestMailing.Create();
        await AddContacts(mailing, 3, s_list);
        await mailing.AddContacts(20);
        await UseTemplate(mailing, Costly);
        var campaign = await mailing.Start();
        await using (mailing.Node())
            await mailing.WaitFor(campaign, progress => progress.Status == "sent");

        mailing.Sink.Taken.Count.ShouldBe(20);
        (
            await mailing.Service.Scalar<long>(
                """
                select count(*) from backstage.email_logs
                where status = 'failed' and error_message like '%rendering_steps%'
                """
            )
        ).ShouldBe(3);
    }

    private static async Task AddContacts(TestMailing mailing, int count, string metadata)
    {
        for (var i = 0; i < count; i++)
            await mailing.Service.Send(
                mailing.Organization,
                new AddContact(
                    $"costly{i}@example.org",
                    $"Costly {i}",
                    Templates.Json(metadata),
                    Consent: new ConsentInput()
                )
            );
    }

    private static Task UseTemplate(TestMailing mailing, string html) =>
        mailing.Service.Send(
            mailing.Organization,
            new SaveTemplate("Letter", TestMailing.Subject, html, Id: mailing.TemplateId)
        );
}
