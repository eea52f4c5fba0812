using System.Text.Json;

namespace SchemaHub.Api.Specs.Http;

/// <summary>What programs rely on in the service's description, of operations that are added later too.</summary>
public sealed class ServiceDescriptionSpec
{
    private JsonElement _document;

    [OneTimeSetUp]
    public async Task Read()
    {
        using var stranger = Shared.Api.NewClient();
        var text = await stranger.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        _document = JsonSerializer.Deserialize<JsonElement>(text);
    }

    [Test]
    public void Every_operation_has_a_name_of_its_own_that_follows_from_its_path()
    {
        var names = Operations().Select(operation => Text(operation.Json, "operationId")).ToList();

        names.ShouldBeUnique();
        names.ShouldContain("getContactsById");
        names.ShouldContain("postBackstageEmailTemplatesByIdTest");
        names.ShouldAllBe(name => name.All(char.IsAsciiLetterOrDigit));
    }

    [Test]
    public void What_is_required_is_not_nullable()
    {
        var both =
            from schema in _document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            where schema.Value.TryGetProperty("required", out _)
            from name in schema.Value.GetProperty("required").EnumerateArray()
            let property = schema.Value.GetProperty("properties").GetProperty(name.GetString()!)
            where property.GetRawText().Contains("\"null\"", StringComparison.Ordinal)
            select $"{schema.Name}.{name}";

        both.ShouldBeEmpty();
    }

    [Test]
    public void An_instant_is_a_string_with_a_format()
    {
        var campaign = Schema("PublishedCampaign").GetProperty("properties");

        campaign.GetProperty("createdAt").GetProperty("type").GetString().ShouldBe("string");
        campaign.GetProperty("createdAt").GetProperty("format").GetString().ShouldBe("date-time");
        campaign.GetProperty("sentAt").GetProperty("type").GetRawText().ShouldContain("null");
    }

    [Test]
    public void Every_list_says_its_order_its_filters_and_its_page_size()
    {
        var lists = Operations().Where(operation => operation.Method == "get" && IsList(operation.Json)).ToList();
        lists.Count.ShouldBeGreaterThan(60);
        foreach (var (method, path, json) in lists)
        {
            var description = Text(json, "description");
            description.ShouldContain("Order: ", customMessage: $"{method} {path}: say it with InOrder.");
            description.ShouldContain("Filters: ", customMessage: $"{method} {path}");
            description.ShouldContain("Page size: ", customMessage: $"{method} {path}");
            var limit = Parameters(json).FirstOrDefault(parameter => Text(parameter, "name") == "limit");
            if (limit.ValueKind == JsonValueKind.Undefined)
                continue;

            var schema = limit.GetProperty("schema");
            schema.GetProperty("minimum").GetInt32().ShouldBe(1, path);
            var (most, unless) = (schema.GetProperty("maximum").GetInt32(), schema.GetProperty("default").GetInt32());
            description.ShouldContain($"{unless} unless said, {most} at most", customMessage: path);
        }
    }

    [Test]
    public async Task The_largest_page_of_a_list_is_what_it_says()
    {
        using var ours = await Shared.Api.NewTenant();
        foreach (var path in new[] { "contacts", "campaigns", "roles", "backstage/email-templates", "saas/projects" })
        {
            (await ours.Get($"/api/v1/{path}?limit=200")).Status.ShouldBe(System.Net.HttpStatusCode.OK, path);
            (await ours.Get($"/api/v1/{path}?limit=201")).ShouldBeProblem(422, "request.invalid");
        }
    }

    [Test]
    public void Every_parameter_of_a_query_is_described()
    {
        var bare =
            from operation in Operations()
            from parameter in Parameters(operation.Json)
            where Text(parameter, "in") == "query" && Text(parameter, "description").Length == 0
            select $"{operation.Method} {operation.Path} {Text(parameter, "name")}";

        bare.ShouldBeEmpty("Describe it in ParameterDescriptions.");
    }

    [Test]
    public void Open_routes_say_that_they_need_nothing_and_the_others_what_they_need()
    {
        foreach (var (method, path, json) in Operations())
        {
            var answers = json.GetProperty("responses").EnumerateObject().Select(answer => answer.Name).ToList();
            var isOpen = json.GetProperty("security").GetArrayLength() == 0;

            answers.Contains("401").ShouldBe(!isOpen, $"{method} {path}");
            answers.ShouldContain("400", $"{method} {path}");
        }

        Operations()
            .Where(operation => operation.Json.GetProperty("security").GetArrayLength() == 0)
            .Select(operation => operation.Path)
            .ShouldContain("/api/v1/sign-in");
    }

    [Test]
    public void An_answer_with_200_or_201_says_what_is_in_it()
    {
        var empty =
            from operation in Operations()
            from answer in operation.Json.GetProperty("responses").EnumerateObject()
            where answer.Name is "200" or "201" && !answer.Value.TryGetProperty("content", out _)
            select $"{operation.Method} {operation.Path}";

        empty.ShouldBeEmpty("Answer with NoContent, or say with Produces what there is.");
    }

    [Test]
    public void Every_group_of_operations_is_described() =>
        _document
            .GetProperty("tags")
            .EnumerateArray()
            .Where(tag => Text(tag, "description").Length == 0)
            .Select(tag => Text(tag, "name"))
            .ShouldBeEmpty("Describe it in Tags.");

    [Test]
    public void An_id_is_of_one_type_in_every_answer_about_the_same_things()
    {
        var mixed =
            from operation in Operations()
            where !operation.Path.Contains("/jobs", StringComparison.Ordinal)
            group IdTypes(operation.Json) by operation.Path.Split("/{")[0] into things
            let types = things.SelectMany(types => types).Distinct().ToList()
            where types.Count > 1
            select $"{things.Key}: {string.Join(", ", types)}";

        mixed.ShouldBeEmpty();
        IdTypes(Operation("get", "/api/v1/backstage/email-templates")).ShouldBe(["integer"]);
        IdTypes(Operation("get", "/api/v1/saas/projects")).ShouldBe(["integer"]);
        IdTypes(Operation("post", "/api/v1/saas/projects")).ShouldBe(["integer"]);
        IdTypes(Operation("get", "/api/v1/podcast/sponsors")).ShouldBe(["string"]);
    }

    /// <summary>The types of <c>id</c> in an answer and in the items of a page.</summary>
    private List<string> IdTypes(JsonElement operation)
    {
        var types = new List<string>();
        foreach (var answer in operation.GetProperty("responses").EnumerateObject())
        {
            if (
                answer.Name is not ("200" or "201")
                || !answer.Value.GetProperty("content").TryGetProperty("application/json", out var json)
            )
                continue;

            var schema = Resolve(json.GetProperty("schema"));
            if (!schema.TryGetProperty("properties", out var properties))
                continue;

            if (properties.TryGetProperty("items", out var items) && items.TryGetProperty("items", out var item))
                schema = Resolve(item);

            if (schema.TryGetProperty("properties", out properties) && properties.TryGetProperty("id", out var id))
                types.Add(id.GetProperty("type").GetString()!);
        }

        return types;
    }

    private bool IsList(JsonElement operation) =>
        operation.GetProperty("responses").TryGetProperty("200", out var answer)
        && answer.TryGetProperty("content", out var content)
        && content.TryGetProperty("application/json", out var json)
        && Resolve(json.GetProperty("schema")) is var schema
        && (Text(schema, "type") == "array" || Parameters(operation).Any(one => Text(one, "name") == "limit"));

    private JsonElement Operation(string method, string path) =>
        _document.GetProperty("paths").GetProperty(path).GetProperty(method);

    private JsonElement Schema(string name) =>
        _document.GetProperty("components").GetProperty("schemas").GetProperty(name);

    private JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out var name) ? Schema(name.GetString()!.Split('/')[^1]) : schema;

    private static IEnumerable<JsonElement> Parameters(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : [];

    private static string Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private IEnumerable<(string Method, string Path, JsonElement Json)> Operations() =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (operation.Name, path.Name, operation.Value);
}
