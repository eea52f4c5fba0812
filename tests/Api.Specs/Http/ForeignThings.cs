using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Http;

/// <summary>One thing of each kind that another organization has.</summary>
internal static class ForeignThings
{
    /// <summary>By kind: the id of one of theirs, an id of nothing that is as long, and the refusal of both.</summary>
    public static async Task<Dictionary<string, (string Id, string Missing, string Code)>> Of(TestTenant theirs)
    {
        const string noNumber = "0000000002147483000";
        var contact = await theirs.Subscribe("ann@example.com");
        using var file = new StringContent("email\nbob@example.com\n", Encoding.UTF8, "text/csv");
        using var imported = await theirs.Http.PostAsync(new Uri("/api/v1/imports?format=own", UriKind.Relative), file);
        var import = (await Answer.Of(imported)).Json.GetProperty("id").GetInt64();
        var wording = await theirs.Post("/api/v1/wordings", """{"language":"en","text":"Yes, please."}""");
        var form = await theirs.Post(
            "/api/v1/forms",
            $$"""
            {"title":"Letter","language":"en",
            "wording":"{{wording.Json.GetProperty("sha256").GetString()}}"}
            """
        );
        var invitation = await theirs.Post(
            "/api/v1/invitations",
            $$"""{"email":"{{Guid.CreateVersion7()}}@example.org"}"""
        );
        var member = await Shared.Api.App.Services.Join(theirs.Organization, $"{Guid.CreateVersion7()}@example.org");
        var saved = await theirs.Post(
            "/api/v1/backstage/email-templates",
            """{"name":"Letter","subject":"Hello","isDraft":true}"""
        );
        var template = saved.Json.GetProperty("id").GetInt64();
        var drafted = await theirs.Post("/api/v1/campaigns", $$"""{"name":"Spring","templateId":{{template}}}""");
        var campaign = drafted.Json.GetProperty("id").GetInt64();
        var podcast = await TestPodcast.Add(Shared.Api.Installation, theirs.Organization);
        var demand = await theirs.Post("/api/v1/privacy-requests", """{"type":"access","email":"ann@example.com"}""");
        await theirs.Post($"/api/v1/privacy-requests/{demand.Json.GetProperty("id").GetString()}/fulfilment", "{}");
        var audited = (await theirs.Get("/api/v1/audit?limit=1")).Json.GetProperty("items")[0];
        return new()
        {
            ["audit"] = (Padded(audited.GetProperty("id").GetInt64()), noNumber, "audit_entry.not_found"),
            ["privacy-requests"] = (demand.Json.GetProperty("id").GetString()!, NoId(), "privacy_request.not_found"),
            ["jobs"] = (await JobOf(theirs), NoId(), "job.not_found"),
            ["invitations"] = (invitation.Json.GetProperty("id").GetString()!, NoId(), "invitation.not_found"),
            ["members"] = (member.ToString(), NoId(), "member.not_found"),
            ["keys"] = (theirs.Key.Id.ToString(), NoId(), "api_key.not_found"),
            ["campaigns"] = (Padded(campaign), noNumber, "campaign.not_found"),
            ["contacts"] = (Padded(contact), noNumber, "contact.not_found"),
            ["imports"] = (Padded(import), noNumber, "import.not_found"),
            ["backstage/email-templates"] = (Padded(template), noNumber, "template.not_found"),
            ["podcast/episodes"] = (
                podcast.Episodes[0].ToString(),
                Guid.CreateVersion7().ToString(),
                "episode.not_found"
            ),
            ["forms"] = (form.Json.GetProperty("id").GetString()!, Guid.CreateVersion7().ToString(), "form.not_found"),
        };

        static string NoId() => Guid.CreateVersion7().ToString();

        static string Padded(long number) => number.ToString("D19", CultureInfo.InvariantCulture);
    }

    private static async Task<string> JobOf(TestTenant theirs)
    {
        await using var scope = Shared.Api.App.Services.CreateAsyncScope();
        scope
            .ServiceProvider.GetRequiredService<ScopeCaller>()
            .Set(RunAs.OperatorContext(theirs.Organization.ToString()));
        var jobs = scope.ServiceProvider.GetRequiredService<IBackgroundJobs>();
        var tomorrow = TimeProvider.System.GetUtcNow().AddDays(1);
        return (await jobs.Schedule(new ResetQuotas(), tomorrow, CancellationToken.None)).ToString();
    }
}
