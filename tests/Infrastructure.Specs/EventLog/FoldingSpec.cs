using System.Globalization;
using System.Text.Json;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// Several events of one row in one batch: whatever the order in which things happen, and wherever batches end, the
/// rows are the same. Every order is one contact, so that all of them are written together.
/// </summary>
public sealed class FoldingSpec
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Import = Guid.Parse("0192f0c1-0000-7000-8000-00000000000a");
    private static readonly JsonElement City = JsonDocument.Parse("""{"city":"Bern"}""").RootElement;
    private static readonly Consent Newsletter = new(
        Purposes.Newsletter,
        LegalBases.Consent,
        ConsentMethods.SingleOptIn
    );

    private static readonly Evidence Seen = new(
        "2001:db8::7",
        "Firefox",
        new Dictionary<string, string> { ["came_from"] = "fair" }
    );

    private static readonly Decision[] ByThePerson =
    [
        (contact, id) => contact.Add(Added(id, Newsletter)),
        (contact, id) => contact.Add(Added(id, consent: null)),
        (contact, _) => contact.Withdraw(null, Sources.EmailLink, null, Seen),
        (contact, _) => contact.Change("Changed", null, Sources.Api),
        (contact, _) => contact.Erase(Sources.Admin, "requested"),
        (contact, _) => contact.RequestConsent([Newsletter], Sources.Form, "token", Noon.AddDays(7), Seen),
        (contact, _) => contact.ConfirmConsent("token", Seen, Noon),
    ];

    private static readonly Decision[] ByOthers =
    [
        (contact, id) => contact.TakeRow(Added(id, Newsletter) with { ImportId = Import }, against: null),
        (contact, id) => contact.Add(Added(id, Newsletter)),
        (contact, _) => contact.GiveConsent(Newsletter with { Purpose = Purposes.Tracking }, Sources.Api, Seen),
        (contact, _) => contact.GiveConsent(Newsletter with { Wording = "new" }, Sources.Api, Seen),
        (contact, _) => contact.Suppress(SuppressionReasons.Complaint, Sources.Api, Seen),
        (contact, _) => contact.UndoImport(Import),
        (contact, _) => contact.Erase(Sources.Admin, "requested"),
    ];

    private delegate IReadOnlyList<ContactEvent> Decision(Contact contact, int id);

    [TestCase(true)]
    [TestCase(false)]
    public async Task In_every_order_one_batch_makes_the_same_rows_as_one_event_at_a_time(bool byThePerson)
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var events = Lives(byThePerson ? ByThePerson : ByOthers, organization);
        events.Count.ShouldBeGreaterThan(10_000);

        await Write(service, "at_once", [events]);
        // A round holds at most one event of each contact.
        await Write(
            service,
            "one_by_one",
            events.GroupBy(recorded => recorded.Version).Select(round => round.ToList())
        );
        await Write(service, "cut_anywhere", Cut(events));

        foreach (var table in new[] { "contacts", "consent_history" })
        {
            (await service.Scalar<long>($"select count(*) from one_by_one.{table}")).ShouldBeGreaterThan(1_000);
            foreach (var schema in new[] { "at_once", "cut_anywhere" })
                (
                    await service.Scalar<long>(
                        $"""
                        select count(*)
                        from {schema}.{table} a
                        full join one_by_one.{table} b on b.id = a.id
                        where a is distinct from b
                        """
                    )
                ).ShouldBe(0, $"{schema}.{table}");
        }
    }

    private static ContactAdded Added(int id, Consent? consent) =>
        new(
            Sources.Import,
            ImportId: null,
            consent,
            string.Create(CultureInfo.InvariantCulture, $"p{id}@example.org"),
            "Ann",
            City,
            string.Create(CultureInfo.InvariantCulture, $"{id:x64}"),
            Seen
        );

    /// <summary>A life for each order of the decisions, those left out that the domain refuses; in log order.</summary>
    private static List<RecordedEvent> Lives(Decision[] decisions, Guid organization)
    {
        var lives = Orders(decisions).Select(Live).ToList();
        var rounds = lives.Max(life => life.Count);
        var first = new long[lives.Count];
        var recorded = new List<RecordedEvent>();
        var sequence = 1_000L;
        for (var round = 0; round < rounds; round++)
        {
            for (var id = 0; id < lives.Count; id++)
            {
                if (round >= lives[id].Count)
                    continue;

                sequence++;
                first[id] = round == 0 ? sequence : first[id];
                var happened = lives[id][round];
                recorded.Add(
                    new RecordedEvent(
                        sequence,
                        organization.ToString(),
                        Guid.Empty,
                        round + 1,
                        first[id],
                        Noon.AddSeconds(sequence),
                        EventCodec.Of(happened).Name,
                        happened
                    )
                );
            }
        }

        return recorded;
    }

    private static List<ContactEvent> Live(Decision[] order, int id)
    {
        var contact = Contact.Initial;
        var life = new List<ContactEvent>();
        foreach (var decide in order)
        {
            try
            {
                foreach (var happened in decide(contact, id))
                {
                    contact = contact.Apply(happened);
                    life.Add(happened);
                }
            }
            catch (RuleBrokenException)
            {
                // Not an order that the domain allows: life goes on without it.
            }
        }

        return life;
    }

    private static IEnumerable<Decision[]> Orders(Decision[] decisions)
    {
        if (decisions.Length == 0)
            return
            [
                [],
            ];

        return decisions.SelectMany(
            (first, i) =>
                Orders([.. decisions[..i], .. decisions[(i + 1)..]]).Select(rest => (Decision[])[first, .. rest])
        );
    }

    private static IEnumerable<List<RecordedEvent>> Cut(List<RecordedEvent> events)
    {
        var random = new Random(TestContext.CurrentContext.Random.Next());
        for (var start = 0; start < events.Count; )
        {
            var batch = events.Skip(start).Take(random.Next(1, 8_000)).ToList();
            yield return batch;
            start += batch.Count;
        }
    }

    private static async Task Write(TestService service, string schema, IEnumerable<List<RecordedEvent>> batches)
    {
        await service.Execute(
            $"""
            create schema {schema};
            create table {schema}.contacts (like backstage.contacts including defaults, primary key (id));
            create table {schema}.consent_history (like backstage.consent_history including defaults, primary key (id));
            create index on {schema}.consent_history (contact_id)
            """
        );
        await using var connection = await service.Installation.Administrator.OpenConnectionAsync();
        foreach (var events in batches)
        {
            await using var batch = new NpgsqlBatch(connection);
            new ContactsProjection().Write(events, schema, batch);
            await batch.ExecuteNonQueryAsync();
        }
    }
}
