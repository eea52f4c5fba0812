using System.Net;
using SchemaHub.Api.Specs.Support;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>Senders and their domains as a program of the organization manages them.</summary>
public sealed class SenderSpec : TenantSpec
{
    private const string Sender = "/api/v1/sender";
    private const string Domains = "/api/v1/sender/domains";

    private const string Letters =
        """{"fromName":"Letters","fromAddress":"news@list.example","postalAddress":"Gasse 1, 3000 Bern"}""";

    private static readonly (string, string) Any = ("If-Match", "*");

    [Test]
    public async Task A_domain_is_added_verified_written_from_and_removed()
    {
        (await Ours.Get(Sender)).ETag.ShouldBe("\"0\"");
        var added = await Ours.Post(Domains, """{"domain":"List.example"}""");
        added.Status.ShouldBe(HttpStatusCode.Created, added.Body);
        added.Json.GetProperty("domain").GetString().ShouldBe("list.example");
        var record = added.Json.GetProperty("record");
        (await Ours.Put(Sender, Letters, Any)).ShouldBeProblem(409, "sender.domain_not_verified");
        (await Ours.Post($"{Domains}/list.example/verification")).ShouldBeProblem(409, "sender.key_not_published");

        Shared.Dns.Publish(record.GetProperty("name").GetString()!, record.GetProperty("value").GetString()!);
        var verified = await Ours.Post($"{Domains}/list.example/verification");
        verified.Status.ShouldBe(HttpStatusCode.OK, verified.Body);
        verified.Json.GetProperty("verifiedAt").GetDateTimeOffset().Offset.ShouldBe(TimeSpan.Zero);
        (await Ours.Put(Sender, Letters, Any)).Status.ShouldBe(HttpStatusCode.NoContent);

        var sender = await Ours.Get(Sender);
        sender.Json.GetProperty("isReady").GetBoolean().ShouldBeTrue();
        sender.Json.GetProperty("profile").GetProperty("fromAddress").GetString().ShouldBe("news@list.example");
        sender.Body.ShouldNotContain("rivate");
        (await Ours.Get(Domains)).Json.GetProperty("items").GetArrayLength().ShouldBe(1);

        (await Ours.Send(HttpMethod.Delete, $"{Domains}/list.example")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Ours.Get(Sender)).Json.GetProperty("isReady").GetBoolean().ShouldBeFalse();
    }

    [Test]
    public async Task Two_people_do_not_overwrite_each_other()
    {
        (await Ours.Put(Sender, Letters)).ShouldBeProblem(428, "version.required");
        await Ours.Post(Domains, """{"domain":"list.example"}""");
        (await Ours.Put(Sender, Letters, ("If-Match", "\"7\""))).ShouldBeProblem(412, "version.stale");
    }

    [TestCase("""{"fromName":"Letters","fromAddress":"news","postalAddress":"Gasse 1"}""", "fromAddress")]
    [TestCase("""{"fromName":"a\nb","fromAddress":"news@list.example","postalAddress":"Gasse 1"}""", "fromName")]
    [TestCase("""{"fromName":"Letters","fromAddress":"news@list.example"}""", "postalAddress")]
    [TestCase(
        """{"fromName":"L","fromAddress":"n@list.example","postalAddress":"G","replyTo":"a@b.org\r\nBcc: c@d.org"}""",
        "replyTo"
    )]
    public async Task A_sender_that_is_none_names_the_field(string body, string field) =>
        (await Ours.Put(Sender, body, Any)).ShouldBeProblem(422, "request.invalid").Rules(field).ShouldNotBeEmpty();

    [TestCase("""{"domain":""}""")]
    [TestCase("""{}""")]
    [TestCase("""{"domain":"localhost"}""")]
    [TestCase("""{"domain":"a@list.example"}""")]
    [TestCase("""{"domain":"list.example\r\nx"}""")]
    [TestCase("""{"domain":"-list.example"}""")]
    public async Task A_domain_that_is_none_names_the_field(string body) =>
        (await Ours.Post(Domains, body)).ShouldBeProblem(422, "request.invalid").Rules("domain").ShouldNotBeEmpty();

    [Test]
    public async Task Another_organizations_domain_is_as_one_that_does_not_exist()
    {
        using var theirs = await Shared.Api.NewTenant();
        await theirs.Post(Domains, """{"domain":"theirs.example"}""");
        foreach (var domain in new[] { "theirs.example", "nobody.example" })
        {
            (await Ours.Post($"{Domains}/{domain}/verification")).ShouldBeProblem(404, "domain.not_found");
            (await Ours.Send(HttpMethod.Delete, $"{Domains}/{domain}")).ShouldBeProblem(404, "domain.not_found");
        }

        (await Ours.Get(Domains)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }
}
