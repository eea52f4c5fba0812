using System.Net;
using System.Text.Json;
using SchemaHub.Api.Records;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Records;

namespace SchemaHub.Api.Specs.Records;

/// <summary>The back-office tables over HTTP.</summary>
public sealed class RecordsSpec : TenantSpec
{
    private const string Partners = "/api/v1/podcast/partners";
    private const string Acme = """{"name":"Acme","partnerType":"agency","contactEmail":"ann@example.com"}""";

    [Test]
    public async Task A_record_lives_through_HTTP()
    {
        var made = await Ours.Post(Partners, Acme);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        made.ETag.ShouldBe("\"1\"");
        var id = made.Json.GetProperty("id").GetString()!;
        made.Headers.ShouldContain($"Location: {Partners}/{id}");

        var read = await Ours.Get($"{Partners}/{id}");
        read.ETag.ShouldBe("\"1\"");
        read.Json.GetProperty("row").GetRawText().ShouldBe(Acme);
        read.Json.GetProperty("createdAt")
            .GetDateTimeOffset()
            .ShouldBe(read.Json.GetProperty("updatedAt").GetDateTimeOffset());

        var other = Acme.Replace("Acme", "Other", StringComparison.Ordinal);
        (await Ours.Put($"{Partners}/{id}", other)).ShouldBeProblem(428, "version.required");
        (await Ours.Put($"{Partners}/{id}", other, ("If-Match", "\"7\""))).ShouldBeProblem(412, "version.stale");
        (await Ours.Put($"{Partners}/{id}", other, ("If-Match", "\"1\""))).ETag.ShouldBe("\"2\"");
        (await Ours.Get(Partners))
            .Json.GetProperty("items")[0]
            .GetProperty("row")
            .GetProperty("name")
            .GetString()
            .ShouldBe("Other");

        (await Ours.Send(HttpMethod.Delete, $"{Partners}/{id}")).ShouldBeProblem(428, "version.required");
        (await Ours.Send(HttpMethod.Delete, $"{Partners}/{id}", null, ("If-Match", "\"2\""))).Status.ShouldBe(
            HttpStatusCode.OK
        );
        (await Ours.Get($"{Partners}/{id}")).ShouldBeProblem(404, "record.not_found");
        (await Ours.Get(Partners)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Test]
    public async Task The_same_request_under_the_same_key_is_done_once()
    {
        var first = await Ours.Post(Partners, Acme, ("Idempotency-Key", "a"));
        var second = await Ours.Post(Partners, Acme, ("Idempotency-Key", "a"));
        second.Body.ShouldBe(first.Body);
        (
            await Ours.Post(Partners, Acme.Replace("Acme", "B", StringComparison.Ordinal), ("Idempotency-Key", "a"))
        ).ShouldBeProblem(422, "idempotency_key.reused");
        var path = $"{Partners}/{first.Json.GetProperty("id").GetString()}";
        for (var i = 0; i < 2; i++)
            (
                await Ours.Send(HttpMethod.Delete, path, null, ("If-Match", "\"1\""), ("Idempotency-Key", "b"))
            ).Status.ShouldBe(HttpStatusCode.OK);
    }

    [TestCase("podcast/partners", """{"name":"A","partnerType":"b","colour":"red"}""", 400, "colour")]
    [TestCase("podcast/partners", """{"name":"A","partnerType":"b","id":"x"}""", 400, "id")]
    [TestCase("podcast/partners", """{"name":7,"partnerType":"b"}""", 400, "name")]
    [TestCase("podcast/partners", """{"partnerType":"b"}""", 422, "name")]
    [TestCase("podcast/partners", """{"name":" ","partnerType":"b"}""", 422, "name")]
    [TestCase("podcast/partners", """{"name":"\u0000","partnerType":"b"}""", 422, "name")]
    [TestCase("podcast/partners", """{"name":"A","partnerType":"b","contactEmail":"nobody"}""", 422, "contactEmail")]
    [TestCase("podcast/experiments", """{"name":"A","status":"wild"}""", 422, "status")]
    [TestCase(
        "podcast/experiments",
        """{"name":"A","startDate":"2026-03-02","endDate":"2026-03-01"}""",
        422,
        "endDate"
    )]
    [TestCase("podcast/experiments", """{"name":"A","startDate":"2026-02-30"}""", 400, "startDate")]
    [TestCase("podcast/agencies", """{"name":"A","commissionRate":1.01}""", 422, "commissionRate")]
    [TestCase("podcast/agencies", """{"name":"A","commissionRate":0.12345}""", 422, "commissionRate")]
    [TestCase("podcast/sponsors", """{"name":"A","websiteUrl":"javascript:alert(1)"}""", 422, "websiteUrl")]
    [TestCase(
        "podcast/integrations",
        """{"name":"A","integrationType":"b","configuration":[1]}""",
        422,
        "configuration"
    )]
    [TestCase(
        "podcast/integrations",
        """{"name":"A","integrationType":"b","configuration":{"a":"\u0000"}}""",
        422,
        "configuration"
    )]
    [TestCase(
        "podcast/integrations",
        """{"name":"A","integrationType":"b","configuration":{"a":"\ud800"}}""",
        422,
        "configuration"
    )]
    [TestCase("podcast/integrations", """{"name":"A","integrationType":"b","configuration":{]}""", 400, null)]
    [TestCase("podcast/white-label-settings", """{"primaryColor":"red"}""", 422, "primaryColor")]
    [TestCase("podcast/white-label-settings", """{"customDomain":"not a domain"}""", 422, "customDomain")]
    [TestCase("podcast/tenant-quotas", """{"maxUsers":-1}""", 422, "maxUsers")]
    [TestCase("podcast/tenant-quotas", """{"maxUsers":99999999999}""", 400, "maxUsers")]
    [TestCase(
        "podcast/episodes",
        """{"podcastId":"0192f0c1-0000-7000-8000-00000000000a","title":"A"}""",
        422,
        "podcastId"
    )]
    [TestCase(
        "podcast/marketplace-revenue",
        """{"listingId":"0192f0c1-0000-7000-8000-00000000000a","amount":1,"""
            + """ "currency":"EUX","transactionDate":"2026-03-01"}""",
        422,
        "currency"
    )]
    [TestCase("saas/files", """{"userId":1,"filename":"a","filePath":"../a","fileSize":1}""", 422, "filePath")]
    [TestCase("saas/projects", """{"userId":1,"name":"A"}""", 422, "userId")]
    [TestCase("snorq/labels", """{"name":"A","color":"blue"}""", 422, "color")]
    [TestCase(
        "backstage/soundcloud-tracks",
        """{"soundcloudId":"1","title":"A","artworkUrl":"http://example.com"}""",
        422,
        "artworkUrl"
    )]
    public async Task Bad_input_is_refused_by_its_field_and_nothing_is_stored(
        string table,
        string json,
        int status,
        string? field
    )
    {
        var answer = await Ours.Post($"/api/v1/{table}", json);

        answer.ShouldBeProblem(status, status == 400 ? "request.malformed" : "request.invalid");
        if (field is not null)
            answer
                .Json.GetProperty("errors")
                .EnumerateObject()
                .Select(error => error.Name)
                .ShouldBe([field], answer.Body);
        (await Ours.Get($"/api/v1/{table}")).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [TestCase("?contactEmail=ann%40example.com", 422, "contactEmail")]
    [TestCase("?colour=red", 422, "colour")]
    [TestCase("?sort=name", 422, "name")]
    [TestCase("?order=down", 400, "order")]
    [TestCase("?limit=0", 422, "limit")]
    [TestCase("?limit=201", 422, "limit")]
    [TestCase("?limit=many", 400, "limit")]
    [TestCase("?after=nonsense", 422, "after")]
    [TestCase("?colour=red&colour=blue", 400, "colour")]
    public async Task A_list_that_cannot_be_is_refused_by_its_field(string query, int status, string field)
    {
        var answer = await Ours.Get(Partners + query);

        answer.ShouldBeProblem(status, status == 400 ? "request.malformed" : "request.invalid");
        answer.Rules(field).ShouldNotBeNullOrEmpty();
    }

    [Test]
    public async Task A_list_is_paged_filtered_and_sorted_and_a_token_is_of_one_list()
    {
        for (var i = 0; i < 5; i++)
            (
                await Ours.Post(
                    "/api/v1/podcast/experiments",
                    $$"""{"name":"E{{i}}","status":"{{(i % 2 == 0 ? "running" : "draft")}}"}"""
                )
            ).Status.ShouldBe(HttpStatusCode.Created);

        (await Names("status=running&limit=2")).ShouldBe(["E0", "E2", "E4"]);
        (await Names("limit=2&order=desc")).ShouldBe(["E4", "E3", "E2", "E1", "E0"]);
        (await Names("limit=2&sort=status")).ShouldBe(["E1", "E3", "E0", "E2", "E4"]);
        (await Names("limit=2&sort=status&order=desc")).ShouldBe(["E4", "E2", "E0", "E3", "E1"]);
        var next = (await Ours.Get("/api/v1/podcast/experiments?limit=2")).Json.GetProperty("next").GetString();
        foreach (
            var list in new[]
            {
                "experiments?status=draft&",
                "experiments?order=desc&",
                "experiments?sort=status&",
                "partners?",
            }
        )
            (await Ours.Get($"/api/v1/podcast/{list}after={next}"))
                .ShouldBeProblem(422, "request.invalid")
                .Rules("after")
                .ShouldContain("same list");

        async Task<List<string>> Names(string query)
        {
            var names = new List<string>();
            string? after = null;
            do
            {
                var page = (
                    await Ours.Get($"/api/v1/podcast/experiments?{query}{(after is null ? "" : $"&after={after}")}")
                ).Json;
                names.AddRange(
                    page.GetProperty("items")
                        .EnumerateArray()
                        .Select(item => item.GetProperty("row").GetProperty("name").GetString()!)
                );
                after = page.GetProperty("next").GetString();
            } while (after is not null);

            return names;
        }
    }

    [Test]
    public async Task A_table_comes_as_CSV_that_no_spreadsheet_runs()
    {
        await Ours.Post(Partners, """{"name":"Größe, \"A\"","partnerType":"=1+1"}""");
        var answer = await Ours.Get($"{Partners}/export.csv");

        answer.ContentType.ShouldBe("text/csv");
        var lines = answer.Body.Split("\r\n");
        lines[0].ShouldBe("id,name,partner_type,contact_email,created_at,updated_at");
        lines[1].ShouldContain(",\"Größe, \"\"A\"\"\",'=1+1,,2");
        lines.Length.ShouldBe(3);
    }

    [Test]
    public async Task What_is_another_organizations_does_not_exist()
    {
        using var theirs = await Shared.Api.NewTenant();
        var id = (await theirs.Post(Partners, Acme)).Json.GetProperty("id").GetString();

        foreach (var one in new[] { id, $"{Guid.CreateVersion7()}", "nonsense" })
        {
            (await Ours.Get($"{Partners}/{one}")).ShouldBeProblem(404, "record.not_found");
            (await Ours.Put($"{Partners}/{one}", Acme, ("If-Match", "\"1\""))).ShouldBeProblem(404, "record.not_found");
            (await Ours.Put($"{Partners}/{one}", Acme, ("If-Match", "*"))).ShouldBeProblem(404, "record.not_found");
            (await Ours.Send(HttpMethod.Delete, $"{Partners}/{one}", null, ("If-Match", "\"1\""))).ShouldBeProblem(
                404,
                "record.not_found"
            );
        }

        (await Ours.Get(Partners)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await Ours.Get($"{Partners}/export.csv")).Body.Split("\r\n").Length.ShouldBe(2);
        (await theirs.Get($"{Partners}/{id}")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task What_is_the_installations_is_read_and_not_written()
    {
        var step = new SaveRecord("podcast.onboarding_steps", new OnboardingStep($"{Ours.Organization:n}", "First", 1));
        var position = await Shared.Api.Send(Guid.Empty, step);
        const string path = "/api/v1/podcast/onboarding-steps";

        (await Ours.Get($"{path}/{position.Stream}"))
            .Json.GetProperty("row")
            .GetProperty("stepName")
            .GetString()
            .ShouldBe("First");
        (await Ours.Post(path, "{}")).ShouldBeProblem(405, "method.not_allowed");
        (await Ours.Get("/api/v1/podcast/failover-events")).ShouldBeProblem(404, "route.not_found");
    }

    [Test]
    public async Task Every_record_is_described()
    {
        using var stranger = Shared.Api.NewClient();
        var document = JsonSerializer.Deserialize<JsonElement>(
            await stranger.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))
        );
        var paths = document.GetProperty("paths");
        foreach (var type in RecordCatalogue.All.Where(type => type.Scope is RecordScope.Tenant or RecordScope.Person))
        {
            var body = paths
                .GetProperty($"/api/v1{RecordEndpoints.PathOf(type)}")
                .GetProperty("post")
                .GetProperty("requestBody");
            body.GetProperty("content")
                .GetProperty("application/json")
                .GetProperty("schema")
                .GetProperty("$ref")
                .GetString()!
                .ShouldEndWith($"/{type.Row.Name}");
        }

        document
            .GetProperty("components")
            .GetProperty("schemas")
            .GetProperty(nameof(Agency))
            .GetProperty("properties")
            .GetProperty("commissionRate")
            .GetProperty("description")
            .GetString()!
            .ShouldContain("0.15 is 15 percent");
    }
}
