using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>Events as the log stores them.</summary>
public sealed class EventCodecSpec
{
    private const string Tenant = "0192f0c1-0000-7000-8000-000000000001";
    private const long Version = 3;
    private const int Rounds = 40;

    private static readonly Guid Stream = Guid.Parse("0192f0c1-0000-7000-8000-000000000002");

    /// <summary>The key of the samples.</summary>
    private static readonly SubjectKey Key = SubjectKey.Import([
        .. Enumerable.Range(1, 36).Select(value => (byte)value),
    ]);

    private static IEnumerable<StoredEvent> Events => EventCodec.Catalogue.Values;

    private static IEnumerable<string> Names => EventCodec.Catalogue.Keys;

    [TestCaseSource(nameof(Names))]
    public void A_stored_event_reads_for_ever_as_it_did(string name)
    {
        var expected = SampleEvents.All.Single(happened => EventCodec.Of(happened).Name == name);
        var path = Path.Combine(Samples(), $"{name}.json");
        if (!File.Exists(path))
            Assert.Fail($"Add {path} with: {EventCodec.Encode(expected, Key, Tenant, Stream, Version)}");

        var decoded = EventCodec.Decode(name, File.ReadAllText(path).TrimEnd(), Key, Tenant, Stream, Version);

        decoded.GetType().ShouldBe(expected.GetType());
        Whole(decoded).ShouldBe(Whole(expected));
    }

    [TestCaseSource(nameof(Names))]
    public void A_sample_leaves_no_field_out(string name)
    {
        var sample = SampleEvents.All.Single(happened => EventCodec.Of(happened).Name == name);
        var unset = sample.GetType().GetProperties().Where(property => property.GetValue(sample) is null);

        unset.Select(property => property.Name).ShouldBeEmpty("A field that no sample holds may be lost unnoticed.");
    }

    [Test]
    public async Task Whatever_an_event_holds_comes_back_out_of_the_database_as_it_went_in()
    {
        var seed = TestContext.CurrentContext.Random.Next(1_000_000);
        await TestContext.Out.WriteLineAsync($"Seed {seed}");
        await using var database = await TestDatabase.Create();
        await using var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString);
        var random = new RandomEvents(seed);
        foreach (var stored in Events)
        {
            var given = Enumerable.Range(0, Rounds).Select(_ => random.Next(stored.Type)).ToList();
            await using var store = source.CreateCommand("select u.data::text from unnest($1) as u (data)");
            store.Parameters.Add(
                given.ConvertAll(one => EventCodec.Encode(one, Key, Tenant, Stream, Version)).JsonColumn()
            );
            await using var reader = await store.ExecuteReaderAsync();
            foreach (var one in given)
            {
                (await reader.ReadAsync()).ShouldBeTrue();
                var back = EventCodec.Decode(stored.Name, reader.GetString(0), Key, Tenant, Stream, Version);
                // The database puts what is JSON itself into an order of its own.
                JsonNode.DeepEquals(JsonNode.Parse(Whole(back)), JsonNode.Parse(Whole(one))).ShouldBeTrue(Whole(one));
            }
        }
    }

    [Test]
    public void Nothing_personal_stands_in_the_open_and_without_the_key_only_that_is_missing()
    {
        var random = new RandomEvents(1);
        foreach (var stored in Events)
        {
            for (var round = 0; round < Rounds; round++)
            {
                var given = random.Next(stored.Type);
                var json = EventCodec.Encode(given, Key, Tenant, Stream, Version);
                json.ShouldNotContain(RandomEvents.Mark);
                EventCodec.OpenJson(given).ShouldNotContain(RandomEvents.Mark);
                if (!EventCodec.IsPersonal(given))
                    Whole(given).ShouldNotContain(RandomEvents.Mark);

                foreach (var key in new[] { null, SubjectKey.Create() })
                {
                    var erased = EventCodec.Decode(stored.Name, json, key, Tenant, Stream, Version);
                    Whole(erased).ShouldNotContain(RandomEvents.Mark);
                    EventCodec.OpenJson(erased).ShouldBe(EventCodec.OpenJson(given));
                }
            }
        }
    }

    [Test]
    public void What_is_personal_can_be_missing()
    {
        var nullability = new NullabilityInfoContext();
        Events
            .SelectMany(stored => stored.PersonalProperties)
            .Where(property => nullability.Create(property).ReadState != NullabilityState.Nullable)
            .ShouldBeEmpty("Make the [Personal] property nullable: it reads as null once its key is destroyed.");
    }

    [Test]
    public void Ciphertext_opens_in_its_own_place_only_and_only_unaltered()
    {
        var given = SampleEvents.All.Single(happened => happened is Domain.Contacts.ContactAdded);
        var name = EventCodec.Of(given).Name;
        var json = EventCodec.Encode(given, Key, Tenant, Stream, Version);
        var altered = json.Replace("\"personal\":\"", "\"personal\":\"AQIDBAAA", StringComparison.Ordinal);

        object Decode(string data, string tenant, Guid stream, long version) =>
            EventCodec.Decode(name, data, Key, tenant, stream, version);

        Whole(Decode(json, Tenant, Stream, Version)).ShouldBe(Whole(given));
        Should.Throw<CryptographicException>(() => Decode(json, Tenant, Stream, Version + 1));
        Should.Throw<CryptographicException>(() => Decode(json, Tenant, Guid.Empty, Version));
        Should.Throw<CryptographicException>(() => Decode(json, "other", Stream, Version));
        Should.Throw<CryptographicException>(() => Decode(altered, Tenant, Stream, Version));
    }

    [Test]
    public void An_event_of_a_newer_version_is_named() =>
        Should
            .Throw<UnknownEventException>(() => EventCodec.Decode("contact_cloned", "{}", Key, Tenant, Stream, Version))
            .Message.ShouldContain("contact_cloned");

    [Test]
    public void A_field_of_a_newer_version_is_passed_over()
    {
        var json =
            """{"purpose":"newsletter","importId":"0192f0c1-0000-7000-8000-00000000000a","later":{"personal":1}}""";

        Whole(EventCodec.Decode("consent_retracted", json, Key, Tenant, Stream, Version))
            .ShouldBe(Whole(SampleEvents.All.Single(happened => EventCodec.Of(happened).Name == "consent_retracted")));
    }

    private static string Whole(object happened) => JsonSerializer.Serialize(happened, happened.GetType());

    private static string Samples()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds SchemaHub.sln.");

        return Path.Combine(folder.FullName, "tests", "Architecture.Specs", "EventSamples");
    }
}
