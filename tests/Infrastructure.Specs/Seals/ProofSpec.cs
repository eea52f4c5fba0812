using System.Text.Json;
using System.Text.Json.Nodes;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>
/// Proofs of a stream of six events among those of other streams and tenants, as made, and tampered with.
/// </summary>
public class ProofSpec
{
    private const string Tenant = "0197c0de-0000-7000-8000-000000000001";

    private static readonly Guid Ann = Guid.CreateVersion7();
    private static readonly Guid Ben = Guid.CreateVersion7();

    private SealDatabase _database = null!;
    private string _json = null!;
    private string _bens = null!;

    [OneTimeSetUp]
    public async Task MakeProofs()
    {
        _database = await SealDatabase.Create();
        for (var i = 0; i < 6; i++)
        {
            await _database.Append((Tenant, Ann), ("other", Ann), (Tenant, Ben), (Tenant, Guid.CreateVersion7()));
            await _database.Sealer().SealAll(default);
        }

        await _database.Append([.. Enumerable.Range(0, 150).Select(_ => (Tenant, Guid.CreateVersion7()))]);
        _json = (await _database.Proofs().Build(Tenant, Ann, subjectKey: null, [4, 8, 9], default))!.ToJson();
        _bens = (await _database.Proofs().Build(Tenant, Ben, default))!.ToJson();
    }

    [OneTimeTearDown]
    public async Task DropDatabase()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Test]
    public void An_untouched_proof_is_valid_and_says_everything()
    {
        var result = Verify(_json);

        result.Findings.ShouldBeEmpty();
        result.IsValid.ShouldBeTrue();
        result.Checkpoint!.Size.ShouldBe(168);
        result.Bundle!.Consistency.Select(proof => proof.Size).ShouldBe([4, 8, 9]);
        result.Bundle.Events.Select(e => e.Version).ShouldBe([1, 2, 3, 4, 5, 6]);
        result.Bundle.Events[1].Timestamp.ShouldBe("2026-03-01T12:02:00.123456Z");
        result.Bundle.Events[1].Data.ShouldBe("""{"email": "anna2@exämple.org", "amount": 3.00}""");
    }

    [Test]
    public async Task A_proof_covers_what_was_appended_a_moment_ago()
    {
        var stream = Guid.CreateVersion7();
        await _database.Append((Tenant, stream), (Tenant, stream));
        var proof = await _database.Proofs().Build(Tenant, stream, default);
        proof!.Events.Count.ShouldBe(2);

        await _database.Append((Tenant, stream));
        proof = await _database.Proofs().Build(Tenant, stream, default);
        proof!.Events.Count.ShouldBe(3);
        Verify(proof.ToJson()).Findings.ShouldBeEmpty();
    }

    [Test]
    public async Task Another_tenants_stream_is_as_one_that_does_not_exist()
    {
        (await _database.Proofs().Build("other", Ben, default)).ShouldBeNull();
        (await _database.Proofs().Build(Tenant, Guid.CreateVersion7(), default)).ShouldBeNull();
    }

    private static IEnumerable<TestCaseData> Tamperings()
    {
        yield return Case("data", Finding.EditedEvent, bundle => Event(bundle, 2)["data"] = "{\"email\": \"x\"}");
        yield return Case("the last data", Finding.EditedEvent, bundle => Event(bundle, 5)["data"] = "{}");
        yield return Case(
            "timestamp",
            Finding.EditedEvent,
            b => Event(b, 2)["timestamp"] = "2020-01-01T00:00:00.000000Z"
        );
        yield return Case("no timestamp", Finding.EditedEvent, bundle => Event(bundle, 2)["timestamp"] = "yesterday");
        yield return Case("type", Finding.EditedEvent, bundle => Event(bundle, 2)["type"] = "contact_erased");
        yield return Case("version", Finding.EditedEvent, bundle => Event(bundle, 2)["version"] = 7);
        yield return Case("the last version", Finding.EditedEvent, bundle => Event(bundle, 5)["version"] = 5);
        yield return Case("data and leaf", Finding.RootMismatch, bundle => Forge(bundle, Event(bundle, 2)));
        yield return Case("stream", Finding.EditedEvent, bundle => bundle["stream"] = Ben.ToString());
        yield return Case("tenant", Finding.WrongTenant, bundle => bundle["tenant"] = "other");
        yield return Case("insert", Finding.Inserted, bundle => Insert(bundle, 3, version: 4, renumber: false));
        yield return Case(
            "insert and renumber",
            Finding.Inserted,
            bundle => Insert(bundle, 3, version: 4, renumber: true)
        );
        yield return Case("append", Finding.Inserted, bundle => Insert(bundle, 6, version: 7, renumber: false));
        yield return Case("repeat", Finding.Inserted, b => Events(b).Insert(3, Event(b, 3).DeepClone()));
        yield return Case("delete the first", Finding.MissingEvent, bundle => Events(bundle).RemoveAt(0));
        yield return Case("delete", Finding.MissingEvent, bundle => Events(bundle).RemoveAt(2));
        yield return Case("delete and renumber", Finding.MissingEvent, DeleteAndRenumber);
        yield return Case("delete the last", Finding.Truncated, bundle => Events(bundle).RemoveAt(5));
        yield return Case(
            "delete the last two",
            Finding.Truncated,
            b =>
            {
                Events(b).RemoveAt(5);
                Events(b).RemoveAt(4);
            }
        );
        yield return Case("delete all", Finding.Truncated, bundle => Events(bundle).Clear());
        yield return Case("swap", Finding.Reordered, bundle => Swap(bundle, renumber: false));
        yield return Case("swap and renumber", Finding.Reordered, bundle => Swap(bundle, renumber: true));
        yield return Case("proof", Finding.RootMismatch, bundle => Flip((JsonArray)Event(bundle, 2)["proof"]!, 1));
        yield return Case("place", Finding.RootMismatch, bundle => Event(bundle, 2)["position"] = 3);
        yield return Case("proof of the head", Finding.RootMismatch, b => Flip((JsonArray)b["head"]!["proof"]!, 0));
        yield return Case("size", Finding.BadSignature, b => Note(b, note => note.Replace("\n168\n", "\n169\n")));
        yield return Case("key id", Finding.UnknownKey, b => Note(b, note => note.Replace("\nkey ", "\nkey 0")));
        yield return Case("note", Finding.Malformed, bundle => Note(bundle, note => note + "more\n"));
        yield return Case("format", Finding.Malformed, bundle => bundle["format"] = "schemahub-proof/1");
        yield return Case("null event", Finding.Malformed, bundle => Events(bundle)[2] = null);
        yield return Case("no head", Finding.Malformed, bundle => bundle.Remove("head"));
    }

    [TestCaseSource(nameof(Tamperings))]
    public void Tampering_is_found_and_named(string code, Action<JsonObject> tamper)
    {
        var bundle = JsonNode.Parse(_json)!.AsObject();
        tamper(bundle);

        var findings = Verify(bundle.ToJsonString()).Findings;

        findings
            .Select(finding => finding.Code)
            .Distinct(StringComparer.Ordinal)
            .ShouldBe([code], string.Join('\n', findings));
    }

    [Test]
    public void Another_streams_head_hides_no_truncation()
    {
        var bundle = JsonNode.Parse(_json)!.AsObject();
        Events(bundle).RemoveAt(5);
        bundle["head"] = JsonNode.Parse(_bens)!["head"]!.DeepClone();

        Codes(bundle.ToJsonString()).ShouldBe([Finding.Truncated]);
    }

    [Test]
    public async Task Another_tenants_checkpoint_proves_nothing_of_this_one()
    {
        var others = await _database.Proofs().Build("other", Ann, default);
        var bundle = JsonNode.Parse(_json)!.AsObject();
        bundle["checkpoint"] = JsonNode.Parse(others!.ToJson())!["checkpoint"]!.DeepClone();
        Codes(bundle.ToJsonString()).ShouldBe([Finding.WrongTenant]);

        bundle["tenant"] = "other";
        Codes(bundle.ToJsonString()).Distinct(StringComparer.Ordinal).ShouldBe([Finding.RootMismatch]);
    }

    [Test]
    public void Another_signature_of_the_same_key_is_found()
    {
        var bundle = JsonNode.Parse(_json)!.AsObject();
        bundle["checkpoint"]!["signature"] = Convert.ToBase64String(_database.Key.Sign("something else"u8));

        Codes(bundle.ToJsonString()).ShouldBe([Finding.BadSignature]);
    }

    [Test]
    public void Another_key_is_unknown()
    {
        using var other = PemSealKey.Create(Directory.CreateDirectory(Path.Combine(_database.Keys, "other")).FullName);

        var codes = ProofVerifier.Verify(_json, other.PublicKeyPem).Findings.Select(finding => finding.Code);

        codes.ShouldBe([Finding.UnknownKey]);
        ProofVerifier.Verify(_json, other.PublicKeyPem + _database.Key.PublicKeyPem).IsValid.ShouldBeTrue();
    }

    [Test]
    public void A_proof_that_was_cut_off_is_one_clear_error([Values(0.0, 0.01, 0.5, 0.999)] double part)
    {
        var finding = Verify(_json[..(int)(_json.Length * part)]).Findings.ShouldHaveSingleItem();

        finding.Code.ShouldBe(Finding.Malformed);
        finding.Text.ShouldStartWith("This is not a whole proof bundle");
    }

    [Test]
    public void Nothing_in_a_proof_can_be_changed_unnoticed()
    {
        var paths = Values(JsonNode.Parse(_json)!)
            .Select(value => value.GetPath())
            // Consistency is for witnesses; the key of a person is a matter of SubjectKeySealSpec.
            .Where(path => !path.Contains("consistency"))
            .ToList();
        paths.Count.ShouldBeGreaterThan(80);
        foreach (var path in paths)
        {
            var bundle = JsonNode.Parse(_json)!;
            Change(Values(bundle).Single(value => string.Equals(value.GetPath(), path, StringComparison.Ordinal)));
            Verify(bundle.ToJsonString()).IsValid.ShouldBeFalse(path);
        }
    }

    private ProofResult Verify(string json) => ProofVerifier.Verify(json, _database.Key.PublicKeyPem);

    private IEnumerable<string> Codes(string json) => Verify(json).Findings.Select(finding => finding.Code);

    private static TestCaseData Case(string name, string code, Action<JsonObject> tamper) =>
        new TestCaseData(code, tamper).SetArgDisplayNames(name, code);

    private static JsonArray Events(JsonObject bundle) => bundle["events"]!.AsArray();

    private static JsonObject Event(JsonObject bundle, int index) => Events(bundle)[index]!.AsObject();

    private static void Note(JsonObject bundle, Func<string, string> change) =>
        bundle["checkpoint"]!["note"] = change((string)bundle["checkpoint"]!["note"]!);

    /// <summary>Says something else under a leaf that fits it: as good as a forgery gets without the roots.</summary>
    private static void Forge(JsonObject bundle, JsonObject forged)
    {
        forged["data"] = "{\"email\": \"forged\"}";
        var version = (long)forged["version"]!;
        var leaf = forged.Deserialize<ProvenEvent>(JsonSerializerOptions.Web)!.LeafAt(Tenant, Ann, version);
        ((Guid)bundle["stream"]!).ShouldBe(Ann);
        forged["leaf"] = Convert.ToBase64String(leaf!);
    }

    private static void Insert(JsonObject bundle, int index, long version, bool renumber)
    {
        var forged = Event(bundle, Math.Min(index, 5)).DeepClone().AsObject();
        forged["version"] = version;
        Forge(bundle, forged);
        Events(bundle).Insert(index, forged);
        for (var i = index + 1; renumber && i < 7; i++)
            Event(bundle, i)["version"] = i + 1;
    }

    private static void DeleteAndRenumber(JsonObject bundle)
    {
        Events(bundle).RemoveAt(2);
        for (var i = 2; i < 5; i++)
            Event(bundle, i)["version"] = i + 1;
    }

    private static void Swap(JsonObject bundle, bool renumber)
    {
        var moved = Event(bundle, 2);
        Events(bundle).RemoveAt(2);
        Events(bundle).Insert(3, moved);
        for (var i = 2; renumber && i < 4; i++)
            Event(bundle, i)["version"] = i + 1;
    }

    private static void Flip(JsonArray hashes, int index)
    {
        var hash = Convert.FromBase64String((string)hashes[index]!);
        hash[7] ^= 1;
        hashes[index] = Convert.ToBase64String(hash);
    }

    private static IEnumerable<JsonNode> Values(JsonNode node) =>
        node switch
        {
            JsonObject members => members.SelectMany(member => Values(member.Value!)),
            JsonArray items => items.SelectMany(item => Values(item!)),
            _ => [node],
        };

    private static void Change(JsonNode value)
    {
        if (value.GetValueKind() == JsonValueKind.Number)
        {
            value.ReplaceWith((long)value + 1);
            return;
        }

        var text = (string)value!;
        var place = text.Length / 2;
        value.ReplaceWith(string.Concat(text.AsSpan(0, place), text[place] == 'b' ? "c" : "b", text.AsSpan(place + 1)));
    }
}
