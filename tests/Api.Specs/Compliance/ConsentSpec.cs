using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using static SchemaHub.Api.Specs.Support.TestTenant;

namespace SchemaHub.Api.Specs.Compliance;

public sealed class ConsentSpec : TenantSpec
{
    [Test]
    public async Task A_wording_is_published_once_and_named_by_its_hash()
    {
        const string text = """{"language":"de","text":"Ja, ich möchte den Newsletter."}""";

        var first = await Ours.Post("/api/v1/wordings", text);
        var second = await Ours.Post("/api/v1/wordings", text);

        first.Status.ShouldBe(HttpStatusCode.Created);
        var sha256 = first.Json.GetProperty("sha256").GetString();
        second.Json.GetProperty("sha256").GetString().ShouldBe(sha256);
        var found = await Ours.Get($"/api/v1/wordings/{sha256}");
        found.Json.GetProperty("text").GetString().ShouldBe("Ja, ich möchte den Newsletter.");
        found.Json.GetProperty("language").GetString().ShouldBe("de");
        (await Ours.Get($"/api/v1/wordings/{new string('0', 64)}")).ShouldBeProblem(404, "wording.not_found");
    }

    [Test]
    public async Task A_consent_names_a_published_wording()
    {
        var id = await Ours.Subscribe("ann@example.com");
        var published = await Ours.Post("/api/v1/wordings", """{"language":"en","text":"Yes, track me."}""");
        var sha256 = published.Json.GetProperty("sha256").GetString();

        var given = await Ours.Post(Contact(id, "/consents"), Consent(sha256));

        given.Status.ShouldBe(HttpStatusCode.OK, given.Body);
        given.ETag.ShouldBe("\"2\"");
        (await Ours.Post(Contact(id, "/consents"), Consent(new string('a', 64)))).ShouldBeProblem(
            422,
            "wording.unknown"
        );
    }

    [Test]
    public async Task A_consent_to_a_stale_version_is_refused()
    {
        var id = await Ours.Subscribe("ann@example.com");

        (
            await Ours.Post(Contact(id, "/consents"), """{"purpose":"tracking"}""", ("If-Match", "\"7\""))
        ).ShouldBeProblem(412, "version.stale");
    }

    [Test]
    public async Task Who_withdrew_is_not_raised_by_a_program()
    {
        var id = await Ours.Subscribe("ann@example.com");

        var withdrawn = await Ours.Post(Contact(id, "/withdrawals"), """{"reason":"too_many_mails"}""");
        var again = await Ours.Post(Contact(id, "/withdrawals"), """{"reason":"too_many_mails"}""");

        withdrawn.Status.ShouldBe(HttpStatusCode.OK, withdrawn.Body);
        again.Status.ShouldBe(HttpStatusCode.OK);
        again.Json.GetProperty("position").ValueKind.ShouldBe(JsonValueKind.Null);
        (await Ours.Post(Contact(id, "/consents"), "{}")).ShouldBeProblem(409, "contact.withdrawn");
        (await Ours.Get(Contact(id))).Json.GetProperty("subscribed").GetBoolean().ShouldBeFalse();
    }

    [Test]
    public async Task A_suppressed_address_is_not_raised_by_a_program()
    {
        var id = await Ours.Subscribe("ann@example.com");

        (await Ours.Post(Contact(id, "/suppressions"), """{"reason":"complaint"}""")).Status.ShouldBe(
            HttpStatusCode.OK
        );

        (await Ours.Post(Contact(id, "/consents"), "{}")).ShouldBeProblem(409, "contact.suppressed");
    }

    [Test]
    public async Task The_history_is_read_in_pages()
    {
        var id = await Ours.Subscribe("ann@example.com");
        await Ours.Post(Contact(id, "/consents"), """{"purpose":"tracking"}""");
        await Ours.Post(Contact(id, "/withdrawals"), "{}");

        var first = (await Ours.Get(Contact(id, "/history?limit=2"))).Json;
        var next = first.GetProperty("next").GetString();
        var second = (await Ours.Get(Contact(id, $"/history?limit=2&after={next}"))).Json;

        Texts(first.GetProperty("items"), "action").ShouldBe(["subscribe", "subscribe"]);
        Texts(second.GetProperty("items"), "action").ShouldBe(["unsubscribe"]);
        second.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
        var entry = first.GetProperty("items")[1];
        entry.GetProperty("metadata").GetProperty("purpose").GetString().ShouldBe("tracking");
        entry.GetProperty("ip").GetString().ShouldBe("127.0.0.1");
        entry.GetProperty("recordedAt").GetString()!.ShouldEndWith("Z");
    }

    [Test]
    public async Task Consent_is_replayed_as_of_any_instant()
    {
        var id = await Ours.Subscribe("ann@example.com");
        var between = await RecordedAt(id, 0);
        await Ours.Post(Contact(id, "/withdrawals"), "{}");

        var then = (await Ours.Get(Contact(id, $"/consent?at={Uri.EscapeDataString(between)}"))).Json;
        var now = (await Ours.Get(Contact(id, "/consent"))).Json;

        then.GetProperty("purposes")[0].GetProperty("mayBeWrittenTo").GetBoolean().ShouldBeTrue();
        then.GetProperty("events").GetArrayLength().ShouldBe(1);
        now.GetProperty("purposes")[0].GetProperty("mayBeWrittenTo").GetBoolean().ShouldBeFalse();
        now.GetProperty("events").GetArrayLength().ShouldBe(2);
        (await Ours.Get(Contact(id, "/consent?at=2001-01-01T00:00:00Z"))).ShouldBeProblem(
            422,
            "replay.before_first_event"
        );
    }

    [Test]
    public async Task An_offset_whose_plus_was_not_escaped_is_understood()
    {
        var id = await Ours.Subscribe("ann@example.com");

        (await Ours.Get(Contact(id, "/consent?at=2001-01-01T00:00:00+02:00"))).ShouldBeProblem(
            422,
            "replay.before_first_event"
        );
    }

    [Test]
    public async Task Everyone_who_could_be_written_to_at_an_instant_is_streamed_a_line_each()
    {
        var ann = await Ours.Subscribe("ann@example.com");
        var bob = await Ours.Subscribe("bob@example.com");
        var between = await RecordedAt(bob, 0);
        await Ours.Post(Contact(bob, "/withdrawals"), "{}");
        var after = await RecordedAt(bob, 1);

        var then = await Ours.Get($"/api/v1/consent/as-of?at={Uri.EscapeDataString(between)}");
        var now = await Ours.Get($"/api/v1/consent/as-of?at={Uri.EscapeDataString(after)}&purpose=newsletter");

        then.ContentType.ShouldBe("application/x-ndjson");
        then.Body.ShouldEndWith("\n");
        Ids(then).ShouldBe([ann, bob], ignoreOrder: true);
        Ids(now).ShouldBe([ann]);
        (
            await Ours.Get($"/api/v1/consent/as-of?at={Uri.EscapeDataString(after)}&purpose=tracking")
        ).Body.ShouldBeEmpty();
    }

    [Test]
    public async Task Consents_are_counted_by_day_purpose_action_and_source()
    {
        var id = await Ours.Subscribe("ann@example.com");
        await Ours.Subscribe("bob@example.com");
        await Ours.Post(Contact(id, "/withdrawals"), """{"purpose":"newsletter"}""");

        var counts = (await Ours.Get("/api/v1/consent/stats")).Json;

        counts
            .EnumerateArray()
            .Select(count => (Text(count, "purpose"), Text(count, "action"), count.GetProperty("changes").GetInt64()))
            .ShouldBe([("newsletter", "subscribe", 2), ("newsletter", "unsubscribe", 1)]);
        (await Ours.Get("/api/v1/consent/stats?from=2001-01-01&to=2001-12-31")).Json.GetArrayLength().ShouldBe(0);
    }

    private static string Consent(string? sha256) => $$"""{"purpose":"tracking","wording":"{{sha256}}"}""";

    private async Task<string> RecordedAt(long id, int entry) =>
        Text((await Ours.Get(Contact(id, "/history"))).Json.GetProperty("items")[entry], "recordedAt");

    private static IEnumerable<long> Ids(Answer lines) =>
        lines
            .Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("contactId").GetInt64());

    private static IEnumerable<string> Texts(JsonElement items, string name) =>
        items.EnumerateArray().Select(item => Text(item, name));

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;
}
