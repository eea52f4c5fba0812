using SchemaHub.Domain.Contacts;
using static SchemaHub.Domain.Specs.Contacts.Given;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>
/// The one promise: whoever said no, or was barred, is not written to until they themselves have confirmed a yes.
/// Looked at after every step of random lives.
/// </summary>
public sealed class WhoSaidNoSpec
{
    private const int Lives = 3_000;
    private const int Steps = 15;

    private static readonly string[] All = [Purposes.Newsletter, Purposes.Tracking, "events"];

    [Test]
    public void Nothing_that_others_do_makes_a_no_a_yes()
    {
        var seed = TestContext.CurrentContext.Random.Next();
        TestContext.Out.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        var everyWay = new HashSet<string>(StringComparer.Ordinal);
        for (var life = 0; life < Lives; life++)
        {
            var contact = Contact.Initial;
            var no = new HashSet<string>(StringComparer.Ordinal);
            var said = new List<string>();
            for (var step = 0; step < Steps; step++)
            {
                var way = random.Next(14);
                var purpose = All[random.Next(All.Length)];
                IReadOnlyList<ContactEvent> happened;
                try
                {
                    happened = Decide(contact, way, purpose, random);
                }
                catch (RuleBrokenException)
                {
                    continue;
                }

                foreach (var one in happened)
                {
                    contact = contact.Apply(one);
                    said.Add(one.ToString());
                    everyWay.Add(one.GetType().Name);
                }

                Hear(no, way, happened);
                no.Where(contact.MayBeWrittenToFor).ShouldBeEmpty(string.Join('\n', said));
            }
        }

        everyWay.Count.ShouldBe(
            typeof(ContactEvent).Assembly.GetTypes().Count(t => t.IsSubclassOf(typeof(ContactEvent)))
        );
    }

    private static IReadOnlyList<ContactEvent> Decide(Contact contact, int way, string purpose, Random random)
    {
        var consent = Newsletter with { Purpose = purpose, Wording = random.Next(2) == 0 ? OldWords : NewWords };
        return way switch
        {
            0 => contact.Add(Added(random.Next(2) == 0 ? null : consent)),
            1 => contact.GiveConsent(consent, Sources.Api, Seen),
            2 => contact.TakeRow(
                Added(consent with { Method = ConsentMethods.Imported }, TheFile),
                against: null,
                update: random.Next(2) == 0
            ),
            3 => contact.TakeRow(
                Added(consent, TheFile),
                new ConsentWithdrawn(null, Sources.Import, null, TheFile, Seen)
            ),
            4 => contact.UndoImport(TheFile),
            5 => contact.Change("Anna", null, Sources.Api),
            6 => contact.RequestConsent([consent], Sources.Form, "token", Noon.AddDays(random.Next(9)), Seen),
            7 => contact.ConfirmConsent("token", Mailbox, Noon),
            8 => contact.Withdraw(random.Next(2) == 0 ? null : purpose, Sources.EmailLink, null, Seen),
            9 => contact.Suppress(SuppressionReasons.HardBounce, Sources.Api, Seen),
            10 => contact.Purge(new EvidencePurged(Noon)),
            11 => contact.Restrict(RestrictionGrounds.Unlawful, Sources.Api),
            12 => contact.LiftRestriction(Sources.Api),
            _ => contact.Erase(Sources.Admin, "requested"),
        };
    }

    /// <summary>What the person, or their mailbox, has said by it.</summary>
    private static void Hear(HashSet<string> no, int way, IReadOnlyList<ContactEvent> happened)
    {
        foreach (var one in happened)
        {
            switch (one)
            {
                case ConsentWithdrawn { Purpose: { } from }:
                    no.Add(from);
                    break;
                case ConsentWithdrawn or ContactSuppressed:
                    no.UnionWith(All);
                    break;
                case ConsentGiven given when way == 7:
                    no.Remove(given.Consent.Purpose);
                    break;
            }
        }
    }
}
