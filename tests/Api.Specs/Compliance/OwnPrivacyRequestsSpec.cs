using System.IO.Compression;
using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Compliance;

/// <summary>A person asks about their own account, and is answered at once.</summary>
public sealed class OwnPrivacyRequestsSpec : TenantSpec
{
    private const string Own = "/api/v1/me/privacy-requests";

    [Test]
    public async Task A_person_fetches_everything_held_on_them_in_all_their_organizations()
    {
        using var other = await Shared.Api.NewTenant();
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "member");
        var email = await Email(ann);
        await Shared.Api.App.Services.Join(other.Organization, email, "viewer");
        var opened = await ann.Send(HttpMethod.Post, Own, """{"type":"access"}""");
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Body);
        var request = opened.Json.GetProperty("id").GetGuid();

        (await ann.Send(HttpMethod.Post, $"{Own}/{request}/fulfilment", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        using var response = await ann.Http.GetAsync(new Uri($"{Own}/{request}/archive", UriKind.Relative));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var zip = new ZipArchive(new MemoryStream(await response.Content.ReadAsByteArrayAsync()));
        using var reader = new StreamReader(zip.GetEntry("data.json")!.Open());
        var data = await reader.ReadToEndAsync();
        data.ShouldContain(email);
        data.ShouldContain(Ours.Organization.ToString());
        data.ShouldContain(other.Organization.ToString());
        data.ShouldContain("access.sessions");
        data.ShouldNotContain("token_hash");
        var listed = (await ann.Send(HttpMethod.Get, Own)).Json.GetProperty("items");
        listed[0].GetProperty("status").GetString().ShouldBe("completed");
        await ShouldBeNobodyElses(request);
    }

    [Test]
    public async Task A_person_removes_their_own_account_and_another_ones_is_not_theirs_to_ask_about()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "member");
        using var bob = await Shared.Api.NewPerson(Ours.Organization, "member");
        var opened = await ann.Send(HttpMethod.Post, Own, """{"type":"erasure"}""");
        var request = opened.Json.GetProperty("id").GetGuid();

        (await bob.Send(HttpMethod.Post, $"{Own}/{request}/fulfilment", "{}")).ShouldBeProblem(
            404,
            "privacy_request.not_found"
        );
        (await bob.Send(HttpMethod.Post, $"{Own}/{request}/cancellation")).ShouldBeProblem(
            404,
            "privacy_request.not_found"
        );
        (await bob.Send(HttpMethod.Get, Own)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await ann.Send(HttpMethod.Post, $"{Own}/{request}/fulfilment", "{}")).Status.ShouldBe(HttpStatusCode.OK);

        (await Ours.Get($"/api/v1/members/{ann.User}")).ShouldBeProblem(404, "member.not_found");
        await ShouldBeNobodyElses(request);
    }

    [Test]
    public async Task An_address_is_looked_for_in_ones_own_organizations_only()
    {
        using var other = await Shared.Api.NewTenant();
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "member");
        var email = await Email(ann);
        foreach (var (tenant, name) in new[] { (Ours, "Agency of ours"), (other, "Agency of theirs") })
        {
            var saved = await tenant.Post(
                "/api/v1/podcast/agencies",
                $$"""{"name":"{{name}}","contactEmail":"{{email}}","commissionRate":0.1}"""
            );
            saved.Status.ShouldBe(HttpStatusCode.Created, saved.Body);
        }

        var opened = await ann.Send(HttpMethod.Post, Own, """{"type":"access"}""");
        var request = opened.Json.GetProperty("id").GetGuid();
        (await ann.Send(HttpMethod.Post, $"{Own}/{request}/fulfilment", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        using var response = await ann.Http.GetAsync(new Uri($"{Own}/{request}/archive", UriKind.Relative));

        using var zip = new ZipArchive(new MemoryStream(await response.Content.ReadAsByteArrayAsync()));
        using var reader = new StreamReader(zip.GetEntry("data.json")!.Open());
        var data = await reader.ReadToEndAsync();
        data.ShouldContain("Agency of ours");
        data.ShouldNotContain("Agency of theirs");
    }

    [Test]
    public async Task What_an_organization_was_asked_about_a_member_stays_the_organizations()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "member");
        var opened = await Ours.Post("/api/v1/privacy-requests", $$"""{"type":"access","userId":"{{ann.User}}"}""");
        var request = opened.Json.GetProperty("id").GetGuid();

        (await ann.Send(HttpMethod.Post, $"{Own}/{request}/fulfilment", "{}")).ShouldBeProblem(
            404,
            "privacy_request.not_found"
        );
        (await ann.Send(HttpMethod.Get, $"{Own}/{request}/archive")).ShouldBeProblem(404, "privacy_request.not_found");
        (await ann.Send(HttpMethod.Get, Own)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Test]
    public async Task A_program_has_no_account_to_ask_about() =>
        (await Ours.Post(Own, """{"type":"access"}""")).ShouldBeProblem(403, "access.denied");

    // Neither listed, nor read, nor fetched by somebody who runs an organization of the person's.
    private async Task ShouldBeNobodyElses(Guid request)
    {
        using var admin = await Shared.Api.NewPerson(Ours.Organization, "admin");
        const string theirs = "/api/v1/privacy-requests";
        foreach (var path in new[] { $"{theirs}/{request}", $"{theirs}/{request}/archive" })
            (await admin.Send(HttpMethod.Get, path)).ShouldBeProblem(404, "privacy_request.not_found");

        (await admin.Send(HttpMethod.Post, $"{theirs}/{request}/fulfilment", "{}")).ShouldBeProblem(
            404,
            "privacy_request.not_found"
        );
        (await admin.Send(HttpMethod.Get, theirs)).Body.ShouldNotContain(request.ToString());
    }

    private async Task<string> Email(TestPerson person) =>
        (await Ours.Get($"/api/v1/members/{person.User}")).Json.GetProperty("email").GetString()!;
}
