using System.Net;
using System.Text;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>
/// Inviting and joining over HTTP: by the page of the mail, with an account or without, and by the API.
/// </summary>
public sealed class InvitationSpec : TenantSpec
{
    private const string Invitations = "/api/v1/invitations";
    private const string Acceptances = "/api/v1/invitations/acceptances";
    private const string Password = "correct horse battery";

    [Test]
    public async Task Somebody_without_an_account_reads_the_page_chooses_a_password_and_belongs()
    {
        var email = NewAddress();
        var invited = await Ours.Post(
            Invitations,
            $$"""{"email":"{{email}}","role":"viewer","message":"Come & look!\n\tSoon."}"""
        );
        invited.Status.ShouldBe(HttpStatusCode.Created, invited.Body);
        var page = PageOf(email);
        Shared.Api.MailsTo(email).Single().Text.ShouldContain("Come & look!\n\tSoon.\n");

        var shown = await Stranger(HttpMethod.Get, page);
        shown.Status.ShouldBe(HttpStatusCode.OK, shown.Body);
        shown.Body.ShouldContain(email);
        shown.Body.ShouldContain("viewer");
        shown.Body.ShouldContain("Come &amp; look!");
        shown.Body.ShouldContain("""type="password""");
        (await Status(invited)).ShouldBe("pending");

        var weak = await Stranger(HttpMethod.Post, page, ("password", "12345678"));
        weak.Status.ShouldBe(HttpStatusCode.BadRequest);
        weak.Body.ShouldContain("password-problem");
        (await Status(invited)).ShouldBe("pending");

        var joined = await Stranger(HttpMethod.Post, page, ("name", "Ann Lee"), ("password", Password));
        joined.Status.ShouldBe(HttpStatusCode.OK, joined.Body);
        (await Status(invited)).ShouldBe("accepted");
        var ann = await Member(email);
        ann.GetProperty("role").GetString().ShouldBe("viewer");
        ann.GetProperty("name").GetString().ShouldBe("Ann Lee");
        await SignsIn(email, Password);
    }

    [Test]
    public async Task Somebody_with_an_account_presses_the_button_and_keeps_the_password()
    {
        var email = NewAddress();
        using var elsewhere = await Shared.Api.NewTenant();
        await elsewhere.Post(Invitations, $$"""{"email":"{{email}}"}""");
        await Stranger(HttpMethod.Post, PageOf(email), ("password", Password));

        await Ours.Post(Invitations, $$"""{"email":"{{email}}"}""");
        var page = PageOf(email);
        (await Stranger(HttpMethod.Get, page)).Body.ShouldNotContain("""type="password""");
        var joined = await Stranger(HttpMethod.Post, page, ("password", "another one entirely"));

        joined.Status.ShouldBe(HttpStatusCode.OK, joined.Body);
        (await Member(email)).GetProperty("role").GetString().ShouldBe("member");
        await SignsIn(email, Password);
    }

    [Test]
    public async Task A_person_who_is_signed_in_accepts_what_went_to_them_and_nothing_else()
    {
        using var theirs = await Shared.Api.NewTenant();
        using var ann = await Shared.Api.NewPerson(theirs.Organization, "member");
        using var bob = await Shared.Api.NewPerson(theirs.Organization, "member");
        var email = await EmailOf(theirs, ann.User);
        var invited = await Ours.Post(Invitations, $$"""{"email":"{{email}}"}""");
        var token = $$"""{"token":"{{PageOf(email).Segments[^1]}}"}""";

        (await bob.Send(HttpMethod.Post, Acceptances, token)).ShouldBeProblem(403, "invitation.other_address");
        (await Status(invited)).ShouldBe("pending");
        var accepted = await ann.Send(HttpMethod.Post, Acceptances, token);
        accepted.Status.ShouldBe(HttpStatusCode.OK, accepted.Body);
        accepted.Json.GetProperty("organizationId").GetGuid().ShouldBe(Ours.Organization);

        (await ann.Send(HttpMethod.Post, Acceptances, token)).Status.ShouldBe(HttpStatusCode.OK);
        (await bob.Send(HttpMethod.Post, Acceptances, token)).ShouldBeProblem(403, "invitation.other_address");
        // Who belongs to two organizations works in one at a time.
        (await ann.Send(HttpMethod.Get, "/api/v1/organization"))
            .Json.GetProperty("id")
            .GetGuid()
            .ShouldBe(theirs.Organization);
        var moved = $$"""{"id":"{{Ours.Organization}}"}""";
        (await ann.Send(HttpMethod.Put, "/api/v1/session/organization", moved)).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await ann.Send(HttpMethod.Get, "/api/v1/organization"))
            .Json.GetProperty("id")
            .GetGuid()
            .ShouldBe(Ours.Organization);
        // A program has no account to join with.
        (await Ours.Post(Acceptances, token)).ShouldBeProblem(403, "access.denied");
    }

    [Test]
    public async Task A_link_that_is_wrong_cut_foreign_or_of_an_earlier_mail_shows_and_does_the_same_as_none()
    {
        var email = NewAddress();
        var id = Id(await Ours.Post(Invitations, $$"""{"email":"{{email}}"}"""));
        var first = PageOf(email);
        (await Ours.Post($"{Invitations}/{id}/mails")).Status.ShouldBe(HttpStatusCode.NoContent);
        var token = PageOf(email).Segments[^1];
        string[] wrong =
        [
            first.Segments[^1],
            token[..^1],
            new string('0', token.Length),
            // Another stream, and another organization, with the right secret.
            token[..32] + $"{Guid.CreateVersion7():n}" + token[64..],
            $"{Guid.CreateVersion7():n}" + token[32..],
        ];

        var unknown = await Stranger(HttpMethod.Get, new Uri(Shared.Api.Address, "/invitations/nonsense"));
        unknown.Status.ShouldBe(HttpStatusCode.NotFound);
        foreach (var link in wrong)
        {
            var address = new Uri(Shared.Api.Address, $"/invitations/{link}");
            (await Stranger(HttpMethod.Get, address)).Body.ShouldBe(unknown.Body, link);
            var posted = await Stranger(HttpMethod.Post, address, ("password", Password));
            posted.Status.ShouldBe(HttpStatusCode.NotFound, link);
            posted.Body.ShouldBe(unknown.Body, link);
        }

        (await Member(email)).ValueKind.ShouldBe(JsonValueKind.Undefined);
    }

    [Test]
    public async Task What_was_taken_back_joins_nobody()
    {
        var email = NewAddress();
        var invited = await Ours.Post(Invitations, $$"""{"email":"{{email}}"}""");
        var revoked = await Ours.Send(HttpMethod.Delete, $"{Invitations}/{Id(invited)}");
        revoked.Status.ShouldBe(HttpStatusCode.NoContent);

        var posted = await Stranger(HttpMethod.Post, PageOf(email), ("password", Password));

        posted.Status.ShouldBe(HttpStatusCode.Gone);
        (await Status(invited)).ShouldBe("revoked");
        (await Ours.Post($"{Invitations}/{Id(invited)}/mails")).ShouldBeProblem(409, "invitation.not_pending");
        (await Ours.Get($"{Invitations}?status=revoked")).Json.GetProperty("items").GetArrayLength().ShouldBe(1);
        (await Ours.Get($"{Invitations}?status=pending")).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [TestCase("""{"email":"nobody"}""", 422, "request.invalid")]
    [TestCase("""{"email":"a@example.org","message":"a\u0007b"}""", 422, "request.invalid")]
    [TestCase("""{"email":"a@example.org","role":"astronaut"}""", 404, "role.not_found")]
    [TestCase("""{"email":"a@example.org","role":"owner"}""", 409, "member.owner_role")]
    public async Task A_bad_invitation_is_refused_and_mails_nobody(string body, int status, string code)
    {
        (await Ours.Post(Invitations, body)).ShouldBeProblem(status, code);

        (await Ours.Get(Invitations)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Test]
    public async Task Nobody_invites_to_or_gives_a_role_that_permits_more_than_their_own()
    {
        await Shared.Api.Send(
            Ours.Organization,
            new SaveRole("recruiter", "Recruiter", null, ["organization:read", "members:write", "roles:write"])
        );
        using var recruiter = await Shared.Api.NewPerson(Ours.Organization, "recruiter");
        using var admin = await Shared.Api.NewPerson(Ours.Organization, "admin");
        var members = $"/api/v1/members/{recruiter.User}/role";

        foreach (var role in new[] { "admin", "member", "viewer" })
        {
            var body = $$"""{"email":"{{NewAddress()}}","role":"{{role}}"}""";
            (await recruiter.Send(HttpMethod.Post, Invitations, body)).ShouldBeProblem(403, "role.beyond_own");
            var promotion = $$"""{"role":"{{role}}"}""";
            (await recruiter.Send(HttpMethod.Put, members, promotion)).ShouldBeProblem(403, "role.beyond_own");
        }

        var bigger = """{"name":"Recruiter","permissions":["members:write","keys:write"]}""";
        (await recruiter.Send(HttpMethod.Put, "/api/v1/roles/recruiter", bigger)).ShouldBeProblem(
            403,
            "role.beyond_own"
        );
        // Nor is somebody overruled who may do more.
        (await recruiter.Send(HttpMethod.Delete, $"/api/v1/members/{admin.User}")).ShouldBeProblem(
            403,
            "role.beyond_own"
        );
        var same = $$"""{"email":"{{NewAddress()}}","role":"recruiter"}""";
        (await recruiter.Send(HttpMethod.Post, Invitations, same)).Status.ShouldBe(HttpStatusCode.Created);
    }

    private static string NewAddress() => $"p{Guid.CreateVersion7():n}@example.org";

    private static string Id(Answer invited) => invited.Json.GetProperty("id").GetString()!;

    // The link leads to the public address, which is not the spec's.
    private static Uri PageOf(string email) => new(Shared.Api.Address, Shared.Api.MailsTo(email)[^1].Link.AbsolutePath);

    private async Task<string> Status(Answer invited) =>
        (await Ours.Get($"{Invitations}/{Id(invited)}")).Json.GetProperty("status").GetString()!;

    private async Task<JsonElement> Member(string email) =>
        (await Ours.Get("/api/v1/members?limit=200"))
            .Json.GetProperty("items")
            .EnumerateArray()
            .FirstOrDefault(member => member.GetProperty("email").GetString() == email);

    private static async Task<string> EmailOf(TestTenant tenant, Guid user) =>
        (await tenant.Get($"/api/v1/members/{user}")).Json.GetProperty("email").GetString()!;

    private static async Task SignsIn(string email, string password)
    {
        using var browser = Shared.Api.NewClient();
        using var body = new StringContent(
            $$"""{"email":"{{email}}","password":"{{password}}"}""",
            Encoding.UTF8,
            "application/json"
        );
        using var signedIn = await browser.PostAsync(new Uri("/api/v1/sign-in", UriKind.Relative), body);
        signedIn.IsSuccessStatusCode.ShouldBeTrue((await Answer.Of(signedIn)).Body);
    }

    private static async Task<Answer> Stranger(HttpMethod method, Uri page, params (string Name, string Value)[] fields)
    {
        using var browser = Shared.Api.NewClient();
        using var request = new HttpRequestMessage(method, page);
        if (method == HttpMethod.Post)
            request.Content = new FormUrlEncodedContent(fields.ToDictionary(field => field.Name, field => field.Value));

        using var response = await browser.SendAsync(request);
        return await Answer.Of(response);
    }
}
