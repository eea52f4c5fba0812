using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Specs.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>After an erasure the person is gone and what was agreed is still known.</summary>
public sealed class ErasureSpec
{
    private const string Address = "Xaverine.Quisling@Example.ORG";

    /// <summary>Everything that the person left, in whatever way.</summary>
    private static readonly string[] Personal =
    [
        "xaverine",
        "quisling",
        "2001:db8:77:88::9a",
        "198.51.100.77",
        "PeculiarBrowser",
        "size-forty-two",
        "earlier-list",
        "moved-to-patagonia",
    ];

    [Test]
    public async Task A_dump_taken_after_an_erasure_holds_nothing_of_the_person_though_one_taken_before_did()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var contact = await LiveAFullLife(service, organization);
        Found(await Backup.DumpAsText(service.ConnectionString)).ShouldNotBeEmpty();

        await service.Send(organization, new EraseContact(contact));

        Found(await Backup.DumpAsText(service.ConnectionString)).ShouldBeEmpty();
        foreach (var file in Directory.GetFiles(service.Installation.Keys.Directory))
            Found(await File.ReadAllTextAsync(file)).ShouldBeEmpty(file);

        await service.ShouldBeSound();
    }

    [Test]
    public async Task What_happens_to_an_erased_contact_later_leaves_nothing_of_the_person_either()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var contact = await LiveAFullLife(service, organization);
        await service.Send(organization, new EraseContact(contact));

        await service.Send(organization, new WithdrawConsent(contact, Claims: Claims()), Person);
        await service.Send(organization, new SuppressContact(contact, SuppressionReasons.Complaint), Person);

        Found(await Backup.DumpAsText(service.ConnectionString)).ShouldBeEmpty();
    }

    [Test]
    public async Task The_log_of_the_server_holds_nothing_of_a_person_whose_row_it_refused()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await service.Execute("alter table backstage.contacts add constraint poison check (name is null)");
        await Should.ThrowAsync<PostgresException>(LiveAFullLife(service, organization));

        string log;
        try
        {
            log = await service.Scalar<string>(
                "select pg_read_file(current_setting('data_directory') || '/../server.log')"
            );
        }
        catch (PostgresException elsewhere)
        {
            Assert.Ignore($"This server logs somewhere else: {elsewhere.MessageText}");
            throw;
        }

        log.ShouldContain("ready to accept connections");
        Found(log).ShouldBeEmpty();
    }

    [Test]
    public async Task The_replay_still_tells_what_was_agreed_and_when()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var contact = await LiveAFullLife(service, organization);
        var before = await service.Send(organization, new ReplayConsent(contact));
        await service.Send(organization, new EraseContact(contact));

        var after = await service.Send(organization, new ReplayConsent(contact, before.At));

        before.Email.ShouldBe(Address, StringCompareShould.IgnoreCase);
        after.Email.ShouldBeNull();
        Said(after).ShouldBe(Said(before));
        after
            .Events.Select(happened => (happened.Position, happened.RecordedAt, happened.Name))
            .ShouldBe(before.Events.Select(happened => (happened.Position, happened.RecordedAt, happened.Name)));
        Found(JsonSerializer.Serialize(after.Events.Select(happened => happened.Data))).ShouldBeEmpty();
    }

    [Test]
    public async Task The_same_address_comes_back_under_a_new_key_and_its_suppression_is_remembered()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var contact = await LiveAFullLife(service, organization);
        await service.Send(organization, new SuppressContact(contact, SuppressionReasons.Complaint));
        await service.Send(organization, new EraseContact(contact));

        (
            await Should.ThrowAsync<RuleBrokenException>(
                service.Send(organization, new AddContact(Address, Consent: new ConsentInput()))
            )
        ).Code.ShouldBe("contact.suppressed");
        var again = await service.Send(organization, new AddContact(Address, "Back again"));

        again.Number.ShouldBe(contact);
        var replay = await service.Send(organization, new ReplayConsent(contact));
        replay.SuppressedFor.ShouldBe(SuppressionReasons.Complaint);
        replay.Events.Count(happened => happened.Data is ContactAdded { Email: null }).ShouldBe(1);
        replay.Events.Count(happened => happened.Data is ContactAdded { Name: "Back again" }).ShouldBe(1);
        await service.ShouldBeSound();

        await service.Send(organization, new EraseContact(contact));
        Found(await Backup.DumpAsText(service.ConnectionString)).ShouldBeEmpty();
    }

    [Test]
    public async Task An_erased_person_is_found_by_nobody_who_does_not_hold_the_installations_address_key()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var contact = await LiveAFullLife(service, organization);
        await service.Send(organization, new EraseContact(contact));

        var stream = await service.Scalar<Guid>($"select id from events.streams where number = {contact}");

        foreach (var text in new[] { Address, Address.ToLowerInvariant(), $"contact\n{organization}\n{Address}" })
            ContentIds
                .FromHash(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)))
                .ShouldNotBe(stream);
    }

    /// <summary>Whatever of the person is in a text, in any case, and in the way that dumps write bytes.</summary>
    private static IEnumerable<string> Found(string text) =>
        Personal
            .Append(Address)
            .Append(ContentIds.Sha256(Address))
            .Append(ContentIds.Sha256(Address.ToLowerInvariant()))
            .SelectMany(part => new[] { part, Convert.ToHexString(Encoding.UTF8.GetBytes(part)) })
            .Where(part => text.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Said(ConsentReplay replay) =>
        replay.Purposes.Select(purpose =>
            $"{purpose.Purpose} {purpose.MayBeWrittenTo} {purpose.Withdrawn} {purpose.Since:O} {purpose.MadeSoBy}"
        );

    private static Dictionary<string, string> Claims() =>
        new() { ["came_from"] = "earlier-list", ["reason"] = "moved-to-patagonia" };

    private static CommandContext Person(CommandContext caller) =>
        caller with
        {
            Ip = IPAddress.Parse("2001:db8:77:88::9a"),
            UserAgent = "PeculiarBrowser/9.9",
        };

    /// <summary>Every kind of event that holds something of a person.</summary>
    private static async Task<long> LiveAFullLife(TestService service, Guid organization)
    {
        var metadata = JsonDocument.Parse("""{"shoe":"size-forty-two"}""").RootElement;
        var consent = new ConsentInput(Claims: Claims(), OptedInAt: new(2024, 5, 1, 0, 0, 0, TimeSpan.Zero));
        var added = await service.Send(
            organization,
            new AddContact(Address, "Xaverine Quisling", metadata, consent),
            caller => Person(caller) with { IdempotencyKey = "k1" }
        );
        var contact = added.Number;
        await service.Send(organization, new ChangeContact(contact, "Xaverine Q. Quisling", metadata), Person);
        await service.Send(
            organization,
            new GiveConsent(contact, new ConsentInput("tracking", Claims: Claims())),
            Person
        );
        await service.Send(organization, new WithdrawConsent(contact, Claims: Claims()), Person);
        var evidence = new Evidence("198.51.100.77", "PeculiarBrowser/8.8", Claims());
        await service.Change(
            organization,
            added.Stream,
            person =>
                person.RequestConsent(
                    [new Consent(Purposes.Newsletter, LegalBases.Consent, ConsentMethods.DoubleOptIn)],
                    Sources.Form,
                    "token",
                    TimeProvider.System.GetUtcNow().AddDays(1),
                    evidence
                )
        );
        await service.Change(
            organization,
            added.Stream,
            person => person.ConfirmConsent("token", evidence, TimeProvider.System.GetUtcNow())
        );
        return contact;
    }
}
