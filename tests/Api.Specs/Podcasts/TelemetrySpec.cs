using System.Globalization;
using System.Net;
using System.Text;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Podcasts;

/// <summary>Telemetry over HTTP: whole batches in, parts of series out.</summary>
public sealed class TelemetrySpec : TenantSpec
{
    private const string Events = "/api/v1/podcast/listener-events";
    private const string Claims = "/api/v1/podcast/attribution-events";
    private const string Metrics = "/api/v1/podcast/listener-metrics";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private TestPodcast _podcast = null!;

    [SetUp]
    public async Task AddPodcast() =>
        _podcast = await TestPodcast.Add(Shared.Api.Installation, Ours.Organization, episodes: 2);

    [Test]
    public async Task A_batch_comes_as_array_or_as_lines_and_counts_once()
    {
        string[] rows = [Event(), Event(), Event("pause")];
        var first = await Ours.Post(Events, $"[{string.Join(',', rows)}]");
        first.Status.ShouldBe(HttpStatusCode.OK, first.Body);
        first.Body.ShouldBe("""{"accepted":3,"duplicates":0}""");

        var again = await Lines(Events, string.Join("\r\n", rows.Append(Event())) + "\n\n");
        again.Body.ShouldBe("""{"accepted":1,"duplicates":3}""");
        (await Ours.Post(Events, "[]")).Body.ShouldBe("""{"accepted":0,"duplicates":0}""");
        (await Ours.Get(Events)).Json.GetProperty("items").GetArrayLength().ShouldBe(4);
    }

    [TestCase("""{"episodeId":7}""", 400, "[1].episodeId")]
    [TestCase("""{"nonsense":7}""", 400, "[1].nonsense")]
    [TestCase("""{"occurredAt":"2026-01-01T00:00:00"}""", 400, "[1].occurredAt")]
    [TestCase("{}", 422, "[1].id", "[1].episodeId", "[1].eventType", "[1].occurredAt")]
    [TestCase("null", 422, "[1]")]
    public async Task A_wrong_row_is_named_with_its_field_and_nothing_is_stored(
        string row,
        int status,
        params string[] fields
    )
    {
        var code = status == 400 ? "request.malformed" : "request.invalid";
        foreach (
            var refused in new[]
            {
                await Ours.Post(Events, $"[{Event()},{row}]"),
                await Lines(Events, $"{Event()}\n{row}\n"),
            }
        )
        {
            refused.ShouldBeProblem(status, code);
            foreach (var field in fields)
                refused.Rules(field).ShouldNotBeNullOrEmpty();
        }

        (await Ours.Get(Events)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Test]
    public async Task Values_that_no_row_can_hold_are_refused_by_name()
    {
        (string Field, string Value)[] wrong =
        [
            ("eventType", $"\"{new string('x', 101)}\""),
            ("eventType", "\"\""),
            ("listenerId", "\"a\\u0000\""),
            ("listenerId", $"\"{new string('x', 256)}\""),
            ("eventData", "[1]"),
            ("eventData", "{\"a\":\"\\u0000\"}"),
            ("eventData", "{\"a\":1e999}"),
            ("eventData", $"{{\"a\":\"{new string('x', 17_000)}\"}}"),
            ("occurredAt", $"\"{Now.AddYears(-3):O}\""),
            ("occurredAt", $"\"{Now.AddDays(2):O}\""),
            ("episodeId", $"\"{Guid.CreateVersion7()}\""),
        ];
        foreach (var (field, value) in wrong)
            (await Ours.Post(Events, $"[{Event()},{Event(with: (field, value))}]"))
                .ShouldBeProblem(422, "request.invalid")
                .Rules($"[1].{field}")
                .ShouldNotBeNullOrEmpty(value);
    }

    [Test]
    public async Task Another_organizations_episode_answers_as_one_that_does_not_exist()
    {
        using var theirs = await Shared.Api.NewTenant();
        var foreign = await TestPodcast.Add(Shared.Api.Installation, theirs.Organization);
        var answers = new List<string>();
        foreach (var episode in new[] { foreign.Episodes[0], Guid.CreateVersion7() })
            answers.Add((await Ours.Post(Events, $"[{Event(with: ("episodeId", $"\"{episode}\""))}]")).Body);

        answers.Distinct().ShouldHaveSingleItem();
    }

    [Test]
    public async Task What_is_no_batch_is_refused()
    {
        (await Ours.Post(Events, Event())).ShouldBeProblem(400, "request.malformed");
        (await Ours.Post(Events, "[")).ShouldBeProblem(400, "request.malformed");
        (await Ours.Post(Events, "null")).ShouldBeProblem(400, "request.malformed");
        (await Ours.Post(Events)).ShouldBeProblem(415, "request.not_json");
        (await Send(Events, "a,b", "text/csv")).ShouldBeProblem(415, "request.not_json");
        (await Ours.Post(Events, $"[{string.Join(',', Enumerable.Repeat("{}", 10_001))}]"))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("rows")
            .ShouldContain("10,000");
    }

    [Test]
    public async Task A_batch_has_a_size_that_it_keeps_to()
    {
        await using var small = await TestApi.StartBeside(new ApiOptions { MaxBatchBytes = 1_024 });
        using var tenant = await small.NewTenant();

        (await tenant.Post(Events, $"[\"{new string('x', 1_024)}\"]")).ShouldBeProblem(413, "request.too_large");
        (await tenant.Post(Events, "[]")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task Attribution_brings_its_metadata_and_the_first_stays()
    {
        var id = Guid.CreateVersion7();
        string Claim(string more) =>
            $$"""
                {"id":"{{id}}","campaignId":"{{_podcast.Campaign}}","attributionType":"promo_code",
                "occurredAt":"{{Now:O}}"{{more}}}
                """.ReplaceLineEndings(" ");
        (await Ours.Post(Claims, $"[{Claim("")}]")).Body.ShouldBe("""{"accepted":1,"duplicates":0}""");
        foreach (var code in new[] { "SPRING", "AUTUMN" })
            (await Ours.Post(Claims, $"[{Claim($$""","metadata":{"code":"{{code}}"}""")}]")).Body.ShouldBe(
                """{"accepted":0,"duplicates":1}"""
            );

        var claim = (await Ours.Get($"{Claims}?campaignId={_podcast.Campaign}")).Json.GetProperty("items")[0];
        claim.GetProperty("metadata").GetProperty("code").GetString().ShouldBe("SPRING");
        claim.GetProperty("id").GetGuid().ShouldBe(id);
    }

    [Test]
    public async Task Measures_are_exact_to_six_decimals()
    {
        string Measure(string value) =>
            $$"""
                {"id":"{{Guid.CreateVersion7()}}","episodeId":"{{_podcast.Episodes[0]}}",
                "metricDate":"{{Now:yyyy-MM-dd}}","metricName":"reach","metricValue":{{value}}}
                """.ReplaceLineEndings(" ");
        foreach (var value in new[] { "0.1234567", "100000000000000", "null" })
            (await Ours.Post(Metrics, $"[{Measure(value)}]"))
                .ShouldBeProblem(422, "request.invalid")
                .Rules("[0].metricValue")
                .ShouldNotBeNullOrEmpty(value);

        (await Ours.Post(Metrics, $"[{Measure("-99999999999999.123456")}]")).Status.ShouldBe(HttpStatusCode.OK);
        (await Ours.Get($"{Metrics}?episodeId={_podcast.Episodes[0]}"))
            .Json.GetProperty("items")[0]
            .GetProperty("metricValue")
            .GetDecimal()
            .ShouldBe(-99_999_999_999_999.123456m);
    }

    [Test]
    public async Task A_series_is_read_in_pages_in_the_order_of_time()
    {
        var rows = Enumerable.Range(0, 7).Select(i => Event(at: Now.AddMinutes(-(i / 2)))).ToList();
        (await Ours.Post(Events, $"[{string.Join(',', rows)}]")).Status.ShouldBe(HttpStatusCode.OK);
        var seen = new List<string>();
        for (var after = ""; after is not null; )
        {
            var page = await Ours.Get($"{Events}?limit=3{(after.Length > 0 ? $"&after={after}" : "")}");
            page.Status.ShouldBe(HttpStatusCode.OK, page.Body);
            seen.AddRange(
                page.Json.GetProperty("items")
                    .EnumerateArray()
                    .Select(row => $"{row.GetProperty("occurredAt")} {row.GetProperty("id")}")
            );
            after = page.Json.GetProperty("next").GetString();
        }

        seen.Count.ShouldBe(7);
        seen.ShouldBe(seen.Distinct().Order(StringComparer.Ordinal));
        (await Ours.Get($"{Events}?limit=0")).ShouldBeProblem(422, "request.invalid").Rules("limit").ShouldNotBeNull();
        (await Ours.Get($"{Events}?from=today")).ShouldBeProblem(400, "request.malformed");
        (await Ours.Get($"{Claims}?after=bm90aGluZw")).ShouldBeProblem(400, "request.malformed").Rules("after");
    }

    [Test]
    public async Task An_episodes_listeners_are_counted_by_hour_and_day()
    {
        var path = $"/api/v1/podcast/episodes/{_podcast.Episodes[0]}/listeners";
        (await Ours.Get(path)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        await Ours.Post(Events, $"[{Event()},{Event()},{Event("pause")}]");
        foreach (var rollup in new[] { "hourly", "daily" })
        {
            await using var refresh = Shared.Api.Installation.Writer.CreateCommand(
                $"select podcast.refresh_listener_events_{rollup}()"
            );
            await refresh.ExecuteScalarAsync();
        }

        foreach (var by in new[] { "hour", "day" })
        {
            var first = await Ours.Get($"{path}?by={by}&limit=1");
            var counted = first.Json.GetProperty("items")[0];
            counted.GetProperty("eventType").GetString().ShouldBe("pause");
            counted.GetProperty("events").GetInt64().ShouldBe(1);
            var next = first.Json.GetProperty("next").GetString();
            var second = await Ours.Get($"{path}?by={by}&limit=1&after={next}");
            second.Json.GetProperty("items")[0].GetProperty("events").GetInt64().ShouldBe(2);
            second.Json.GetProperty("items")[0].GetProperty("uniqueListeners").GetInt64().ShouldBe(1);
            second.Json.GetProperty("next").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        }

        (await Ours.Get($"{path}?by=week")).ShouldBeProblem(400, "request.malformed");
        (await Ours.Get($"/api/v1/podcast/episodes/{Guid.CreateVersion7()}/listeners")).ShouldBeProblem(
            404,
            "episode.not_found"
        );
    }

    private string Event(string type = "play", DateTimeOffset? at = null, (string Field, string Value)? with = null)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["id"] = $"\"{Guid.CreateVersion7()}\"",
            ["episodeId"] = $"\"{_podcast.Episodes[0]}\"",
            ["eventType"] = $"\"{type}\"",
            ["occurredAt"] = string.Create(CultureInfo.InvariantCulture, $"\"{at ?? Now:O}\""),
            ["listenerId"] = "\"ann\"",
        };
        if (with is var (field, value))
            fields[field] = value;

        return $"{{{string.Join(',', fields.Select(given => $"\"{given.Key}\":{given.Value}"))}}}";
    }

    private Task<Answer> Lines(string path, string lines) => Send(path, lines, "application/x-ndjson");

    private async Task<Answer> Send(string path, string body, string type)
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var response = await Ours.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        return await Answer.Of(response);
    }
}
