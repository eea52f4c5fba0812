using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SchemaHub.Api.Specs.Support;
using static SchemaHub.Api.Specs.Support.TestTenant;

namespace SchemaHub.Api.Specs.Http;

public sealed class BadInputSpec : TenantSpec
{
    private static readonly string Long = new('a', 250);

    [TestCase("""{"email":"ann@example.com",}""", "line 1, byte 28")]
    [TestCase("{\n\"email\" \"ann@example.com\"}", "line 2, byte 9")]
    [TestCase("""{"email":"ann@example.com" """, "line 1")]
    [TestCase("[1", "line 1")]
    [TestCase("\"\\ud800", "line 1")]
    public async Task Malformed_JSON_is_refused_with_its_place(string json, string place)
    {
        var answer = (await Ours.Post(List, json)).ShouldBeProblem(400, "request.malformed");

        answer.Detail.ShouldContain(place);
        await NothingWasStored();
    }

    [TestCase("""{"email":"ann@example.com","emial":"x"}""", "emial", "not known")]
    [TestCase("""{"email":"ann@example.com","consent":{"porpoise":"x"}}""", "consent.porpoise", "not known")]
    [TestCase("""{"email":"ann@example.com","email":"bob@example.com"}""", "email", "twice")]
    [TestCase("""{"email":"ann@example.com","Email":"bob@example.com"}""", "Email", "twice")]
    [TestCase("""{"email":"ann@example.com","consent":{"purpose":"a","purpose":"b"}}""", "consent.purpose", "twice")]
    [TestCase("""{"email":"ann@example.com","metadata":{"a":1,"a":2}}""", "metadata.a", "twice")]
    [TestCase("""{"email":42}""", "email", "right type")]
    [TestCase("""{"email":"ann@example.com","consent":{"optedInAt":1}}""", "consent.optedInAt", "Z or an offset")]
    [TestCase("""{"email":"ann@example.com","consent":[]}""", "consent", "right type")]
    [TestCase("""{"email":"ann@example.com","consent":{"purpose":{}}}""", "consent.purpose", "right type")]
    [TestCase(
        """{"email":"ann@example.com","consent":{"optedInAt":"2020-01-01T00:00:00"}}""",
        "consent.optedInAt",
        "offset"
    )]
    [TestCase(
        """{"email":"ann@example.com","consent":{"optedInAt":"yesterday"}}""",
        "consent.optedInAt",
        "Z or an offset"
    )]
    [TestCase("""{"email":"ann@example.com","consent":{"claims":{"a":1}}}""", "consent.claims.a", "right type")]
    [TestCase("""{"email":"ann\ud800@example.com"}""", "email", "right type")]
    public async Task A_field_of_the_wrong_form_is_named(string json, string field, string rule)
    {
        var answer = (await Ours.Post(List, json)).ShouldBeProblem(400, "request.malformed");

        answer.Json.GetProperty("errors").TryGetProperty(field, out _).ShouldBeTrue(answer.Body);
        answer.Rules(field).ShouldContain(rule);
        answer.Body.ShouldNotContain("SchemaHub.");
        await NothingWasStored();
    }

    [TestCase("""{}""", "email")]
    [TestCase("""{"email":null}""", "email")]
    [TestCase("""{"email":"not an address"}""", "email")]
    [TestCase("""{"email":"ann@example"}""", "email")]
    [TestCase("""{"email":"an\u0007n@example.com"}""", "email")]
    [TestCase("""{"email":"ann\u0000@example.com"}""", "email")]
    [TestCase("""{"email":"ann@example.com\nbcc: x"}""", "email")]
    [TestCase("""{"email":"ann@example.com","name":"A\u0000nn"}""", "name")]
    [TestCase("""{"email":"ann@example.com","metadata":[]}""", "metadata")]
    [TestCase("""{"email":"ann@example.com","metadata":{"a":["\u0000"]}}""", "metadata")]
    [TestCase("""{"email":"ann@example.com","metadata":{"a\u0000":1}}""", "metadata")]
    [TestCase("""{"email":"ann@example.com","metadata":{"a":"\ud800"}}""", "metadata")]
    [TestCase("""{"email":"ann@example.com","metadata":{"a":1e999999}}""", "metadata")]
    [TestCase("""{"email":"ann@example.com","metadata":{"a":0e-99999}}""", "metadata")]
    [TestCase("""{"email":"ann@example.com","consent":{"purpose":"News Letter"}}""", "consent.purpose")]
    [TestCase("""{"email":"ann@example.com","consent":{"purpose":"newsletter\n"}}""", "consent.purpose")]
    [TestCase("""{"email":"ann@example.com","consent":{"basis":"whim"}}""", "consent.basis")]
    [TestCase("""{"email":"ann@example.com","consent":{"wording":"abc"}}""", "consent.wording")]
    [TestCase("""{"email":"ann@example.com","consent":{"language":"english please"}}""", "consent.language")]
    [TestCase("""{"email":"ann@example.com","consent":{"optedInAt":"2999-01-01T00:00:00Z"}}""", "consent.optedInAt")]
    [TestCase("""{"email":"ann@example.com","consent":{"claims":{"a":null}}}""", "consent.claims")]
    [TestCase("""{"email":"ann@example.com","consent":{"claims":{"a":"\u0000"}}}""", "consent.claims")]
    public async Task A_field_that_breaks_a_rule_is_named(string json, string field)
    {
        var answer = (await Ours.Post(List, json)).ShouldBeProblem(422, "request.invalid");

        answer.Json.GetProperty("errors").TryGetProperty(field, out _).ShouldBeTrue(answer.Body);
        await NothingWasStored();
    }

    [Test]
    public async Task An_address_over_254_characters_is_refused() =>
        (await Ours.Post(List, $$"""{"email":"{{Long}}@example.com"}""")).ShouldBeProblem(422, "request.invalid");

    [Test]
    public async Task An_international_domain_is_taken_and_found_again()
    {
        var added = await Ours.Post(List, """{"email":"ann@münchen.example"}""");

        added.Status.ShouldBe(HttpStatusCode.Created, added.Body);
        var found = await Ours.Post(List + "/lookups", """{"email":"ANN@xn--mnchen-3ya.example"}""");
        found.Json.GetProperty("id").GetInt64().ShouldBe(added.Json.GetProperty("id").GetInt64());
    }

    [TestCase("")]
    [TestCase("null")]
    public async Task A_body_is_needed(string json) =>
        (await Ours.Post(List, json)).ShouldBeProblem(400, "request.malformed").Detail.ShouldContain("body");

    [TestCase("text/plain", 415, "request.not_json")]
    [TestCase("application/x-www-form-urlencoded", 415, "request.not_json")]
    [TestCase("application/json; charset=klingon", 415, "request.not_json")]
    public async Task A_body_that_is_not_JSON_is_refused(string type, int status, string code)
    {
        using var content = new ByteArrayContent("""{"email":"ann@example.com"}"""u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await Ours.Http.PostAsync(List, content);

        (await Answer.Of(response)).ShouldBeProblem(status, code);
    }

    [Test]
    public async Task Bytes_that_are_not_UTF_8_are_refused()
    {
        using var content = new ByteArrayContent([.. """{"email":"ann"""u8, 0xFF, 0xFE, .. "\"}"u8]);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
        using var response = await Ours.Http.PostAsync(List, content);

        (await Answer.Of(response)).ShouldBeProblem(400, "request.malformed");
    }

    [Test]
    public async Task A_body_over_256_kB_is_refused([Values] bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, List);
        request.Headers.TransferEncodingChunked = isChunked;
        var json = $$"""{"email":"ann@example.com","name":"{{new string('a', 256 * 1024)}}"}""";
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Ours.Http.SendAsync(request);

        (await Answer.Of(response)).ShouldBeProblem(413, "request.too_large");
    }

    [TestCase("2026-01-01T00:00:00")]
    [TestCase("2026-01-01")]
    [TestCase("yesterday")]
    [TestCase("")]
    [TestCase("1767225600")]
    [TestCase("2026-13-01T00:00:00Z")]
    [TestCase("0001-01-01T00:00:00%2B14:00")]
    [TestCase("2026-01-01T00:00:00Z%00")]
    public async Task An_instant_without_its_offset_or_of_another_form_is_refused(string at)
    {
        var id = await Ours.Subscribe("ann@example.com");

        foreach (var path in new[] { Contact(id, "/consent"), "/api/v1/consent/as-of" })
            (await Ours.Get($"{path}?at={at}"))
                .ShouldBeProblem(400, "request.malformed")
                .Rules("at")
                .ShouldContain("ISO 8601");
    }

    [Test]
    public async Task An_instant_in_the_future_is_refused()
    {
        var id = await Ours.Subscribe("ann@example.com");

        foreach (var path in new[] { Contact(id, "/consent"), "/api/v1/consent/as-of" })
            (await Ours.Get($"{path}?at=2999-01-01T00:00:00Z")).ShouldBeProblem(422, "request.invalid").Rules("at");
    }

    [Test]
    public async Task As_of_needs_its_instant() =>
        (await Ours.Get("/api/v1/consent/as-of")).ShouldBeProblem(400, "request.malformed").Rules("at");

    [TestCase("?limit=abc", 400, "limit")]
    [TestCase("?limit=99999999999", 400, "limit")]
    [TestCase("?limit=0", 422, "limit")]
    [TestCase("?limit=201", 422, "limit")]
    [TestCase("?subscribed=perhaps", 400, "subscribed")]
    [TestCase("?after=abc", 400, "after")]
    [TestCase("?after=%00", 400, "after")]
    [TestCase("?email=nobody", 422, "email")]
    public async Task A_query_parameter_of_the_wrong_form_is_named(string query, int status, string field)
    {
        var answer = await Ours.Get(List + query);

        answer.ShouldBeProblem(status, status == 400 ? "request.malformed" : "request.invalid").Rules(field);
    }

    [TestCase("?from=yesterday", 400)]
    [TestCase("?from=2026-01-02&to=2026-01-01", 422)]
    [TestCase("?from=2020-01-01&to=2026-01-01", 422)]
    [TestCase("?from=9999-12-31", 200)]
    [TestCase("?to=0001-01-01", 200)]
    public async Task Days_are_days_in_order_and_not_too_many(string query, int status) =>
        ((int)(await Ours.Get("/api/v1/consent/stats" + query)).Status).ShouldBe(status);

    [TestCase("/suppressions", """{"reason":"dislike"}""", "reason")]
    [TestCase("/suppressions", "{}", "reason")]
    [TestCase("/withdrawals", """{"reason":"Too many mails!"}""", "reason")]
    [TestCase("/withdrawals", """{"purpose":"?"}""", "purpose")]
    public async Task A_change_that_breaks_a_rule_changes_nothing(string rest, string json, string field)
    {
        var id = await Ours.Subscribe("ann@example.com");

        (await Ours.Post(Contact(id, rest), json)).ShouldBeProblem(422, "request.invalid").Rules(field);

        (await Ours.Get(Contact(id))).ETag.ShouldBe("\"1\"");
    }

    [TestCase("""{"language":"en"}""", "text")]
    [TestCase("""{"text":"Yes"}""", "language")]
    [TestCase("""{"language":"en","text":"\u0000"}""", "text")]
    public async Task A_wording_has_a_text_and_a_language(string json, string field)
    {
        (await Ours.Post("/api/v1/wordings", json)).ShouldBeProblem(422, "request.invalid").Rules(field);
        (await Ours.Post("/api/v1/wordings", json, ("Idempotency-Key", $"{Guid.CreateVersion7()}")))
            .ShouldBeProblem(422, "request.invalid")
            .Rules(field);
    }

    [Test]
    public async Task No_id_and_no_path_breaks_the_service()
    {
        string[] ids =
        [
            "0",
            "-1",
            "2147483647",
            "2147483648",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "1e3",
            "0x1",
            "NaN",
            "null",
            "%20",
            "%00",
            "%0a",
            "..",
            "1%2F2",
            "'",
            "%F0%9F%92%A9",
            "1;drop%20table",
            "%C3%28",
            new string('9', 500),
        ];
        foreach (var id in ids)
        {
            foreach (var rest in new[] { "", "/history", "/consent" })
                ((int)(await Ours.Get($"{List}/{id}{rest}")).Status).ShouldBeOneOf(400, 404);

            foreach (var rest in new[] { "/consents", "/withdrawals", "/erasures" })
                ((int)(await Ours.Post($"{List}/{id}{rest}", "{}")).Status).ShouldBeOneOf(400, 404);

            ((int)(await Ours.Get($"/api/v1/wordings/{id}")).Status).ShouldBeOneOf(400, 404);
        }
    }

    [Test]
    public async Task What_is_not_there_and_what_is_not_done_there_are_problems()
    {
        (await Ours.Get("/api/v1/nothing")).ShouldBeProblem(404, "route.not_found");
        (await Ours.Send(HttpMethod.Delete, List)).ShouldBeProblem(405, "method.not_allowed");
    }

    private async Task NothingWasStored() =>
        (await Ours.Get(List)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
}
