using System.Net;
using SchemaHub.Api.Specs.Support;
using static SchemaHub.Api.Specs.Support.TestTenant;

namespace SchemaHub.Api.Specs.Http;

public sealed class IdempotencySpec : TenantSpec
{
    private const string Ann = """{"email":"ann@example.com","consent":{}}""";

    [Test]
    public async Task A_repeated_request_answers_as_the_first_did_whatever_happened_since()
    {
        var first = await Ours.Post(List, Ann, Key("k1"));
        var id = first.Json.GetProperty("id").GetInt64();
        await Ours.Post(Contact(id, "/withdrawals"), "{}");

        var again = await Ours.Post(List, Ann, Key("k1"));

        first.Status.ShouldBe(HttpStatusCode.Created, first.Body);
        (again.Status, again.Body, again.ETag).ShouldBe((first.Status, first.Body, first.ETag));
        (await Ours.Get(Contact(id))).ETag.ShouldBe("\"2\"");
    }

    [Test]
    public async Task A_repeated_change_is_made_once_though_its_version_has_passed()
    {
        var id = await Ours.Subscribe("ann@example.com");

        var first = await Ours.Put(Contact(id), """{"name":"Anna"}""", Key("k1"), ("If-Match", "\"1\""));
        var again = await Ours.Put(Contact(id), """{"name":"Anna"}""", Key("k1"), ("If-Match", "\"1\""));

        (again.Status, again.Body, again.ETag).ShouldBe((HttpStatusCode.OK, first.Body, "\"2\""));
    }

    [Test]
    public async Task A_key_that_comes_back_with_another_request_is_refused()
    {
        var id = (await Ours.Post(List, Ann, Key("k1"))).Json.GetProperty("id").GetInt64();

        (await Ours.Post(List, """{"email":"bob@example.com"}""", Key("k1"))).ShouldBeProblem(
            422,
            "idempotency_key.reused"
        );
        (await Ours.Post(Contact(id, "/withdrawals"), "{}", Key("k1"))).ShouldBeProblem(422, "idempotency_key.reused");
        (await Ours.Get(List)).Json.GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Test]
    public async Task A_key_is_an_organizations_own()
    {
        using var theirs = await Shared.Api.NewTenant();
        await theirs.Post(List, """{"email":"bob@example.com"}""", Key("k1"));

        (await Ours.Post(List, Ann, Key("k1"))).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Test]
    [Repeat(5)]
    public async Task Requests_that_race_under_one_key_make_one_contact_and_get_one_answer()
    {
        var name = Guid.CreateVersion7().ToString();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Ours.Post(List, $$"""{"email":"a{{name}}@example.com"}""", Key(name)))
        );

        answers.Select(answer => (answer.Status, answer.Body)).Distinct().Count().ShouldBe(1, answers[0].Body);
        answers[0].Status.ShouldBe(HttpStatusCode.Created, answers[0].Body);
        var id = answers[0].Json.GetProperty("id").GetInt64();
        (await Ours.Get(Contact(id))).ETag.ShouldBe("\"1\"");
    }

    [Test]
    [Repeat(5)]
    public async Task Changes_that_race_under_one_key_are_one_change()
    {
        var id = await Ours.Subscribe($"{Guid.CreateVersion7()}@example.com");
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ => Ours.Put(Contact(id), """{"name":"Anna"}""", Key($"k{id}"), ("If-Match", "\"1\"")))
        );

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK && answer.ETag == "\"2\"");
    }

    [TestCase("")]
    [TestCase("with space")]
    [TestCase("ünïcode")]
    public async Task A_key_of_another_form_is_refused(string key) =>
        (await Ours.Post(List, Ann, Key(key))).ShouldBeProblem(400, "request.malformed").Rules("Idempotency-Key");

    [Test]
    public async Task A_key_is_at_most_255_characters_and_given_once()
    {
        (await Ours.Post(List, Ann, Key(new string('k', 256)))).ShouldBeProblem(400, "request.malformed");
        (await Ours.Post(List, Ann, Key("a"), Key("b"))).ShouldBeProblem(400, "request.malformed");
        (await Ours.Post(List, Ann, Key(new string('k', 255)))).Status.ShouldBe(HttpStatusCode.Created);
    }

    private static (string, string) Key(string key) => ("Idempotency-Key", key);
}
