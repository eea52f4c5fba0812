using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Access;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>
/// From signing up to being forgotten, as people and programs do it over HTTP, and as a SQL reader sees it afterwards.
/// </summary>
public sealed class JourneySpec
{
    private const string Password = "a quiet night in the mountains";

    private readonly List<ReceivedMail> _mails = [];
    private TestApi _api = null!;

    [OneTimeSetUp]
    public async Task Start() => _api = await TestApi.StartAlone();

    [OneTimeTearDown]
    public async Task Stop() => await _api.DisposeAsync();

    [Test]
    public async Task People_sign_up_work_together_and_are_forgotten()
    {
        using var owner = await SignUp("olga@night-train.example", "Olga");
        var acme = await Found(owner, "acme");
        using var member = await Join(owner, "mia@night-train.example", "Mia");

        // She has an organization of her own, and switches between the two.
        var own = await Found(member, "mias");
        (await member.Get("/api/v1/organization")).Json.GetProperty("slug").GetString().ShouldBe("mias");
        await member.Switch(acme);
        (await member.Get("/api/v1/organization")).Json.GetProperty("slug").GetString().ShouldBe("acme");
        (await member.Get("/api/v1/organizations")).Json.GetProperty("items").GetArrayLength().ShouldBe(2);

        // As a member she works, and does not run the organization, nor herself.
        (
            await member.Post("/api/v1/contacts", """{"email":"ann@example.com","name":"Ann","consent":{} }""")
        ).Status.ShouldBe(HttpStatusCode.Created);
        (await member.Put("/api/v1/organization", """{"name":"Mine"}""", ("If-Match", "\"1\""))).ShouldBeProblem(
            403,
            "access.denied"
        );
        (await member.Put($"/api/v1/members/{member.User}/role", """{"role":"admin"}""")).ShouldBeProblem(
            403,
            "access.denied"
        );

        await RotateKey(owner);
        await TellAndForget(owner);
        await ReadAsReader(acme, own);
    }

    private async Task RotateKey(Visitor owner)
    {
        var made = await owner.Post("/api/v1/keys", """{"name":"Shop","scopes":["contacts:read"]}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        var (id, first) = (made.Json.GetProperty("id").GetString(), made.Json.GetProperty("key").GetString()!);
        (await WithKey(first, "/api/v1/contacts")).Status.ShouldBe(HttpStatusCode.OK);
        (await WithKey(first, "/api/v1/members")).ShouldBeProblem(403, "access.denied");

        var rotated = await owner.Send(HttpMethod.Post, $"/api/v1/keys/{id}/rotations?graceHours=1");
        rotated.Status.ShouldBe(HttpStatusCode.OK, rotated.Body);
        var second = rotated.Json.GetProperty("key").GetString()!;
        // Both work for a while, so that programs can be changed over; taken back, neither does.
        (await WithKey(first, "/api/v1/contacts")).Status.ShouldBe(HttpStatusCode.OK);
        (await WithKey(second, "/api/v1/contacts")).Status.ShouldBe(HttpStatusCode.OK);
        (await owner.Send(HttpMethod.Delete, $"/api/v1/keys/{id}?reason=lost")).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await WithKey(first, "/api/v1/contacts")).ShouldBeProblem(401, "authentication.required");
        (await WithKey(second, "/api/v1/contacts")).ShouldBeProblem(401, "authentication.required");
    }

    /// <summary>Ann, a contact, demands what is held on her, and then to be forgotten.</summary>
    private static async Task TellAndForget(Visitor owner)
    {
        var told = await Fulfilled(owner, "access");
        using var archive = await owner.Download($"/api/v1/privacy-requests/{told}/archive");
        using (var data = new StreamReader(archive.GetEntry("data.json")!.Open()))
            (await data.ReadToEndAsync()).ShouldContain("ann@example.com");

        using (var page = new StreamReader(archive.GetEntry("index.html")!.Open()))
            (await page.ReadToEndAsync()).ShouldContain("ann@example.com");

        var forgotten = await Fulfilled(owner, "erasure");
        (await owner.Get($"/api/v1/privacy-requests/{forgotten}"))
            .Json.GetProperty("status")
            .GetString()
            .ShouldBe("completed");
        (await owner.Get($"/api/v1/privacy-requests/{forgotten}/proof")).Status.ShouldBe(HttpStatusCode.OK);
        (await owner.Get("/api/v1/contacts")).Body.ShouldNotContain("ann@example.com");
    }

    private static async Task<string> Fulfilled(Visitor owner, string type)
    {
        var opened = await owner.Post(
            "/api/v1/privacy-requests",
            $$"""{"type":"{{type}}","email":"ann@example.com"}"""
        );
        opened.Status.ShouldBe(HttpStatusCode.Created, opened.Body);
        var id = opened.Json.GetProperty("id").GetString()!;
        var done = await owner.Post($"/api/v1/privacy-requests/{id}/fulfilment", "{}");
        ((int)done.Status).ShouldBeInRange(200, 204, done.Body);
        return id;
    }

    private async Task ReadAsReader(Guid acme, Guid own)
    {
        await _api.App.Services.GetRequiredService<AccessLog>().Flush(CancellationToken.None);
        var reader = await Readers.Create(_api.Installation, acme, CancellationToken.None);
        await using var source = NpgsqlDataSource.Create(reader.ConnectionString);
        (
            await Scalar(
                source,
                """
                select string_agg(u.email || ' ' || m.role, ', ' order by u.email)
                from snorq.organization_members m join snorq.users u on u.id = m.user_id
                """
            )
        ).ShouldBe("mia@night-train.example MEMBER, olga@night-train.example OWNER");
        (await Scalar(source, "select string_agg(slug, ' ') from saas.teams")).ShouldBe("acme");
        (await Scalar(source, "select string_agg(status, ' ') from saas.invitations")).ShouldBe("accepted");
        (await Scalar(source, $"select count(*)::text from podcast.tenants where id = '{own}'")).ShouldBe("0");
        (
            await Scalar(
                source,
                """
                select string_agg(request_type || ' ' || status, ', ' order by requested_at)
                from podcast.gdpr_requests
                """
            )
        ).ShouldBe("access completed, erasure completed");
        (
            await Scalar(
                source,
                "select count(*)::text from backstage.contacts where email = 'ann@example.com' or name = 'Ann'"
            )
        ).ShouldBe("0");
        (
            await Scalar(
                source,
                """
                select string_agg(distinct u.email || ' ' || l.resource_type || ':' || l.action, ', ')
                from podcast.access_logs l join podcast.users u on u.id = l.user_id
                where not l.allowed
                """
            )
        ).ShouldBe("mia@night-train.example members:write, mia@night-train.example organization:write");
        (
            await Scalar(
                source,
                """
                select concat_ws(' ', is_active, revoked_reason, rotation_count)
                from saas.api_keys where name = 'Shop'
                """
            )
        ).ShouldBe("f lost 1");
    }

    private static async Task<string> Scalar(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Signs up, opens the link of the mail, and signs in with a browser.</summary>
    private async Task<Visitor> SignUp(string email, string name)
    {
        using var stranger = new Visitor(_api.NewClient());
        (await stranger.Post("/api/v1/sign-up", $$"""{"email":"{{email}}"}""")).Status.ShouldBe(
            HttpStatusCode.Accepted
        );
        var token = (await MailTo(email)).Link.Segments[^1];
        (
            await stranger.Post(
                "/api/v1/email-verifications/confirm",
                $$"""{"token":"{{token}}","password":"{{Password}}","name":"{{name}}"}"""
            )
        ).Status.ShouldBe(HttpStatusCode.NoContent);
        return await SignIn(email);
    }

    private async Task<Visitor> SignIn(string email)
    {
        var visitor = new Visitor(_api.NewClient());
        var signedIn = await visitor.Post("/api/v1/sign-in", $$"""{"email":"{{email}}","password":"{{Password}}"}""");
        signedIn.Status.ShouldBe(HttpStatusCode.OK, signedIn.Body);
        visitor.User = signedIn.Json.GetProperty("userId").GetGuid();
        visitor.Csrf = signedIn.Json.GetProperty("csrfToken").GetString();
        return visitor;
    }

    /// <summary>The plan is the operator's to give.</summary>
    private async Task<Guid> Found(Visitor visitor, string slug)
    {
        var founded = await visitor.Post("/api/v1/organizations", $$"""{"name":"{{slug}}","slug":"{{slug}}"}""");
        founded.Status.ShouldBe(HttpStatusCode.Created, founded.Body);
        var id = founded.Json.GetProperty("id").GetGuid();
        await _api.Send(id, new SetPlan("business"));
        await visitor.Switch(id);
        return id;
    }

    private async Task<Visitor> Join(Visitor owner, string email, string name)
    {
        var sent = await owner.Post("/api/v1/invitations", $$"""{"email":"{{email}}","role":"member"}""");
        sent.Status.ShouldBe(HttpStatusCode.Created, sent.Body);
        var token = (await MailTo(email)).Link.Segments[^1];

        // Somebody else who gets hold of the link comes in by no means.
        (await owner.Post("/api/v1/invitations/acceptances", $$"""{"token":"{{token}}"}""")).ShouldBeProblem(
            403,
            "invitation.other_address"
        );

        var invited = await SignUp(email, name);
        var accepted = await invited.Post("/api/v1/invitations/acceptances", $$"""{"token":"{{token}}"}""");
        accepted.Status.ShouldBe(HttpStatusCode.OK, accepted.Body);
        return invited;
    }

    private async Task<Answer> WithKey(string key, string path)
    {
        using var client = _api.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return await Answer.Of(response);
    }

    private async Task<ReceivedMail> MailTo(string email)
    {
        var directory = Path.Combine(_api.Installation.Keys.Directory, "mail");
        while (true)
        {
            if (Directory.Exists(directory))
                _mails.AddRange(ReceivedMail.Take(directory));

            if (_mails.Find(mail => mail.To == email) is { } found)
            {
                _mails.Remove(found);
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
