using System.Net;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>What people do with their organizations: found them, list them, leave them, hand them over.</summary>
public sealed class MyOrganizationsSpec : TenantSpec
{
    private const string Organizations = "/api/v1/organizations";

    [Test]
    public async Task A_person_founds_an_organization_owns_it_and_fills_its_free_plan()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "viewer");
        var slug = NewSlug();

        var founded = await ann.Send(HttpMethod.Post, Organizations, Body(slug));

        founded.Status.ShouldBe(HttpStatusCode.Created, founded.Body);
        var mine = (await ann.Send(HttpMethod.Get, Organizations)).Json.GetProperty("items").EnumerateArray().ToList();
        mine.Count.ShouldBe(2);
        mine[1].GetProperty("slug").GetString().ShouldBe(slug);
        mine[1].GetProperty("role").GetString().ShouldBe("owner");
        mine[1].GetProperty("plan").GetString().ShouldBe("free");
        var first = await ann.Send(HttpMethod.Get, $"{Organizations}?limit=1");
        var rest = await ann.Send(
            HttpMethod.Get,
            $"{Organizations}?limit=1&after={first.Json.GetProperty("next").GetString()}"
        );
        rest.Json.GetProperty("items")[0].GetProperty("slug").GetString().ShouldBe(slug);
        await WorkIn(ann, founded.Json.GetProperty("id").GetGuid());
        (await ann.Send(HttpMethod.Post, "/api/v1/invitations", """{"email":"b@example.org"}""")).ShouldBeProblem(
            409,
            "organization.seats_taken"
        );
    }

    [Test]
    public async Task A_slug_is_taken_once_and_a_person_owns_ten_organizations_at_most()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "viewer");
        using var bob = await Shared.Api.NewPerson(Ours.Organization, "viewer");
        var slug = NewSlug();
        await ann.Send(HttpMethod.Post, Organizations, Body(slug));

        (await bob.Send(HttpMethod.Post, Organizations, Body(slug))).ShouldBeProblem(409, "organization.exists");
        (await bob.Send(HttpMethod.Post, Organizations, """{"name":"N","slug":"No!"}"""))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("slug")
            .ShouldNotBeEmpty();
        for (var number = 1; number < 10; number++)
            (await ann.Send(HttpMethod.Post, Organizations, Body(NewSlug()))).Status.ShouldBe(HttpStatusCode.Created);

        (await ann.Send(HttpMethod.Post, Organizations, Body(NewSlug()))).ShouldBeProblem(409, "organization.too_many");
    }

    [Test]
    public async Task Of_sixteen_organizations_founded_at_once_ten_come_about()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "viewer");

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => ann.Send(HttpMethod.Post, Organizations, Body(NewSlug())))
        );

        answers.Count(answer => answer.Status == HttpStatusCode.Created).ShouldBe(10);
        foreach (var refused in answers.Where(answer => answer.Status != HttpStatusCode.Created))
            refused.ShouldBeProblem(409, "organization.too_many");

        var mine = (await ann.Send(HttpMethod.Get, $"{Organizations}?limit=200")).Json.GetProperty("items");
        mine.EnumerateArray().Count(one => one.GetProperty("role").GetString() == "owner").ShouldBe(10);
    }

    [Test]
    public async Task An_organization_that_was_closed_or_handed_over_counts_no_more()
    {
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "viewer");
        var founded = new List<Guid>();
        for (var number = 0; number < 10; number++)
            founded.Add(
                (await ann.Send(HttpMethod.Post, Organizations, Body(NewSlug()))).Json.GetProperty("id").GetGuid()
            );

        await WorkIn(ann, founded[0]);
        await Shared.Api.SetPassword(ann.User);
        const string proof = $$"""{"password":"{{TestPeople.Password}}"}""";
        (await ann.Send(HttpMethod.Delete, "/api/v1/organization", proof)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await ann.Send(HttpMethod.Post, Organizations, Body(NewSlug()))).Status.ShouldBe(HttpStatusCode.Created);
        (await ann.Send(HttpMethod.Post, Organizations, Body(NewSlug()))).ShouldBeProblem(409, "organization.too_many");
    }

    [Test]
    public async Task A_program_founds_and_leaves_nothing()
    {
        (await Ours.Post(Organizations, Body(NewSlug()))).ShouldBeProblem(403, "access.denied");
        (await Ours.Get(Organizations)).ShouldBeProblem(403, "access.denied");
        (await Ours.Post("/api/v1/organization/leave")).ShouldBeProblem(403, "access.denied");
    }

    [Test]
    public async Task Whoever_leaves_is_out_at_once_and_the_last_owner_stays()
    {
        using var owner = await Owner();
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "admin");
        (await ann.Send(HttpMethod.Get, "/api/v1/organization")).Status.ShouldBe(HttpStatusCode.OK);

        (await owner.Send(HttpMethod.Post, "/api/v1/organization/leave")).ShouldBeProblem(409, "member.is_owner");
        (await ann.Send(HttpMethod.Post, "/api/v1/organization/leave")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await ann.Send(HttpMethod.Get, "/api/v1/organization")).ShouldBeProblem(403, "organization.none");
        (await ann.Send(HttpMethod.Get, Organizations)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await Ours.Get($"/api/v1/members/{ann.User}")).ShouldBeProblem(404, "member.not_found");
    }

    [Test]
    public async Task Only_the_owner_hands_the_organization_over_whatever_role_others_hold()
    {
        using var owner = await Owner();
        await Shared.Api.Send(
            Ours.Organization,
            new SaveRole("deputy", "Deputy", null, ["organization:read", "organization:transfer"])
        );
        using var deputy = await Shared.Api.NewPerson(Ours.Organization, "deputy");
        using var admin = await Shared.Api.NewPerson(Ours.Organization, "admin");
        var toDeputy = $$"""{"id":"{{deputy.User}}"}""";

        (await admin.Send(HttpMethod.Put, "/api/v1/organization/owner", toDeputy)).ShouldBeProblem(
            403,
            "access.denied"
        );
        (await deputy.Send(HttpMethod.Put, "/api/v1/organization/owner", toDeputy)).ShouldBeProblem(
            403,
            "organization.not_owner"
        );
        (await deputy.Send(HttpMethod.Delete, "/api/v1/organization")).ShouldBeProblem(403, "organization.not_owner");
        (await owner.Send(HttpMethod.Put, "/api/v1/organization/owner", toDeputy)).ShouldBeProblem(
            403,
            "password.wrong"
        );
        toDeputy = $$"""{"id":"{{deputy.User}}","password":"{{TestPeople.Password}}"}""";
        var toNobody = $$"""{"id":"{{Guid.CreateVersion7()}}","password":"{{TestPeople.Password}}"}""";
        (await owner.Send(HttpMethod.Put, "/api/v1/organization/owner", toNobody)).ShouldBeProblem(
            404,
            "member.not_found"
        );
        (await owner.Send(HttpMethod.Put, "/api/v1/organization/owner", toDeputy)).Status.ShouldBe(
            HttpStatusCode.NoContent
        );

        (await Ours.Get($"/api/v1/members/{deputy.User}")).Json.GetProperty("role").GetString().ShouldBe("owner");
        (await Ours.Get($"/api/v1/members/{owner.User}")).Json.GetProperty("role").GetString().ShouldBe("admin");
        (await owner.Send(HttpMethod.Post, "/api/v1/organization/leave")).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Test]
    public async Task What_is_closed_lets_its_people_and_its_programs_out_and_its_owner_may_be_forgotten()
    {
        using var owner = await Owner();
        using var ann = await Shared.Api.NewPerson(Ours.Organization, "admin");

        (await owner.Send(HttpMethod.Delete, "/api/v1/organization")).ShouldBeProblem(403, "password.wrong");
        const string proof = $$"""{"password":"{{TestPeople.Password}}"}""";
        (await owner.Send(HttpMethod.Delete, "/api/v1/organization", proof)).Status.ShouldBe(HttpStatusCode.NoContent);

        (await ann.Send(HttpMethod.Get, "/api/v1/organization")).ShouldBeProblem(403, "organization.none");
        (await Ours.Get("/api/v1/organization")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await owner.Send(HttpMethod.Get, Organizations)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        await Shared.Api.Send(Guid.Empty, new RemoveUser(owner.User));
    }

    private static string NewSlug() => $"mine-{Guid.CreateVersion7():n}";

    private static string Body(string slug) => $$"""{"name":"Mine","slug":"{{slug}}"}""";

    private async Task<TestPerson> Owner()
    {
        var members = await Ours.Get("/api/v1/members?limit=1");
        var owner = members.Json.GetProperty("items")[0];
        owner.GetProperty("role").GetString().ShouldBe("owner");
        var id = owner.GetProperty("id").GetGuid();
        await Shared.Api.SetPassword(id);
        return await Shared.Api.SignIn(id, Ours.Organization);
    }

    private static async Task WorkIn(TestPerson person, Guid organization) =>
        (
            await person.Send(HttpMethod.Put, "/api/v1/session/organization", $$"""{"id":"{{organization}}"}""")
        ).Status.ShouldBe(HttpStatusCode.NoContent);
}
