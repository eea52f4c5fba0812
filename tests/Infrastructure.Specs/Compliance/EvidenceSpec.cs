using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Specs.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>Evidence is kept while a consent lasts and seven years after, and not a day longer.</summary>
public sealed class EvidenceSpec
{
    private const string Address = "Xaverine@example.org";

    private FakeTimeProvider _clock = null!;
    private TestService _service = null!;
    private Guid _organization;

    [SetUp]
    public async Task Begin()
    {
        // The log's time never runs backwards, so the years pass from now on.
        _clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        _service = await TestService.Create(services => services.AddSingleton<TimeProvider>(_clock));
        _organization = await _service.CreateOrganization("acme");
    }

    [TearDown]
    public ValueTask End() => _service.DisposeAsync();

    [Test]
    public async Task The_proof_of_a_living_consent_does_not_expire_and_neither_does_it_with_another_purposes_end()
    {
        var living = await Subscribe("ann@example.org");
        var half = await Subscribe("ben@example.org", "tracking");
        await _service.Send(_organization, new WithdrawConsent(half, "tracking"));

        Pass(years: 30);
        (await Purge()).ShouldBe("The evidence of 0 contacts was purged.");
        foreach (var contact in new[] { living, half })
            (await _service.Send(_organization, new ReplayConsent(contact))).Email.ShouldNotBeNull();
    }

    [Test]
    public async Task Seven_years_after_the_last_consent_ended_its_evidence_is_unreadable_and_what_was_said_is_known()
    {
        var contact = await Subscribe(Address);
        await _service.Send(_organization, new WithdrawConsent(contact), Person);
        _clock.SetUtcNow(_clock.GetUtcNow().AddYears(7).AddMinutes(-1));
        (await Purge()).ShouldBe("The evidence of 0 contacts was purged.");
        (await Backup.DumpAsText(_service.ConnectionString)).ShouldContain("2001:db8::9");

        _clock.Advance(TimeSpan.FromMinutes(2));
        (await Purge()).ShouldBe("The evidence of 1 contacts was purged.");
        (await Purge()).ShouldBe("The evidence of 0 contacts was purged.");

        var dump = await Backup.DumpAsText(_service.ConnectionString);
        dump.ShouldNotContain("xaverine", Case.Insensitive);
        dump.ShouldNotContain("2001:db8::9");
        var replay = await _service.Send(_organization, new ReplayConsent(contact));
        replay.Email.ShouldBeNull();
        replay.Purposes.ShouldHaveSingleItem().Withdrawn.ShouldBeTrue();
        replay
            .Events.Select(happened => happened.Name)
            .ShouldBe(["contact_added", "consent_withdrawn", "evidence_purged"]);
        (
            await _service.Scalar<string>(
                "select string_agg(h.action, ' ' order by h.id) from backstage.consent_history h"
            )
        ).ShouldBe("subscribe unsubscribe");
    }

    [Test]
    public async Task A_rebuild_honours_it()
    {
        var contact = await Subscribe(Address);
        await _service.Send(_organization, new WithdrawConsent(contact), Person);
        Pass(years: 8);
        await Purge();

        await _service.ShouldBeSound();
    }

    [Test]
    public async Task The_no_outlives_it_and_the_person_can_come_back_by_themselves()
    {
        var contact = await Subscribe(Address);
        await _service.Send(_organization, new SuppressContact(contact, SuppressionReasons.Complaint));
        Pass(years: 8);
        (await Purge()).ShouldBe("The evidence of 1 contacts was purged.");

        (
            await Should.ThrowAsync<Domain.RuleBrokenException>(
                _service.Send(_organization, new AddContact(Address, Consent: new ConsentInput()))
            )
        ).Code.ShouldBe("contact.suppressed");
    }

    [Test]
    public async Task It_is_in_the_journal_and_can_happen_again()
    {
        var contact = await Subscribe(Address);
        await _service.Send(_organization, new WithdrawConsent(contact), Person);
        Pass(years: 8);
        await Purge();

        // What the journal holds is enough to let it happen again.
        var (journal, number) = (_service.Installation.Journal, _service.Installation.Journal.LastNumber);
        journal.ReadAfter(number - 1).ShouldHaveSingleItem().Event.ShouldBe("evidence_purged");
        var again = new Contact(
            IsListed: true,
            SuppressedFor: null,
            Contact.Initial.Consents,
            AddedByImport: null
        ).Purge(new EvidencePurged(_clock.GetUtcNow()));
        again.ShouldHaveSingleItem().ShouldBeOfType<EvidencePurged>();
        Contact.Initial.Purge(new EvidencePurged(_clock.GetUtcNow())).ShouldBeEmpty();
    }

    private void Pass(int years) => _clock.SetUtcNow(_clock.GetUtcNow().AddYears(years));

    private Task<string> Purge() => _service.Send(Guid.Empty, new PurgeEvidence());

    private async Task<long> Subscribe(string email, params string[] also)
    {
        var added = await _service.Send(
            _organization,
            new AddContact(email, "Ann", Consent: new ConsentInput()),
            Person
        );
        foreach (var purpose in also)
            await _service.Send(_organization, new GiveConsent(added.Number, new ConsentInput(purpose)), Person);

        return added.Number;
    }

    private static Application.CommandContext Person(Application.CommandContext caller) =>
        caller with
        {
            Ip = IPAddress.Parse("2001:db8::9"),
        };
}
