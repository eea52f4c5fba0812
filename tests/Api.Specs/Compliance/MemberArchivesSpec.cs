using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Compliance;

/// <summary>What an organization holds on a member is handed out by somebody who may act on that member.</summary>
public sealed class MemberArchivesSpec : TenantSpec
{
    private const string Requests = "/api/v1/privacy-requests";

    [Test]
    public async Task Nobody_has_an_archive_made_of_a_member_with_more_rights_than_their_own()
    {
        await Shared.Api.Send(
            Ours.Organization,
            new SaveRole("clerk", "Clerk", null, ["privacy:read", "privacy:write"])
        );
        using var clerk = await Shared.Api.NewPerson(Ours.Organization, "clerk");
        using var admin = await Shared.Api.NewPerson(Ours.Organization, "admin");
        var owner = (await Ours.Get("/api/v1/members?limit=1")).Json.GetProperty("items")[0].GetProperty("id");
        var ofAdmin = $$"""{"type":"access","userId":"{{admin.User}}"}""";

        (await clerk.Send(HttpMethod.Post, Requests, ofAdmin)).ShouldBeProblem(403, "role.beyond_own");
        (await clerk.Send(HttpMethod.Post, Requests, $$"""{"type":"access","userId":"{{owner}}"}""")).ShouldBeProblem(
            409,
            "member.is_owner"
        );
        var made = (await Ours.Post(Requests, ofAdmin)).Json.GetProperty("id").GetGuid();
        (await clerk.Send(HttpMethod.Post, $"{Requests}/{made}/fulfilment", "{}")).ShouldBeProblem(
            403,
            "role.beyond_own"
        );
        (await Ours.Post($"{Requests}/{made}/fulfilment", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        (await clerk.Send(HttpMethod.Get, $"{Requests}/{made}/archive")).ShouldBeProblem(403, "role.beyond_own");
    }
}
