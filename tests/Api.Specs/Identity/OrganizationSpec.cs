using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Members, roles and keys as a program of the organization manages them.</summary>
public sealed class OrganizationSpec : TenantSpec
{
    private const string Members = "/api/v1/members";
    private const string Roles = "/api/v1/roles";
    private const string Keys = "/api/v1/keys";

    [Test]
    public async Task Members_change_roles_are_suspended_and_go()
    {
        using var acme = await Shared.Api.NewTenant();
        using var ann = await Shared.Api.NewPerson(acme.Organization, "viewer");

        (await acme.Put($"{Members}/{ann.User}/role", """{"role":"admin"}""")).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await acme.Put($"{Members}/{ann.User}/active", """{"active":false}""")).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        var listed = (await acme.Get(Members)).Json.GetProperty("items").EnumerateArray().ToList();
        listed.Count.ShouldBe(2);
        listed[1].GetProperty("role").GetString().ShouldBe("admin");
        listed[1].GetProperty("active").GetBoolean().ShouldBeFalse();
        (await ann.Send(HttpMethod.Get, "/api/v1/organization")).ShouldBeProblem(403, "organization.none");
        (await acme.Put($"{Members}/{ann.User}/active", """{"active":true}""")).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await ann.Send(HttpMethod.Get, "/api/v1/organization")).Status.ShouldBe(HttpStatusCode.OK);

        (await acme.Send(HttpMethod.Delete, $"{Members}/{ann.User}")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await acme.Get(Members)).Json.GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Test]
    public async Task Another_organizations_member_is_as_nobody_and_no_route_adds_or_changes_an_account()
    {
        using var acme = await Shared.Api.NewTenant();
        using var other = await Shared.Api.NewTenant();
        using var ann = await Shared.Api.NewPerson(acme.Organization, "viewer");
        var member = $"{Members}/{ann.User}";

        (await other.Put($"{member}/role", """{"role":"admin"}""")).ShouldBeProblem(404, "member.not_found");
        (await other.Put($"{member}/active", """{"active":false}""")).ShouldBeProblem(404, "member.not_found");
        (await other.Send(HttpMethod.Delete, member)).ShouldBeProblem(404, "member.not_found");
        (await acme.Post(Members, """{"email":"bob@example.org"}""")).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await acme.Put($"{member}/profile", """{"name":"Mallory"}""")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await acme.Send(HttpMethod.Delete, $"{member}/account")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ann.Send(HttpMethod.Get, "/api/v1/me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task A_role_of_ones_own_permits_what_it_says()
    {
        using var acme = await Shared.Api.NewTenant();
        var saved = await acme.Put(
            $"{Roles}/editor",
            """{"name":"Editor","permissions":["contacts:read","campaigns:write"]}"""
        );
        saved.Status.ShouldBe(HttpStatusCode.NoContent, saved.Body);
        var role = (await acme.Get($"{Roles}?limit=200"))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Single(item => !item.GetProperty("isSystem").GetBoolean());
        role.GetProperty("slug").GetString()!.ShouldEndWith("/editor");
        role.GetProperty("permissions").ToString().ShouldBe("""["campaigns:write","contacts:read"]""");

        (await acme.Put($"{Roles}/admin", """{"name":"Me","permissions":[]}""")).ShouldBeProblem(
            422,
            "request.invalid"
        );
        (await acme.Put($"{Roles}/x", """{"name":"X","permissions":["moon:land"]}""")).ShouldBeProblem(
            404,
            "permission.not_found"
        );
        (
            await acme.Put($"{Roles}/editor", """{"name":"E","permissions":[]}""", ("If-Match", "\"99\""))
        ).ShouldBeProblem(412, "version.stale");
        (await acme.Send(HttpMethod.Delete, $"{Roles}/editor")).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Test]
    public async Task A_key_is_shown_once_rotated_and_revoked()
    {
        using var acme = await Shared.Api.NewTenant();
        var made = await acme.Post(Keys, """{"name":"Site","test":true,"rotationPolicy":"30d"}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        var id = made.Json.GetProperty("id").GetGuid();
        made.Json.GetProperty("key").GetString()!.ShouldStartWith("sk_test_");
        var listed = await acme.Get(Keys);
        listed.Body.ShouldNotContain(made.Json.GetProperty("key").GetString()!);
        var shown = Find(listed, id);
        shown.GetProperty("nextRotationAt").ValueKind.ShouldBe(JsonValueKind.String);

        var rotated = await acme.Post($"{Keys}/{id}/rotations?graceHours=0");
        rotated.Json.GetProperty("key").GetString().ShouldNotBe(made.Json.GetProperty("key").GetString());
        (await Asks(made.Json.GetProperty("key").GetString()!)).ShouldBe(HttpStatusCode.Unauthorized);
        (await Asks(rotated.Json.GetProperty("key").GetString()!)).ShouldBe(HttpStatusCode.OK);

        (await acme.Send(HttpMethod.Delete, $"{Keys}/{id}?reason=lost")).Status.ShouldBe(HttpStatusCode.NoContent);
        Find(await acme.Get(Keys), id).GetProperty("revokedReason").GetString().ShouldBe("lost");
        (await acme.Post($"{Keys}/{id}/rotations")).ShouldBeProblem(409, "api_key.revoked");
        (await acme.Post($"{Keys}/{Guid.CreateVersion7()}/rotations")).ShouldBeProblem(404, "api_key.not_found");
    }

    [Test]
    public async Task An_organization_is_renamed_against_its_version_changes_owners_and_closes()
    {
        using var acme = await Shared.Api.NewTenant();
        var found = await acme.Get("/api/v1/organization");
        (await acme.Put("/api/v1/organization", """{"name":"New"}""")).ShouldBeProblem(428, "version.required");
        (await acme.Put("/api/v1/organization", """{"name":"New"}""", ("If-Match", found.ETag!))).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await acme.Get("/api/v1/organization")).Json.GetProperty("name").GetString().ShouldBe("New");
        var bob = await Shared.Api.App.Services.Join(acme.Organization, $"{Guid.CreateVersion7():n}@example.org");

        (await acme.Put("/api/v1/organization/owner", $$"""{"id":"{{bob}}"}""")).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await acme.Send(HttpMethod.Delete, $"{Members}/{bob}")).ShouldBeProblem(409, "member.is_owner");

        // The key is of the owner before, and does no more than its holder may.
        (await acme.Send(HttpMethod.Delete, "/api/v1/organization")).ShouldBeProblem(403, "access.denied");
        await Shared.Api.Send(acme.Organization, new CloseOrganization());
        (await acme.Get(Members)).ShouldBeProblem(401, "authentication.required");
    }

    private static JsonElement Find(Answer listed, Guid id) =>
        listed.Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("id").GetGuid() == id);

    private static async Task<HttpStatusCode> Asks(string key)
    {
        using var http = Shared.Api.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/organization");
        request.Headers.Authorization = new("Bearer", key);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }
}
