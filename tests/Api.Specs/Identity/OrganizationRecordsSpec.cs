using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Settings, quotas, looks and policies of an organization, and who owns what of its things.</summary>
public sealed class OrganizationRecordsSpec : TenantSpec
{
    private const string Policies = "/api/v1/podcast/access-control-policies";
    private const string Ownership = "/api/v1/podcast/resource-ownership";

    [TestCase("tenant-settings", """{"settings":{"weekBegins":"monday"}}""")]
    [TestCase("tenant-quotas", """{"maxUsers":5,"maxPodcasts":2,"maxCampaigns":10}""")]
    [TestCase("white-label-settings", """{"brandName":"Night Train","primaryColor":"#102030"}""")]
    public async Task An_organization_has_one_of_each_and_whoever_runs_it_changes_them(string table, string body)
    {
        var path = $"/api/v1/podcast/{table}";
        using var member = await Shared.Api.NewPerson(Ours.Organization, "member");

        var saved = await Ours.Post(path, body);
        saved.Status.ShouldBe(HttpStatusCode.Created, saved.Body);
        var read = await Ours.Get($"{path}/{Ours.Organization}");
        read.Status.ShouldBe(HttpStatusCode.OK, read.Body);
        (await Ours.Post(path, body)).ShouldBeProblem(409, "record.exists");
        (await Ours.Put($"{path}/{Ours.Organization}", body, ("If-Match", read.ETag!))).Status.ShouldBe(
            HttpStatusCode.OK
        );

        using var attempt = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var refused = await member.Http.PostAsync(new Uri(path, UriKind.Relative), attempt);
        (await Answer.Of(refused)).ShouldBeProblem(403, "access.denied");
    }

    [Test]
    public async Task A_quota_of_members_holds_beside_the_seats_of_the_plan()
    {
        await Ours.Post("/api/v1/podcast/tenant-quotas", """{"maxUsers":2}""");
        using var second = await Shared.Api.NewPerson(Ours.Organization, "member");

        (await Ours.Post("/api/v1/invitations", """{"email":"third@example.org"}""")).ShouldBeProblem(
            409,
            "quota.exceeded"
        );
    }

    [TestCase("""{"effect":"allow","actions":["contacts:read","podcasts:*"],"resources":["podcast.episodes"]}""")]
    [TestCase("""{"effect":"deny","actions":["*"],"resources":["*"],"conditions":{"role":["viewer"],"night":true}}""")]
    public async Task A_policy_of_the_documented_form_is_kept(string policy)
    {
        var saved = await Ours.Post(Policies, $$"""{"name":"A","policyDefinition":{{policy}},"enabled":true}""");

        saved.Status.ShouldBe(HttpStatusCode.Created, saved.Body);
        var read = await Ours.Get($"{Policies}/{saved.Json.GetProperty("id").GetString()}");
        read.Json.GetProperty("row")
            .GetProperty("policyDefinition")
            .GetProperty("effect")
            .GetString()
            .ShouldNotBeNull();
    }

    [TestCase("{}", "effect")]
    [TestCase("""{"effect":"maybe","actions":["*"],"resources":["*"]}""", "effect")]
    [TestCase("""{"effect":"allow","resources":["*"]}""", "actions")]
    [TestCase("""{"effect":"allow","actions":[],"resources":["*"]}""", "actions")]
    [TestCase("""{"effect":"allow","actions":["moon:land"],"resources":["*"]}""", "actions")]
    [TestCase("""{"effect":"allow","actions":[1],"resources":["*"]}""", "actions")]
    [TestCase("""{"effect":"allow","actions":["*"],"resources":["; drop table"]}""", "resources")]
    [TestCase("""{"effect":"allow","actions":["*"],"resources":"*"}""", "resources")]
    [TestCase("""{"effect":"allow","actions":["*"],"resources":["*"],"conditions":[]}""", "conditions")]
    [TestCase("""{"effect":"allow","actions":["*"],"resources":["*"],"conditions":{"a":{"b":1} } }""", "conditions")]
    [TestCase("""{"effect":"allow","actions":["*"],"resources":["*"],"unless":{} }""", "unless")]
    public async Task A_policy_of_another_form_is_told_what_is_wrong(string policy, string named) =>
        (await Ours.Post(Policies, $$"""{"name":"A","policyDefinition":{{policy}} }"""))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("policyDefinition")
            .ShouldContain(named);

    [Test]
    public async Task A_thing_has_one_owner_who_hands_it_over_to_another_member_and_is_found_by_it()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "member");
        using var bob = await Shared.Api.NewPerson(Ours.Organization, "member");
        using var theirs = await Shared.Api.NewTenant();
        using var stranger = await Shared.Api.NewPerson(theirs.Organization, "member");
        var podcast = await TestPodcast.Add(Shared.Api.Installation, Ours.Organization);
        string Body(Guid owner) =>
            $$"""
                {"resourceType":"podcast.episodes","resourceId":"{{podcast.Episodes[0]}}","ownerId":"{{owner}}"}
                """;

        var (anns, bobs) = (await Membership(Ours, ann), await Membership(Ours, bob));
        var saved = await Ours.Post(Ownership, Body(anns));
        saved.Status.ShouldBe(HttpStatusCode.Created, saved.Body);
        var path = $"{Ownership}/{saved.Json.GetProperty("id").GetString()}";
        (await Ours.Post(Ownership, Body(bobs))).ShouldBeProblem(422, "request.invalid");
        (await Ours.Put(path, Body(await Membership(theirs, stranger)), ("If-Match", "\"1\""))).ShouldBeProblem(
            422,
            "request.invalid"
        );
        (await Ours.Put(path, Body(bobs), ("If-Match", "\"1\""))).Status.ShouldBe(HttpStatusCode.OK);

        (await Owned(anns)).ShouldBe(0);
        (await Owned(bobs)).ShouldBe(1);
        (await theirs.Get(path)).ShouldBeProblem(404, "record.not_found");
    }

    private static async Task<Guid> Membership(TestTenant tenant, TestPerson person) =>
        (await tenant.Get($"/api/v1/members/{person.User}")).Json.GetProperty("membershipId").GetGuid();

    private async Task<int> Owned(Guid owner) =>
        (await Ours.Get($"{Ownership}?ownerId={owner}")).Json.GetProperty("items").GetArrayLength();
}
