using System.Text.Json;
using System.Text.RegularExpressions;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary><c>user</c>, <c>org</c> and <c>role</c>, as operators run them.</summary>
public sealed partial class IdentityVerbsSpec : VerbsFixture
{
    [Test]
    public async Task An_account_is_opened_shown_closed_given_a_role_and_removed()
    {
        const string ann = "ann@verbs.example";
        var id = (await Schemahub.Json("user", "create", "--email", ann, "--name", "Ann")).GetProperty("id").GetGuid();

        await Schemahub.Json("user", "role", "add", ann, "superadmin");
        await Schemahub.Json("user", "deactivate", ann);
        var shown = await Schemahub.Json("user", "show", ann);
        shown.GetProperty("id").GetGuid().ShouldBe(id);
        shown.GetProperty("active").GetBoolean().ShouldBeFalse();
        shown.GetProperty("roles")[0].GetString().ShouldBe("superadmin");
        await Schemahub.Json("user", "activate", $"{id}");
        await Schemahub.Json("user", "role", "remove", ann, "superadmin");
        (await Schemahub.Run("user", "show", ann)).Output.ShouldContain("state          active");
        (await Schemahub.Run("user", "list")).Output.ShouldContain($"{id}  active    {ann}");

        await Schemahub.Json("user", "remove", ann);
        (await Schemahub.Run("user", "show", $"{id}")).Output.ShouldContain("state          removed");
        (await Schemahub.Run("user", "show", "nobody@verbs.example")).Code.ShouldBe(1);
        (await Schemahub.Run("user", "show", "nobody")).Message.ShouldContain("neither an account's id nor");
    }

    [Test]
    public async Task An_organization_is_founded_planned_joined_handed_over_and_closed()
    {
        await Schemahub.Json("org", "create", "--name", "Verbs", "--slug", "verbs", "--owner", "olga@verbs.example");
        var refused = await Schemahub.Run("org", "invite", "verbs", "--email", "mia@verbs.example");
        refused.Code.ShouldBe(1);
        refused.Message.ShouldContain("All seats are taken");

        await Schemahub.Json("org", "plan", "verbs", "--plan", "pro", "--seats", "2");
        (await Schemahub.Run("org", "plan", "verbs", "--plan", "gold")).Message.ShouldContain("A plan is one of");
        await Schemahub.Json("org", "invite", "verbs", "--email", "mia@verbs.example", "--role", "admin");
        var mail = Directory
            .GetFiles(Mails())
            .Select(file => ReceivedMail.Parse(File.ReadAllText(file)))
            .Single(one => one.Subject == "Join Verbs");
        await Accept(InvitationPage().Match(mail.Text).Value);
        (await Schemahub.Run("org", "plan", "verbs", "--plan", "free")).Message.ShouldContain("let some go first");

        await Schemahub.Json("org", "transfer", "verbs", "--to", "mia@verbs.example");
        await Schemahub.Json("org", "rename", "verbs", "--name", "Verbs Inc.");
        var members = await Schemahub.Run("org", "members", "verbs");
        members.Output.ShouldContain("owner       mia@verbs.example");
        members.Output.ShouldContain("admin       olga@verbs.example");
        var shown = await Schemahub.Json("org", "show", "verbs");
        shown.GetProperty("name").GetString().ShouldBe("Verbs Inc.");
        shown.GetProperty("plan").GetString().ShouldBe("pro");
        shown.GetProperty("seats").GetInt32().ShouldBe(2);

        await Schemahub.Json("org", "close", "verbs");
        var lines = (await Schemahub.Run("org", "list", "--json")).Output.Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );
        lines
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line))
            .Single(one => one.GetProperty("slug").GetString() == "verbs")
            .TryGetProperty("closedAt", out _)
            .ShouldBeTrue();
        (await Schemahub.Run("org", "list")).Output.ShouldContain("verbs  (closed)");
    }

    [Test]
    public async Task A_role_is_saved_shown_and_removed()
    {
        await Schemahub.Json("role", "save", "editor", "--org", "acme", "--permit", "contacts:read");

        (await Schemahub.Run("role", "show", "editor", "--org", "acme")).Output.ShouldContain("contacts:read");
        (await Schemahub.Json("role", "show", "viewer", "--org", "acme"))
            .GetProperty("isSystem")
            .GetBoolean()
            .ShouldBeTrue();
        (await Schemahub.Run("role", "list", "--org", "acme")).Output.ShouldContain("acme/editor");
        await Schemahub.Json("role", "remove", "editor", "--org", "acme");
        (await Schemahub.Run("role", "show", "editor", "--org", "acme")).Code.ShouldBe(1);
    }

    /// <summary>The invited person opens the page behind the link and chooses a password.</summary>
    private async Task Accept(string page)
    {
        using var serve = Schemahub.Start("serve", "--urls", "http://127.0.0.1:0");
        var errors = "";
        while (!errors.Contains("Serving", StringComparison.Ordinal))
            errors += await serve.StandardError.ReadLineAsync() ?? throw new InvalidOperationException(errors);

        using var client = new HttpClient { BaseAddress = new Uri(Address().Match(errors).Value) };
        using var form = new FormUrlEncodedContent([new("password", "correct horse battery")]);
        using var joined = await client.PostAsync(page, form);
        joined.IsSuccessStatusCode.ShouldBeTrue(await joined.Content.ReadAsStringAsync());
        serve.Kill();
        await serve.WaitForExitAsync();
    }

    [GeneratedRegex(@"/invitations/[^\s>]+", RegexOptions.None, 1_000)]
    private static partial Regex InvitationPage();

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.None, 1_000)]
    private static partial Regex Address();

    private string Mails() => Path.Combine(Schemahub.DataDirectory, "mail");
}
