using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>Templates looked at before they are sent: previews and test mails.</summary>
public sealed class TemplateTrialsSpec : TenantSpec
{
    private const string Path = "/api/v1/backstage/email-templates";
    private const string Footer = """<p>{{postal_address}} <a href="{{unsubscribe_url}}">No more</a></p>""";

    [Test]
    public async Task A_preview_is_filled_in_with_a_contacts_data()
    {
        var contact = await Contact("bob@example.com", "Bob <b>", """{"city":"Bern"}""");
        var id = await Save("Hello {{name}}", "<p>{{name}} {{metadata.city}} {{metadata.nick}}</p>");

        var shown = (await Ours.Post($"{Path}/{id}/preview", $$"""{"as":{"contactId":{{contact}}} }""")).Json;

        shown.GetProperty("subject").GetString().ShouldBe("Hello Bob <b>");
        shown.GetProperty("html").GetString()!.ShouldStartWith("<p>Bob &lt;b&gt; Bern </p>");
        shown.GetProperty("text").GetString()!.ShouldStartWith("Bob <b> Bern");
        Texts(shown.GetProperty("unresolved")).ShouldBe(["metadata.nick"]);
        shown.GetProperty("warnings").GetArrayLength().ShouldBe(0);
        shown.GetProperty("sizeBytes").GetInt32().ShouldBe(shown.GetProperty("html").GetString()!.Length);
        shown.GetProperty("html").GetString()!.ShouldContain("/unsubscribe/preview");
    }

    [Test]
    public async Task A_template_that_is_being_written_is_previewed_with_data_made_up()
    {
        var shown = (
            await Ours.Post(
                Path + "/preview",
                """
                {"subject":"Hello {{name}}","htmlContent":"<p>{{#if metadata.vip}}{{metadata.vip}}{{/if}}{{nme}}</p>",
                "as":{"name":"Zoë","metadata":{"vip":"very"}}}
                """
            )
        ).Json;

        shown.GetProperty("subject").GetString().ShouldBe("Hello Zoë");
        shown.GetProperty("html").GetString().ShouldBe("<p>very</p>");
        Texts(shown.GetProperty("unresolved")).ShouldBe(["nme"]);
        var warnings = shown.GetProperty("warnings").EnumerateArray().ToList();
        warnings.ShouldAllBe(warning => warning.GetProperty("code").GetString() == "template.incomplete");
        string.Join(' ', warnings.Select(warning => warning.GetProperty("message").GetString()))
            .ShouldContain("nme is no variable");
        (await Ours.Post(Path + "/preview", """{"subject":"a","htmlContent":"{{name"}"""))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("htmlContent")
            .ShouldContain("Line 1, column 1");
    }

    [TestCase(102_400, false)]
    [TestCase(102_401, true)]
    public async Task A_mail_that_Gmail_would_cut_off_is_warned_of(int bytes, bool isWarned)
    {
        // In UTF-8 an ü has two bytes.
        var html = $"{{{{name}}}}{new string('a', bytes - 3)}";
        var body = JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["subject"] = "a",
                ["htmlContent"] = html,
                ["as"] = new { name = "aü" },
            }
        );
        var shown = (await Ours.Post(Path + "/preview", body)).Json;

        shown.GetProperty("sizeBytes").GetInt32().ShouldBe(bytes);
        shown
            .GetProperty("warnings")
            .EnumerateArray()
            .Any(warning => warning.GetProperty("code").GetString() == "template.clipped")
            .ShouldBe(isWarned);
    }

    [TestCase("""{"as":{"metadata":[]}}""", 422, "as.metadata")]
    [TestCase("""{"as":{"email":"nobody"}}""", 422, "as.email")]
    [TestCase("""{"as":{"contactId":"a"}}""", 400, "as.contactId")]
    [TestCase("""{"as":{"colour":"red"}}""", 400, "as.colour")]
    public async Task Data_made_up_have_a_form(string body, int status, string field)
    {
        var id = await Save("Hello", "<p>Hello</p>");
        var answer = await Ours.Post($"{Path}/{id}/preview", body);
        answer
            .ShouldBeProblem(status, status == 400 ? "request.malformed" : "request.invalid")
            .Rules(field)
            .ShouldNotBeEmpty();
    }

    [Test]
    public async Task Nobody_elses_contact_is_shown_and_no_erased_one()
    {
        using var theirs = await Shared.Api.NewTenant();
        var foreign = await theirs.Subscribe("ann@example.com");
        var id = await Save("Hello", "<p>Hello</p>");

        (await Ours.Post($"{Path}/{id}/preview", $$"""{"as":{"contactId":{{foreign}}} }""")).ShouldBeProblem(
            404,
            "contact.not_found"
        );
        var gone = await Contact("gone@example.com", "Gone", "{}");
        (await Ours.Post(TestTenant.Contact(gone, "/erasures"), "{}")).Status.ShouldBe(HttpStatusCode.OK);
        (await Ours.Post($"{Path}/{id}/preview", $$"""{"as":{"contactId":{{gone}}} }""")).ShouldBeProblem(
            404,
            "contact.not_found"
        );
    }

    [Test]
    public async Task A_test_mail_reaches_a_member_and_a_contact_who_agreed_and_is_marked()
    {
        var id = await Save("Hello {{name}}", "<p>Dear {{name}}</p>");
        var member = $"{Guid.CreateVersion7():n}@example.org";
        await Shared.Api.App.Services.Join(Ours.Organization, member);
        var reader = $"{Guid.CreateVersion7():n}@example.com";
        await Ours.Subscribe(reader);

        foreach (var to in new[] { member, reader })
        {
            var sent = await Ours.Post($"{Path}/{id}/test", $$$"""{"to":"{{{to}}}","as":{"name":"Zoë"}}""");
            sent.Status.ShouldBe(HttpStatusCode.OK, sent.Body);
            var mail = Mails(to).ShouldHaveSingleItem();
            mail.Subject.ShouldBe("[Test] Hello Zoë");
            mail.Html.ShouldContain("<p>Dear Zoë</p>");
            mail.Text.ShouldContain("Dear Zoë");
        }
    }

    [Test]
    public async Task A_test_mail_reaches_no_stranger_and_nobody_who_said_no()
    {
        var id = await Save("Hello", "<p>Hello</p>");
        var stranger = $"{Guid.CreateVersion7():n}@example.com";
        var withdrawn = $"{Guid.CreateVersion7():n}@example.com";
        var barred = $"{Guid.CreateVersion7():n}@example.com";
        var contact = await Ours.Subscribe(withdrawn);
        (await Ours.Post(TestTenant.Contact(contact, "/withdrawals"), "{}")).Status.ShouldBe(HttpStatusCode.OK);
        var suppressed = await Ours.Subscribe(barred);
        (await Ours.Post(TestTenant.Contact(suppressed, "/suppressions"), """{"reason":"manual"}""")).Status.ShouldBe(
            HttpStatusCode.OK
        );
        using var theirs = await Shared.Api.NewTenant();
        await theirs.Subscribe(stranger);

        foreach (
            var (to, code, status) in new[]
            {
                (stranger, "test_mail.stranger", 403),
                (withdrawn, "test_mail.stranger", 403),
                (barred, "contact.suppressed", 409),
            }
        )
        {
            (await Ours.Post($"{Path}/{id}/test", $$"""{"to":"{{to}}"}""")).ShouldBeProblem(status, code);
            Mails(to).ShouldBeEmpty();
        }

        (await Ours.Post($"{Path}/{id}/test", """{"to":"a@b.example\nBcc: eve@example.com"}"""))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("to")
            .ShouldNotBeEmpty();
    }

    private static List<ReceivedMail> Mails(string to)
    {
        var directory = System.IO.Path.Combine(Shared.Api.Installation.Keys.Directory, "mail");
        return
        [
            .. Directory
                .EnumerateFiles(directory)
                .Select(file => ReceivedMail.Parse(File.ReadAllText(file)))
                .Where(mail => mail.To == to),
        ];
    }

    private async Task<long> Contact(string email, string name, string metadata)
    {
        var body = $$"""{"email":"{{email}}","name":"{{name}}","metadata":{{metadata}},"consent":{} }""";
        return (await Ours.Post(TestTenant.List, body)).Json.GetProperty("id").GetInt64();
    }

    private async Task<string> Save(string subject, string html)
    {
        var row = JsonSerializer.Serialize(
            new
            {
                name = "Letter",
                subject,
                htmlContent = html + Footer,
            }
        );
        var made = await Ours.Post(Path, row);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        return made.Json.GetProperty("id").GetRawText();
    }

    private static IEnumerable<string?> Texts(JsonElement array) =>
        array.EnumerateArray().Select(item => item.GetString());
}
