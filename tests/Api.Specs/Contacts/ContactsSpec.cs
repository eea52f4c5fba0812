using System.Net;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using static SchemaHub.Api.Specs.Support.TestTenant;

namespace SchemaHub.Api.Specs.Contacts;

public sealed class ContactsSpec : TenantSpec
{
    [Test]
    public async Task A_contact_is_added_and_found_where_the_answer_says()
    {
        var added = await Ours.Post(
            List,
            """{"email":"Ann@Example.com","name":"Ann Müller","metadata":{"tier":"gold"},"consent":{"language":"en"}}"""
        );

        added.Status.ShouldBe(HttpStatusCode.Created);
        added.ETag.ShouldBe("\"1\"");
        var id = added.Json.GetProperty("id").GetInt64();
        added.Headers.ShouldContain($"Location: {Contact(id)}");
        var found = await Ours.Get(Contact(id));
        found.ETag.ShouldBe("\"1\"");
        found.Json.GetProperty("email").GetString().ShouldBe("Ann@example.com");
        found.Json.GetProperty("name").GetString().ShouldBe("Ann Müller");
        found.Body.ShouldContain("Müller");
        found.Json.GetProperty("metadata").GetProperty("tier").GetString().ShouldBe("gold");
        found.Json.GetProperty("subscribed").GetBoolean().ShouldBeTrue();
        found.Json.GetProperty("erased").GetBoolean().ShouldBeFalse();
    }

    [Test]
    public async Task An_address_is_on_a_list_once_whatever_its_case()
    {
        await Ours.Subscribe("ann@example.com");

        (await Ours.Post(List, """{"email":"ANN@example.com"}""")).ShouldBeProblem(409, "contact.exists");
    }

    [Test]
    public async Task A_list_is_read_in_pages_without_a_gap_or_a_repetition()
    {
        var added = new List<long>();
        for (var i = 0; i < 7; i++)
            added.Add(await Ours.Subscribe($"ann{i}@example.com"));

        var read = new List<long>();
        string? next = null;
        do
        {
            var page = (await Ours.Get($"{List}?limit=3{(next is null ? "" : $"&after={next}")}")).Json;
            page.GetProperty("items").GetArrayLength().ShouldBeLessThanOrEqualTo(3);
            read.AddRange(Ids(page));
            next = page.GetProperty("next").GetString();
        } while (next is not null);

        read.ShouldBe(added);
    }

    [Test]
    public async Task A_page_token_is_refused_by_another_list_and_by_another_filter()
    {
        for (var i = 0; i < 3; i++)
            await Ours.Subscribe($"ann{i}@example.com");

        var next = (await Ours.Get($"{List}?limit=1&subscribed=true")).Json.GetProperty("next").GetString();

        (await Ours.Get($"{List}?subscribed=true&after={next}")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var path in new[] { $"{List}?after={next}", $"{List}?subscribed=false&after={next}" })
            (await Ours.Get(path)).ShouldBeProblem(400, "request.malformed").Rules("after").ShouldContain("same list");

        var id = await Ours.Subscribe("bob@example.com");
        (await Ours.Get(Contact(id, $"/history?after={next}"))).ShouldBeProblem(400, "request.malformed");
    }

    [Test]
    public async Task A_list_is_filtered_by_subscription_and_by_address()
    {
        var ann = await Ours.Subscribe("ann@example.com");
        var bob = await Ours.Subscribe("bob@example.com");
        await Ours.Post(Contact(bob, "/withdrawals"), "{}");

        Ids((await Ours.Get($"{List}?subscribed=true")).Json).ShouldBe([ann]);
        Ids((await Ours.Get($"{List}?subscribed=false")).Json).ShouldBe([bob]);
        Ids((await Ours.Get($"{List}?email=BOB%40example.com")).Json).ShouldBe([bob]);
        Ids((await Ours.Get($"{List}?email=BOB%40example.com&subscribed=true")).Json).ShouldBeEmpty();
        Ids((await Ours.Get($"{List}?email=nobody%40example.com")).Json).ShouldBeEmpty();
    }

    [Test]
    public async Task An_erased_person_is_found_by_the_address_alone()
    {
        var id = await Ours.Subscribe("ann@example.com");
        (await Ours.Post(Contact(id, "/erasures"))).Status.ShouldBe(HttpStatusCode.OK);

        Ids((await Ours.Get(List)).Json).ShouldBeEmpty();
        var found = await Ours.Post(List + "/lookups", """{"email":"Ann@Example.com"}""");
        found.Status.ShouldBe(HttpStatusCode.OK);
        found.Json.GetProperty("id").GetInt64().ShouldBe(id);
        found.Json.GetProperty("erased").GetBoolean().ShouldBeTrue();
        found.Json.GetProperty("email").ValueKind.ShouldBe(JsonValueKind.Null);
        found.Json.GetProperty("name").ValueKind.ShouldBe(JsonValueKind.Null);
        (await Ours.Put(Contact(id), """{"name":"Ann"}""", ("If-Match", "*"))).ShouldBeProblem(
            404,
            "contact.not_found"
        );
    }

    [Test]
    public async Task An_unknown_address_is_not_found() =>
        (await Ours.Post(List + "/lookups", """{"email":"nobody@example.com"}""")).ShouldBeProblem(
            404,
            "contact.not_found"
        );

    [Test]
    public async Task A_contact_is_changed_by_who_names_its_version()
    {
        var id = await Ours.Subscribe("ann@example.com");

        var changed = await Ours.Put(Contact(id), """{"name":"Anna"}""", ("If-Match", "\"1\""));

        changed.Status.ShouldBe(HttpStatusCode.OK, changed.Body);
        changed.ETag.ShouldBe("\"2\"");
        var found = await Ours.Get(Contact(id));
        found.ETag.ShouldBe("\"2\"");
        found.Json.GetProperty("name").GetString().ShouldBe("Anna");
    }

    [TestCase("\"0\"")]
    [TestCase("\"2\"")]
    [TestCase("W/\"1\"")]
    [TestCase("\"somebody's\"")]
    [TestCase("\"99999999999999999999\"")]
    public async Task A_stale_version_changes_nothing(string ifMatch)
    {
        var id = await Ours.Subscribe("ann@example.com");

        (await Ours.Put(Contact(id), """{"name":"Anna"}""", ("If-Match", ifMatch))).ShouldBeProblem(
            412,
            "version.stale"
        );

        (await Ours.Get(Contact(id))).Json.GetProperty("name").GetString().ShouldBe("Ann");
    }

    [Test]
    public async Task A_change_without_a_version_is_refused_and_any_version_must_be_said()
    {
        var id = await Ours.Subscribe("ann@example.com");

        (await Ours.Put(Contact(id), """{"name":"Anna"}""")).ShouldBeProblem(428, "version.required");
        (await Ours.Put(Contact(id), """{"name":"Anna"}""", ("If-Match", "1"))).ShouldBeProblem(
            400,
            "request.malformed"
        );
        (await Ours.Put(Contact(id), """{"name":"Anna"}""", ("If-Match", "*"))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task Of_two_changes_of_one_version_one_is_made()
    {
        var id = await Ours.Subscribe("ann@example.com");

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i => Ours.Put(Contact(id), $$"""{"name":"Ann {{i}}"}""", ("If-Match", "\"1\"")))
        );

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.Status == HttpStatusCode.PreconditionFailed).ShouldBe(7);
    }

    private static IEnumerable<long> Ids(JsonElement page) =>
        page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetInt64());
}
