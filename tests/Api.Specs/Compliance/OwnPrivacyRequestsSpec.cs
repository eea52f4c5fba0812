using System.IO.Compression;
using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;

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
        await Shared.Api.Send(other.Organization, new AddMember(email, "viewer"));
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
        (await Ours.Get($"/api/v1/privacy-requests/{request}")).Json.GetProperty("type").GetString().ShouldBe("access");
    }

    [Test]
    public async Task A_person_removes_their_own_account_and_another_ones_is_not_theirs_to_ask_about()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "member");
        using var bob = await Shared.Api.NewPerson(Ours.Organization, "member");
        (await ann.Send(HttpMethod.Post, Own, """{"type":"erasure"}""")).ShouldBeProblem(409, "password.none");
        await Shared.Api.SetPassword(ann.User);
        foreach (var wrong in new[] { """{"type":"erasure"}""", """{"type":"erasure","password":"wrong"}""" })
            (await ann.Send(HttpMethod.Post, Own, wrong)).ShouldBeProblem(403, "password.wrong");

        (await ann.Send(HttpMethod.Get, Own)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        var demand = $$"""{"type":"erasure","password":"{{TestPeople.Password}}"}""";
        var opened = await ann.Send(HttpMethod.Post, Own, demand);
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
        foreach (var wrong in new[] { "{}", """{"password":"wrong"}""" })
            (await ann.Send(HttpMethod.Post, $"{Own}/{request}/fulfilment", wrong)).ShouldBeProblem(
                403,
                "password.wrong"
            );

        const string proof = $$"""{"password":"{{TestPeople.Password}}"}""";
        (await ann.Send(HttpMethod.Post, $"{Own}/{request}/fulfilment", proof)).Status.ShouldBe(HttpStatusCode.OK);

        (await Ours.Get($"/api/v1/members/{ann.User}")).ShouldBeProblem(404, "member.not_found");
        (await Ours.Get($"/api/v1/privacy-requests/{request}"))
            .Json.GetProperty("outcome")
            .GetString()
            .ShouldBe("erased");
    }

    [Test]
    public async Task A_program_has_no_account_to_ask_about() =>
        (await Ours.Post(Own, """{"type":"access"}""")).ShouldBeProblem(403, "access.denied");

    private async Task<string> Email(TestPerson person) =>
        (await Ours.Get($"/api/v1/members/{person.User}")).Json.GetProperty("email").GetString()!;
}
