using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>The seal commits to a person's key: no other key is taken for it, and an erasure must be sealed.</summary>
public class SubjectKeySealSpec
{
    private const string Address = "ann@example.org";

    private TestService _service = null!;
    private Guid _organization;
    private long _ann;
    private string _publicKey = null!;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _service = await TestService.Create(services => services.AddSingleton<IProofs>(Proofs));
        _organization = await _service.CreateOrganization("acme");
        _ann = (await _service.Send(_organization, new AddContact(Address, "Ann", Consent: new ConsentInput()))).Number;
        await _service.Send(_organization, new ChangeContact(_ann, "Ann Lee", Metadata: null));
        _publicKey = await File.ReadAllTextAsync(_service.Installation.Keys.SealPublicKeyFile);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public async Task The_first_encrypted_event_commits_to_the_key_and_the_proof_opens_with_it()
    {
        var bundle = await Prove(_ann);

        var result = Verify(bundle);

        result.Findings.ShouldBeEmpty();
        result.Key.ShouldBe(SubjectKeyState.Present);
        result
            .Facts.Select(fact => fact.Happened)
            .OfType<ContactAdded>()
            .ShouldHaveSingleItem()
            .Email.ShouldBe(Address);
        bundle["events"]!
            .AsArray()
            .Select(proven => ((string)proven!["data"]!).Contains("\"personalKey\"", StringComparison.Ordinal))
            .ShouldBe([true, false]);
    }

    [Test]
    public async Task A_bundle_without_its_key_is_not_called_erased()
    {
        var bundle = await Prove(_ann);
        bundle.Remove("subjectKey");

        var result = Verify(bundle);

        result.IsValid.ShouldBeTrue();
        result.Key.ShouldBe(SubjectKeyState.Missing);
        result.Facts.Select(fact => fact.Happened).OfType<ContactAdded>().ShouldHaveSingleItem().Email.ShouldBeNull();
    }

    [Test]
    public async Task Another_key_is_refused_whatever_it_decrypts_to()
    {
        var bundle = await Prove(_ann);
        var key = Convert.FromBase64String((string)bundle["subjectKey"]!);
        // The first four bytes say which key an event needs; the commitment covers them and the key itself.
        foreach (var place in new[] { 0, 3, 4, 35 })
        {
            var other = key.ToArray();
            other[place] ^= 1;
            bundle["subjectKey"] = Convert.ToBase64String(other);
            Codes(bundle).ShouldBe([Finding.WrongKey], $"byte {place}");
        }

        foreach (var length in new[] { 0, 1, 3, 4, 32, 35, 37, 4_000 })
        {
            bundle["subjectKey"] = Convert.ToBase64String(new byte[length]);
            Codes(bundle).ShouldBe([Finding.WrongKey], $"{length} bytes");
        }
    }

    [Test]
    public async Task Erased_is_who_has_a_sealed_erasure_and_then_no_key_is_taken()
    {
        const string address = "ben@example.org";
        var ben = (await _service.Send(_organization, new AddContact(address, "Ben"))).Number;
        var before = await Prove(ben);
        await _service.Send(_organization, new EraseContact(ben, Sources.Admin));
        var erased = await Prove(ben);

        Verify(before).Key.ShouldBe(SubjectKeyState.Present);
        var result = Verify(erased);
        result.Findings.ShouldBeEmpty();
        result.Key.ShouldBe(SubjectKeyState.Erased);

        erased["subjectKey"] = before["subjectKey"]!.DeepClone();
        Codes(erased).ShouldBe([Finding.WrongKey]);

        await _service.Send(_organization, new AddContact(address, "Ben again"));
        var again = await Prove(ben);
        Verify(again).Key.ShouldBe(SubjectKeyState.Present);
        again["subjectKey"] = before["subjectKey"]!.DeepClone();
        Codes(again).ShouldBe([Finding.WrongKey]);
    }

    [Test]
    public async Task Whatever_stands_in_a_bundle_the_check_ends_with_a_finding_or_says_the_same()
    {
        var whole = (await Prove(_ann)).ToJsonString();
        var paths = Nodes(JsonNode.Parse(whole)!).Select(node => node.GetPath()).Where(path => path != "$").ToList();
        paths.Count.ShouldBeGreaterThan(30);
        foreach (var path in paths)
        {
            foreach (var (name, replacement) in Replacements())
            {
                var bundle = JsonNode.Parse(whole)!;
                var place = Nodes(bundle).Single(node => node.GetPath() == path);
                if (replacement is null)
                    Remove(place);
                else
                    place.ReplaceWith("@");

                // Replaced in the text: the specs' own writer would refuse some of it.
                var json = bundle.ToJsonString().Replace("\"@\"", replacement, StringComparison.Ordinal);
                ProofResult result = null!;
                Should.NotThrow(() => result = ProofVerifier.Verify(json, _publicKey), $"{path}: {name}");
                if (path.Contains("subjectKey", StringComparison.Ordinal) && name is "missing" or "null")
                    result.Key.ShouldNotBe(SubjectKeyState.Erased);
                else if (!path.Contains("consistency", StringComparison.Ordinal))
                    result.IsValid.ShouldBeFalse($"{path}: {name}");
            }
        }
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("\u0000")]
    [TestCase("{\"format\":\"\\ud800\"}")]
    public void Text_that_is_no_bundle_is_one_finding(string text) =>
        ProofVerifier.Verify(text, _publicKey).Findings.ShouldHaveSingleItem().Code.ShouldBe(Finding.Malformed);

    [Test]
    public void Nesting_without_end_is_one_finding() =>
        ProofVerifier
            .Verify(new string('[', 1_000_000), _publicKey)
            .Findings.ShouldHaveSingleItem()
            .Code.ShouldBe(Finding.Malformed);

    private static IEnumerable<(string Name, string? Json)> Replacements()
    {
        yield return ("missing", null);
        yield return ("null", "null");
        yield return ("number", "7");
        yield return ("negative", "-9223372036854775808");
        yield return ("too large", "1e400");
        yield return ("boolean", "true");
        yield return ("empty", "\"\"");
        yield return ("text", "\"\\u001b[2J\\u202e\\u0000\"");
        yield return ("half a character", "\"\\ud800\"");
        yield return ("base64", "\"AAAA\"");
        yield return ("no base64", "\"A\"");
        yield return ("huge", $"\"{new string('A', 400_000)}\"");
        yield return ("list", "[]");
        yield return ("lists", "[[[null]]]");
        yield return ("object", "{}");
        yield return ("deep", new string('[', 60) + new string(']', 60));
    }

    private static void Remove(JsonNode node)
    {
        if (node.Parent is JsonObject members)
            members.Remove(members.Single(member => ReferenceEquals(member.Value, node)).Key);
        else
            node.Parent!.AsArray().Remove(node);
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode node) =>
        node switch
        {
            JsonObject members => members.SelectMany(member => Nodes(member.Value!)).Append(node),
            JsonArray items => items.SelectMany(item => Nodes(item!)).Append(node),
            _ => [node],
        };

    private Proofs Proofs(IServiceProvider services)
    {
        var installation = _service.Installation;
        var sealer = new Sealer(
            installation.Writer,
            PemSealKey.Open(installation.Keys.Directory),
            TimeProvider.System,
            NullLogger<Sealer>.Instance
        );
        return new Proofs(new ProofBuilder(installation.Writer, sealer), services.GetRequiredService<LogReader>());
    }

    private async Task<JsonObject> Prove(long contact) =>
        JsonNode.Parse(await _service.Send(_organization, new ProveConsent(contact)))!.AsObject();

    private ProofResult Verify(JsonNode bundle) => ProofVerifier.Verify(bundle.ToJsonString(), _publicKey);

    private IEnumerable<string> Codes(JsonNode bundle) =>
        Verify(bundle).Findings.Select(finding => finding.Code).Distinct(StringComparer.Ordinal);
}
