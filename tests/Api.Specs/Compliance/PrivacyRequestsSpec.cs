using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Compliance;

/// <summary>A demand from its coming in to its proof, over HTTP.</summary>
public sealed class PrivacyRequestsSpec : TenantSpec
{
    private const string Requests = "/api/v1/privacy-requests";

    [Test]
    public async Task An_archive_holds_everything_that_the_person_left_and_its_hash_is_provable()
    {
        const string email = "marked.ann@example.com";
        var contact = await Ours.Post(
            TestTenant.List,
            $$"""
            {"email":"{{email}}","name":"Marked Ann <script>alert(1)</script>","metadata":{"city":"Marked Bern"},
            "consent":{"claims":{"page":"Marked landing page"} } }
            """
        );
        var id = contact.Json.GetProperty("id").GetInt64();
        await Ours.Post(TestTenant.Contact(id, "/withdrawals"), """{"claims":{"said":"Marked goodbye"}}""");
        await Ours.Post(
            "/api/v1/podcast/partners",
            $$"""{"name":"Marked Company","partnerType":"agency","contactEmail":"{{email}}"}"""
        );
        var request = await Open($$"""{"type":"access","email":"{{email}}","note":"By post."}""");

        var done = await Fulfil(request);
        var archive = await Archive(request);

        done.GetProperty("status").GetString().ShouldBe("completed");
        done.GetProperty("outcome").GetString().ShouldBe("archive_made");
        done.GetProperty("sha256").GetString().ShouldBe(archive.Sha256);
        archive.IsCleanStream().ShouldBeTrue();
        var data = archive.Text("data.json");
        foreach (var mark in new[] { email, "Marked Ann", "Marked Bern", "Marked landing page", "Marked goodbye" })
            data.ShouldContain(mark);

        data.ShouldContain("Marked Company");
        data.ShouldContain("By post.");
        data.ShouldNotContain("unsubscribeToken");
        var tables = JsonSerializer.Deserialize<JsonElement>(data).GetProperty("tables").EnumerateArray().ToList();
        new[] { "backstage.contacts", "backstage.consent_history", "podcast.partners" }.ShouldBeSubsetOf(
            tables.Select(table => table.GetProperty("table").GetString()!)
        );
        var page = archive.Text("index.html");
        page.ShouldContain("Marked Bern");
        page.ShouldNotContain("<script>");
        page.ShouldContain("&lt;script&gt;");
        await ShouldVerify(archive.Text("proof.json"));
        var proof = await Ours.Get($"{Requests}/{request}/proof");
        proof.Body.ShouldContain(archive.Sha256);
        proof.Body.ShouldNotContain(email);
        proof.Body.ShouldNotContain("By post.");
        await ShouldVerify(proof.Body);
    }

    [Test]
    public async Task An_organizations_archive_holds_nothing_of_another_one()
    {
        using var theirs = await Shared.Api.NewTenant();
        await theirs.Post(
            TestTenant.List,
            """{"email":"both@example.com","name":"Known to them","metadata":{"secret":"theirs"}}"""
        );
        await Ours.Post(TestTenant.List, """{"email":"both@example.com","name":"Known to us"}""");
        var request = await Open("""{"type":"access","email":"both@example.com"}""");

        await Fulfil(request);

        var data = (await Archive(request)).Text("data.json");
        data.ShouldContain("Known to us");
        data.ShouldNotContain("Known to them");
        data.ShouldNotContain(theirs.Organization.ToString());
        (await theirs.Get($"{Requests}/{request}/archive")).ShouldBeProblem(404, "privacy_request.not_found");
    }

    [Test]
    public async Task What_a_person_takes_along_is_what_they_provided()
    {
        await Ours.Subscribe("portable@example.com");
        var request = await Open("""{"type":"portability","email":"portable@example.com"}""");

        await Fulfil(request);

        var archive = await Archive(request);
        archive.Names.ShouldBe(["data.json"]);
        var data = JsonSerializer.Deserialize<JsonElement>(archive.Text("data.json"));
        var contact = data.GetProperty("tables")
            .EnumerateArray()
            .Single(table => table.GetProperty("table").GetString() == "backstage.contacts")
            .GetProperty("rows")[0];
        contact.GetProperty("email").GetString().ShouldBe("portable@example.com");
        contact.TryGetProperty("id", out _).ShouldBeFalse();
        contact.TryGetProperty("subscribed", out _).ShouldBeFalse();
    }

    [Test]
    public async Task An_erased_persons_request_stays_provable_and_names_nobody()
    {
        const string email = "erase.me@example.com";
        var contact = await Ours.Subscribe(email);
        var request = await Open($$"""{"type":"erasure","email":"{{email}}","note":"Erase Me herself called."}""");

        var done = await Fulfil(request);

        done.GetProperty("outcome").GetString().ShouldBe("erased");
        done.GetProperty("evidence").GetInt64().ShouldBeGreaterThan(0);
        done.GetProperty("note").ValueKind.ShouldBe(JsonValueKind.Null);
        done.GetProperty("email").ValueKind.ShouldBe(JsonValueKind.Null);
        (await Ours.Get(TestTenant.Contact(contact))).Json.GetProperty("erased").GetBoolean().ShouldBeTrue();
        await ShouldVerify((await Ours.Get($"{Requests}/{request}/proof")).Body);
        (await Ours.Get($"{Requests}/{request}")).Body.ShouldNotContain("Erase Me");
    }

    [Test]
    public async Task A_restriction_is_put_on_and_a_rectification_changes_what_it_names()
    {
        var contact = await Ours.Subscribe("right@example.com");
        var restriction = await Open($$"""{"type":"restriction","contactId":{{contact}}}""");
        var rectification = await Open($$"""{"type":"rectification","contactId":{{contact}}}""");

        (await Ours.Post($"{Requests}/{restriction}/fulfilment", "{}"))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("ground")
            .ShouldNotBeEmpty();
        await Fulfil(restriction, """{"ground":"accuracy_contested"}""");
        await Fulfil(rectification, """{"fields":{"metadata":{"city":"Basel"}}}""");

        var now = (await Ours.Get(TestTenant.Contact(contact))).Json;
        now.GetProperty("restricted").GetBoolean().ShouldBeTrue();
        now.GetProperty("subscribed").GetBoolean().ShouldBeFalse();
        now.GetProperty("name").GetString().ShouldBe("Ann");
        now.GetProperty("metadata").GetProperty("city").GetString().ShouldBe("Basel");
        (await Ours.Send(HttpMethod.Delete, TestTenant.Contact(contact, "/restrictions"))).Status.ShouldBe(
            HttpStatusCode.OK
        );
        (await Ours.Get(TestTenant.Contact(contact))).Json.GetProperty("subscribed").GetBoolean().ShouldBeTrue();
    }

    [Test]
    public async Task An_objection_ends_every_consent()
    {
        var contact = await Ours.Subscribe("object@example.com");
        var request = await Open($$"""{"type":"objection","contactId":{{contact}}}""");

        (await Fulfil(request)).GetProperty("outcome").GetString().ShouldBe("withdrawn");

        (await Ours.Get(TestTenant.Contact(contact))).Json.GetProperty("subscribed").GetBoolean().ShouldBeFalse();
        (await Ours.Post(TestTenant.Contact(contact, "/consents"), "{}")).ShouldBeProblem(409, "contact.withdrawn");
    }

    [Test]
    public async Task Of_an_unknown_address_it_is_said_that_nothing_is_held()
    {
        var erasure = await Open("""{"type":"erasure","email":"nobody@example.com"}""");
        var access = await Open("""{"type":"access","email":"nobody@example.com"}""");

        (await Fulfil(erasure)).GetProperty("outcome").GetString().ShouldBe("nothing_held");
        await Fulfil(access);

        (await Archive(access)).Text("data.json").ShouldNotContain("backstage.contacts");
    }

    [Test]
    public async Task An_organization_shows_a_member_what_it_holds_and_does_no_more_to_an_account()
    {
        const string mark = "member.mark@example.org";
        var user = await Shared.Api.App.Services.Join(Ours.Organization, mark, "member", "Member Mark");
        var access = await Open($$"""{"type":"access","userId":"{{user}}"}""");

        await Fulfil(access);
        var data = (await Archive(access)).Text("data.json");

        data.ShouldContain(mark);
        data.ShouldContain("Member Mark");
        data.ShouldContain("access.memberships");
        data.ShouldNotContain("password");
        await ShouldVerify((await Ours.Get($"{Requests}/{access}/proof")).Body);
        foreach (var right in new[] { "erasure", "restriction", "rectification" })
            (await Ours.Post(Requests, $$"""{"type":"{{right}}","userId":"{{user}}"}"""))
                .ShouldBeProblem(422, "request.invalid")
                .Rules("type")
                .ShouldNotBeEmpty();
    }

    [Test]
    public async Task What_has_ended_stays_as_it_ended()
    {
        var request = await Open("""{"type":"access","email":"ended@example.com"}""");

        var rejected = await Ours.Post(
            $"{Requests}/{request}/rejection",
            """{"ground":"identity_unproven","reason":"Nobody answered."}"""
        );

        rejected.Status.ShouldBe(HttpStatusCode.OK, rejected.Body);
        (await Ours.Post($"{Requests}/{request}/fulfilment", "{}")).ShouldBeProblem(409, "privacy_request.ended");
        (await Ours.Post($"{Requests}/{request}/cancellation")).ShouldBeProblem(409, "privacy_request.ended");
        (await Ours.Get($"{Requests}/{request}/archive")).ShouldBeProblem(404, "privacy_archive.not_found");
        var now = (await Ours.Get($"{Requests}/{request}")).Json;
        now.GetProperty("rejectionGround").GetString().ShouldBe("identity_unproven");
        now.GetProperty("rejectionReason").GetString().ShouldBe("Nobody answered.");
    }

    [Test]
    public async Task What_is_overdue_is_listed_and_more_time_is_taken_in_time_only()
    {
        var old = TimeProvider.System.GetUtcNow().AddDays(-60).ToString("O");
        var overdue = await Open($$"""{"type":"access","email":"old@example.com","requestedAt":"{{old}}"}""");
        var fresh = await Open("""{"type":"access","email":"new@example.com"}""");

        var listed = (await Ours.Get($"{Requests}?overdue=true")).Json.GetProperty("items");

        listed.EnumerateArray().Select(Id).ShouldBe([overdue]);
        listed[0].GetProperty("overdue").GetBoolean().ShouldBeTrue();
        (await Ours.Post($"{Requests}/{overdue}/extension", """{"reason":"Late."}""")).ShouldBeProblem(
            409,
            "privacy_request.overdue"
        );
        (await Ours.Post($"{Requests}/{fresh}/extension", """{"reason":"Much paper."}""")).Status.ShouldBe(
            HttpStatusCode.OK
        );
        (await Ours.Post($"{Requests}/{fresh}/extension", """{"reason":"Again."}""")).ShouldBeProblem(
            409,
            "privacy_request.extended"
        );
        var page = (await Ours.Get($"{Requests}?limit=1")).Json;
        page.GetProperty("items").EnumerateArray().Select(Id).ShouldBe([fresh]);
        (await Ours.Get($"{Requests}?limit=1&after={page.GetProperty("next").GetString()}"))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(Id)
            .ShouldBe([overdue]);
    }

    [TestCase("""{"type":"curiosity","email":"a@example.com"}""", "type")]
    [TestCase("""{"type":"access"}""", "email")]
    [TestCase("""{"type":"access","email":"a@example.com","contactId":1}""", "email")]
    [TestCase("""{"type":"access","email":"nonsense"}""", "email")]
    [TestCase("""{"type":"access","email":"a@example.com","requestedAt":"2999-01-01T00:00:00Z"}""", "requestedAt")]
    [TestCase("""{"type":"objection","userId":"0192f0c1-0000-7000-8000-00000000000a"}""", "type")]
    public async Task A_demand_that_cannot_be_taken_says_why(string body, string field) =>
        (await Ours.Post(Requests, body)).ShouldBeProblem(422, "request.invalid").Rules(field).ShouldNotBeEmpty();

    [Test]
    public async Task Nobody_of_another_organization_can_be_asked_about_by_id()
    {
        using var theirs = await Shared.Api.NewTenant();
        var contact = await theirs.Subscribe("theirs@example.com");
        var members = (await theirs.Get("/api/v1/members")).Json.GetProperty("items");
        var owner = members[0].GetProperty("id").GetGuid();

        (await Ours.Post(Requests, $$"""{"type":"access","contactId":{{contact}}}""")).ShouldBeProblem(
            404,
            "contact.not_found"
        );
        (await Ours.Post(Requests, $$"""{"type":"access","userId":"{{owner}}"}""")).ShouldBeProblem(
            404,
            "member.not_found"
        );
    }

    private async Task<Guid> Open(string body)
    {
        var answer = await Ours.Post(Requests, body);
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return Id(answer.Json);
    }

    private async Task<JsonElement> Fulfil(Guid request, string body = "{}")
    {
        var answer = await Ours.Post($"{Requests}/{request}/fulfilment", body);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return (await Ours.Get($"{Requests}/{request}")).Json;
    }

    private async Task<FetchedArchive> Archive(Guid request)
    {
        using var response = await Ours.Http.GetAsync(new Uri($"{Requests}/{request}/archive", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        return new FetchedArchive(await response.Content.ReadAsByteArrayAsync());
    }

    private static async Task ShouldVerify(string bundle)
    {
        var key = await File.ReadAllTextAsync(Shared.Api.Installation.Keys.SealPublicKeyFile);
        ProofVerifier.Verify(bundle, key).Findings.ShouldBeEmpty();
    }

    private static Guid Id(JsonElement item) => item.GetProperty("id").GetGuid();
}
