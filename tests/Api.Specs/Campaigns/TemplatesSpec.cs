using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>Templates over HTTP.</summary>
public sealed class TemplatesSpec : TenantSpec
{
    private const string Path = "/api/v1/backstage/email-templates";
    private const string Footer = """<p>{{postal_address}} <a href="{{unsubscribe_url}}">No more</a></p>""";

    [Test]
    public async Task A_template_lives_through_HTTP()
    {
        var letter = Letter("Hello {{name}}");
        var made = await Ours.Post(Path, letter);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        made.ETag.ShouldBe("\"1\"");
        var id = made.Json.GetProperty("id").GetRawText();
        made.Headers.ShouldContain($"Location: {Path}/{id}");

        var read = await Ours.Get($"{Path}/{id}");
        read.ETag.ShouldBe("\"1\"");
        read.Json.GetProperty("id").GetRawText().ShouldBe(id);
        JsonElement
            .DeepEquals(read.Json.GetProperty("row"), JsonSerializer.Deserialize<JsonElement>(letter))
            .ShouldBeTrue(read.Body);
        var created = read.Json.GetProperty("createdAt").GetDateTimeOffset();
        created.ShouldBe(read.Json.GetProperty("updatedAt").GetDateTimeOffset());

        var other = Letter("Bye {{name}}");
        (await Ours.Put($"{Path}/{id}", other)).ShouldBeProblem(428, "version.required");
        (await Ours.Put($"{Path}/{id}", other, ("If-Match", "\"7\""))).ShouldBeProblem(412, "version.stale");
        (await Ours.Put($"{Path}/{id}", other, ("If-Match", "\"1\""))).ETag.ShouldBe("\"2\"");
        (await Ours.Put($"{Path}/{id}", other, ("If-Match", "\"2\""))).ETag.ShouldBe("\"2\"");
        var listed = (await Ours.Get(Path)).Json.GetProperty("items")[0];
        listed.GetProperty("row").GetProperty("subject").GetString().ShouldBe("Bye {{name}}");
        listed.GetProperty("createdAt").GetDateTimeOffset().ShouldBe(created);

        (await Ours.Send(HttpMethod.Delete, $"{Path}/{id}")).ShouldBeProblem(428, "version.required");
        (await Delete(id, version: 1)).ShouldBeProblem(412, "version.stale");
        (await Delete(id, version: 2)).Status.ShouldBe(HttpStatusCode.OK);
        (await Ours.Get($"{Path}/{id}")).ShouldBeProblem(404, "template.not_found");
        (await Delete(id, version: 3)).ShouldBeProblem(404, "template.not_found");
        (await Ours.Put($"{Path}/{id}", other, ("If-Match", "*"))).ShouldBeProblem(404, "template.not_found");
        (await Ours.Get(Path)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Test]
    public async Task The_same_request_under_the_same_key_is_done_once()
    {
        var first = await Ours.Post(Path, Letter("Hello"), ("Idempotency-Key", "a"));
        var second = await Ours.Post(Path, Letter("Hello"), ("Idempotency-Key", "a"));
        second.Body.ShouldBe(first.Body);
        (await Ours.Get(Path)).Json.GetProperty("items").GetArrayLength().ShouldBe(1);
        (await Ours.Post(Path, Letter("Other"), ("Idempotency-Key", "a"))).ShouldBeProblem(
            422,
            "idempotency_key.reused"
        );
    }

    [Test]
    public async Task Templates_are_listed_page_by_page_and_nobody_elses()
    {
        for (var i = 0; i < 3; i++)
            await Save($"Hello {i}");

        using var theirs = await Shared.Api.NewTenant();
        (await theirs.Get(Path)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);

        var first = (await Ours.Get($"{Path}?limit=2")).Json;
        var next = first.GetProperty("next").GetString()!;
        var second = (await Ours.Get($"{Path}?limit=2&after={next}")).Json;
        first
            .GetProperty("items")
            .EnumerateArray()
            .Concat(second.GetProperty("items").EnumerateArray())
            .Select(item => item.GetProperty("row").GetProperty("subject").GetString())
            .ShouldBe(["Hello 0", "Hello 1", "Hello 2"]);
        second.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);

        (await Ours.Get($"{Path}?limit=0")).ShouldBeProblem(422, "request.invalid").Rules("limit").ShouldNotBeEmpty();
        (await Ours.Get($"{Path}?after=nonsense")).ShouldBeProblem(400, "request.malformed");
    }

    [TestCase("name", null, "is needed")]
    [TestCase("name", " ", "is needed")]
    [TestCase("name", "a\nb", "control character")]
    [TestCase("subject", null, "is needed")]
    [TestCase("subject", "Hello\r\nBcc: eve@example.com", "control character")]
    [TestCase("subject", "Hello {{{name}}}", "Line 1, column 7: {{{ }}} is not allowed")]
    [TestCase("subject", "Hello {{nme}}", "Line 1, column 7: nme is no variable")]
    [TestCase("htmlContent", "<p>\n  {{#if name}}</p>", "Line 2, column 3: {{#if}} is not closed")]
    [TestCase("htmlContent", "<p>{{name}", "Line 1, column 4: {{ is not closed")]
    [TestCase("htmlContent", "<p>{{shout name}}</p>", "There is no helper shout")]
    [TestCase("htmlContent", "<p>Hello</p>", "postal address is missing")]
    [TestCase("htmlContent", "<p>{{postal_address}}</p>", "link to unsubscribe is missing")]
    [TestCase("htmlContent", null, "postal address is missing")]
    [TestCase("htmlContent", "\n<script>a()</script>", "Line 2, column 1: <script> is not allowed")]
    [TestCase("htmlContent", "<a href=\"javascript:a()\">x</a>", "no address that a mail may lead to")]
    [TestCase("htmlContent", "<a href=\"{{metadata.url}}\">x</a>", "begins an address")]
    [TestCase("htmlContent", "a\u0000b", "control character")]
    [TestCase("htmlContent", "a\uE000b", "private use")]
    public async Task What_is_wrong_is_named_with_its_field_and_place_and_nothing_is_stored(
        string field,
        string? value,
        string rule
    )
    {
        var row = new Dictionary<string, object?>
        {
            ["name"] = "Letter",
            ["subject"] = "Hello",
            ["htmlContent"] = Footer,
            [field] = value,
        };
        var answer = (await Ours.Post(Path, JsonSerializer.Serialize(row))).ShouldBeProblem(422, "request.invalid");

        answer.Rules(field).ShouldContain(JsonSerializer.Serialize(rule).Trim('"'));
        (await Ours.Get(Path)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Test]
    public async Task A_draft_may_lack_what_a_mail_must_have_and_cannot_stop_being_one_before()
    {
        const string draft = """{"name":"Letter","subject":"Hello","htmlContent":"<p>{{nme}}","isDraft":true}""";
        var id = (await Ours.Post(Path, draft)).Json.GetProperty("id").GetRawText();
        var ready = draft.Replace("true", "false", StringComparison.Ordinal);
        var refused = (await Ours.Put($"{Path}/{id}", ready, ("If-Match", "\"1\""))).ShouldBeProblem(
            422,
            "request.invalid"
        );

        refused.Rules("htmlContent").ShouldContain("nme is no variable");
        refused.Rules("htmlContent").ShouldContain("link to unsubscribe is missing");
        (await Ours.Get($"{Path}/{id}")).ETag.ShouldBe("\"1\"");
        (await Ours.Post(Path, """{"name":"Letter","subject":"Hello","isDraft":true}""")).Status.ShouldBe(
            HttpStatusCode.Created
        );
        (await Ours.Post(Path, draft.Replace("{{nme}}", "{{{name}}}", StringComparison.Ordinal))).ShouldBeProblem(
            422,
            "request.invalid"
        );
    }

    [Test]
    public async Task A_template_over_a_megabyte_is_refused()
    {
        var row = JsonSerializer.Serialize(
            new
            {
                name = "a",
                subject = "b",
                htmlContent = new string('a', 1_048_577) + Footer,
            }
        );
        (await Ours.Post(Path, row)).ShouldBeProblem(422, "request.invalid").Rules("htmlContent").ShouldNotBeEmpty();
    }

    private Task<Answer> Delete(string id, int version) =>
        Ours.Send(HttpMethod.Delete, $"{Path}/{id}", null, ("If-Match", $"\"{version}\""));

    private async Task<string> Save(string subject)
    {
        var made = await Ours.Post(Path, Letter(subject));
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        return made.Json.GetProperty("id").GetRawText();
    }

    private static string Letter(string subject) =>
        JsonSerializer.Serialize(
            new
            {
                name = "Letter",
                subject,
                htmlContent = $"<p>{subject}</p>{Footer}",
                mjmlContent = (string?)null,
                isDraft = false,
            }
        );
}
