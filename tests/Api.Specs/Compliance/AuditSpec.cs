using System.Net;
using System.Text.Json;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Compliance;

/// <summary>Who did what is searched, taken along and proven.</summary>
public sealed class AuditSpec : TenantSpec
{
    private const string Audit = "/api/v1/audit";

    [Test]
    public async Task A_change_says_who_what_before_after_from_where_and_when()
    {
        var member = await AddMember();
        await Ours.Put($"/api/v1/members/{member}/role", """{"role":"viewer"}""");

        var entry = (await Ours.Get($"{Audit}?limit=1")).Json.GetProperty("items")[0];

        Text(entry, "event").ShouldBe("member_role_changed");
        Text(entry, "action").ShouldBe("update");
        Text(entry, "resourceType").ShouldBe("member");
        Text(entry, "resourceId").ShouldBe(Ours.Organization.ToString());
        entry.GetProperty("before").GetProperty("role").GetString().ShouldBe("member");
        entry.GetProperty("after").GetProperty("role").GetString().ShouldBe("viewer");
        entry.GetProperty("actor").GetProperty("id").GetString().ShouldBe($"key:{Ours.Key.Id}");
        entry.GetProperty("actor").GetProperty("name").GetString().ShouldBe("spec");
        Text(entry, "ip").ShouldBe("127.0.0.1");
        Text(entry, "recordedAt").ShouldEndWith("Z");
    }

    [Test]
    public async Task A_member_who_did_something_is_named_until_they_leave_or_are_removed()
    {
        var member = await AddMember("ann.auditor@example.org");
        await As(member, new RenameOrganization("Renamed by Ann"));

        var named = await Newest($"actor=user:{member}");
        await Ours.Send(HttpMethod.Delete, $"/api/v1/members/{member}");
        var left = await Newest($"actor=user:{member}");

        named.GetProperty("actor").GetProperty("email").GetString().ShouldBe("ann.auditor@example.org");
        named.GetProperty("actor").GetProperty("userId").GetGuid().ShouldBe(member);
        left.GetProperty("actor").GetProperty("id").GetString().ShouldBe($"user:{member}");
        left.GetProperty("actor").GetProperty("email").ValueKind.ShouldBe(JsonValueKind.Null);
        Text(left, "ip").ShouldBe("192.0.2.77");
    }

    [Test]
    public async Task A_removed_account_leaves_no_trace_of_where_it_came_from()
    {
        var member = await AddMember();
        await As(member, new RenameOrganization("Renamed"));

        await Shared.Api.Send(Guid.Empty, new RemoveUser(member));

        var entry = await Newest($"actor=user:{member}");
        entry.GetProperty("ip").ValueKind.ShouldBe(JsonValueKind.Null);
        entry.GetProperty("userAgent").ValueKind.ShouldBe(JsonValueKind.Null);
        entry.GetProperty("after").GetProperty("name").GetString().ShouldBe("Renamed");
    }

    [TestCase("action=create&resourceType=member", "member_joined")]
    [TestCase("resourceType=api_key", "api_key_created")]
    [TestCase("action=create&resourceType=organization", "organization_created")]
    [TestCase("actor=operator&resourceType=api_key", "api_key_created")]
    public async Task Each_filter_finds_what_it_names_and_nothing_else(string filter, string found)
    {
        await AddMember();
        await Shared.Api.Send(Ours.Organization, new RenameOrganization("Renamed"));

        var items = (await Ours.Get($"{Audit}?{filter}")).Json.GetProperty("items");

        items.EnumerateArray().Select(item => Text(item, "event")).Distinct().ShouldBe([found]);
    }

    [Test]
    public async Task A_span_of_time_begins_at_its_first_instant_and_ends_before_its_last()
    {
        await AddMember();
        await AddMember();
        var all = await Items("");
        var (oldest, newest) = (Text(all[^1], "recordedAt"), Text(all[0], "recordedAt"));

        (await Items($"from={newest}")).Select(Id).ShouldBe([Id(all[0])]);
        (await Items($"to={newest}")).Select(Id).ShouldBe(all.Skip(1).Select(Id));
        (await Items($"from={oldest}&to={newest}")).Count.ShouldBe(all.Count - 1);
        (await Items("from=2999-01-01T00:00:00Z")).ShouldBeEmpty();
        (await Items("to=2001-01-01T00:00:00Z")).ShouldBeEmpty();
    }

    [Test]
    public async Task Pages_follow_each_other_without_a_gap()
    {
        for (var i = 0; i < 4; i++)
            await AddMember();

        var all = await Items("");
        var seen = new List<long>();
        string? next = null;
        do
        {
            var page = (await Ours.Get($"{Audit}?limit=2{(next is null ? "" : $"&after={next}")}")).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(Id));
            next = page.GetProperty("next").GetString();
        } while (next is not null);

        seen.ShouldBe(all.Select(Id));
    }

    [Test]
    public async Task An_export_holds_every_entry_as_lines_and_as_a_table()
    {
        await AddMember();
        var all = await Items("");

        var lines = await Ours.Get($"{Audit}/export.ndjson");
        var table = await Ours.Get($"{Audit}/export.csv?resourceType=member");

        lines
            .Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Id(JsonSerializer.Deserialize<JsonElement>(line)))
            .ShouldBe(all.Select(Id));
        table.ContentType.ShouldBe("text/csv");
        var rows = table.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        rows[0].ShouldStartWith("id,recorded_at,event,action,resource_type");
        rows.Length.ShouldBe(1 + all.Count(item => Text(item, "resourceType") == "member"));
    }

    [Test]
    public async Task A_proof_shows_who_did_it_and_fails_once_somebody_else_is_named()
    {
        var member = await AddMember();
        await As(member, new RenameOrganization("Renamed by a member"));
        var entry = await Newest($"actor=user:{member}");

        var proof = await Ours.Get($"{Audit}/{Id(entry)}/proof");

        proof.Status.ShouldBe(HttpStatusCode.OK, proof.Body);
        var key = await File.ReadAllTextAsync(Shared.Api.Installation.Keys.SealPublicKeyFile);
        ProofVerifier.Verify(proof.Body, key).Findings.ShouldBeEmpty();
        proof.Body.ShouldContain($"user:{member}");
        var forged = proof.Body.Replace($"user:{member}", $"user:{Guid.CreateVersion7()}", StringComparison.Ordinal);
        ProofVerifier.Verify(forged, key).IsValid.ShouldBeFalse();
        var nobody = proof.Body.Replace($"\"actor\": \"user:{member}\"", "\"actor\": null", StringComparison.Ordinal);
        nobody.ShouldNotBe(proof.Body);
        ProofVerifier.Verify(nobody, key).IsValid.ShouldBeFalse();
    }

    [Test]
    public async Task A_proof_for_auditors_carries_no_key_to_what_is_personal()
    {
        var member = await AddMember("sealed.person@example.org");
        await Shared.Api.Send(Guid.Empty, new ChangeUser(member, "Sealed Person"));
        var entries = await Shared.Api.Send(
            Guid.Empty,
            new Application.Compliance.ListAudit(new(ResourceId: member), Limit: 1)
        );

        var proof = await Shared.Api.Send(Guid.Empty, new Application.Compliance.ProveAudit(entries.Items[0].Id));

        proof.ShouldNotContain("subjectKey");
        proof.ShouldNotContain("Sealed Person");
        var key = await File.ReadAllTextAsync(Shared.Api.Installation.Keys.SealPublicKeyFile);
        ProofVerifier.Verify(proof, key).Findings.ShouldBeEmpty();
    }

    [Test]
    public async Task Another_organizations_entries_are_not_there()
    {
        using var theirs = await Shared.Api.NewTenant();
        var entry = (await theirs.Get($"{Audit}?limit=1")).Json.GetProperty("items")[0];

        (await Ours.Get($"{Audit}/{Id(entry)}/proof")).ShouldBeProblem(404, "audit_entry.not_found");
        (await Items($"resourceId={theirs.Organization}")).ShouldBeEmpty();
        (await Ours.Get($"{Audit}/export.ndjson")).Body.ShouldNotContain(theirs.Organization.ToString());
    }

    [TestCase("action=burn", "action")]
    [TestCase("limit=201", "limit")]
    [TestCase("limit=0", "limit")]
    [TestCase("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to")]
    public async Task A_wrong_filter_is_named(string filter, string field) =>
        (await Ours.Get($"{Audit}?{filter}")).ShouldBeProblem(422, "request.invalid").Rules(field).ShouldNotBeEmpty();

    [TestCase("from=yesterday", "from")]
    [TestCase("after=nonsense", "after")]
    public async Task A_filter_that_cannot_be_read_is_named(string filter, string field) =>
        (await Ours.Get($"{Audit}?{filter}")).ShouldBeProblem(400, "request.malformed").Rules(field).ShouldNotBeEmpty();

    [Test]
    public async Task What_touched_access_is_listed_by_severity_and_kind()
    {
        await AddMember();
        await AddMember();

        var all = (await Ours.Get("/api/v1/security-events")).Json.GetProperty("items");
        var joined = (await Ours.Get("/api/v1/security-events?kind=member_joined&limit=2")).Json;
        var rest = (
            await Ours.Get(
                $"/api/v1/security-events?kind=member_joined&limit=2&after={joined.GetProperty("next").GetString()}"
            )
        ).Json;

        all.GetArrayLength().ShouldBeGreaterThan(3);
        joined.GetProperty("items").GetArrayLength().ShouldBe(2);
        rest.GetProperty("items").GetArrayLength().ShouldBe(1);
        (await Ours.Get("/api/v1/security-events?severity=critical"))
            .Json.GetProperty("items")
            .GetArrayLength()
            .ShouldBe(0);
        (await Ours.Get("/api/v1/security-events?severity=grave")).ShouldBeProblem(422, "request.invalid");
    }

    private Task<Guid> AddMember(string? email = null) =>
        Shared.Api.App.Services.Join(Ours.Organization, email ?? $"{Guid.CreateVersion7()}@example.org");

    /// <summary>As a member does it from a browser.</summary>
    private async Task As(Guid member, IRequest<Position> command)
    {
        var context = RunAs.OperatorContext(Ours.Organization.ToString()) with
        {
            Actor = $"user:{member}",
            Ip = IPAddress.Parse("192.0.2.77"),
            UserAgent = "Browser of a member",
        };
        await using var scope = Shared.Api.App.Services.GetRequiredService<RunAs>().Caller(context);
        await scope.Send(command, CancellationToken.None);
    }

    private async Task<List<JsonElement>> Items(string filter) =>
        [.. (await Ours.Get($"{Audit}?limit=200&{filter}")).Json.GetProperty("items").EnumerateArray()];

    private async Task<JsonElement> Newest(string filter) => (await Items(filter))[0];

    private static long Id(JsonElement entry) => entry.GetProperty("id").GetInt64();

    private static string Text(JsonElement entry, string name) => entry.GetProperty(name).GetString()!;
}
