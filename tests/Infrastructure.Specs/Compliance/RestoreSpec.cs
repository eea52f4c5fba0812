using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Specs.Database;
using SchemaHub.Infrastructure.Specs.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>A backup is restored that does not know what people said since.</summary>
public sealed class RestoreSpec
{
    private TestDatabase _database = null!;
    private string _keys = "";
    private string _backup = "";

    [SetUp]
    public async Task Prepare() => (_database, _keys) = await TestService.CreateDatabase();

    [TearDown]
    public async Task CleanUp()
    {
        await _database.DisposeAsync();
        Directory.Delete(_keys, recursive: true);
        File.Delete(_backup);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task After_reapplying_nobody_is_written_to_who_said_no_and_nobody_is_back_who_was_erased(bool inPlace)
    {
        var people = await LiveWithABackupInBetween();
        await Restore(inPlace);
        (await StoppedInstallation.ShouldBeRefused<JournalException>(_database.ConnectionString, _keys)).ShouldContain(
            "restore reapply"
        );

        await using var service = await TestService.Start(_database.ConnectionString, _keys, restoring: true);

        var replayed = service.Installation.Replayed.ShouldNotBeNull();
        replayed.Contacts.ShouldBe(4);
        await EverybodyIsWhereTheyWanted(service, people);
        await TheUnknownOneStaysWithdrawn(service, people);
        await IdsAreGivenOutOnce(service, people);
        await service.ShouldBeSound();
    }

    [Test]
    public async Task Reapplying_again_changes_nothing()
    {
        await LiveWithABackupInBetween();
        await Restore(inPlace: false);
        await using (await TestService.Start(_database.ConnectionString, _keys, restoring: true)) { }

        var after = await Snapshot.Of(_database.ConnectionString, _keys);
        await using (var again = await TestService.Start(_database.ConnectionString, _keys, restoring: true))
            again.Installation.Replayed.ShouldBeNull();

        await using (await TestService.Start(_database.ConnectionString, _keys)) { }

        (await Snapshot.Of(_database.ConnectionString, _keys)).ShouldBe(after);
    }

    [Test]
    public async Task Reapplying_that_was_interrupted_is_done_again_from_the_beginning()
    {
        await LiveWithABackupInBetween();
        await Restore(inPlace: false);
        await using (var service = await TestService.Start(_database.ConnectionString, _keys, restoring: true))
        {
            // Everything was replayed but for the last word: where the database stands in the journal.
            await service.Execute("update events.safekeeping set journal_number = 1");
        }

        await using var again = await TestService.Start(_database.ConnectionString, _keys, restoring: true);

        again.Installation.Replayed.ShouldNotBeNull();
        await again.ShouldBeSound();
        (await again.Scalar<long>("select count(*) from events.mt_events where type = 'contact_erased'")).ShouldBe(1);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Ids_given_out_since_the_backup_are_not_given_out_again_though_nothing_else_was_lost(bool inPlace)
    {
        var given = new List<long>();
        Guid organization;
        await using (var service = await TestService.Start(_database.ConnectionString, _keys))
        {
            organization = await service.CreateOrganization("acme");
            _backup = await Backup.Dump(_database.ConnectionString);
            for (var i = 0; i < 3; i++)
                given.Add((await service.Send(organization, new AddContact($"lost{i}@example.org"))).Number);
        }

        await Restore(inPlace);
        await using var restored = await TestService.Start(_database.ConnectionString, _keys);
        var next = await restored.Send(organization, new AddContact("next@example.org"));

        next.Number.ShouldBeGreaterThan(given.Max());
    }

    [Test]
    public async Task Ids_that_reapplying_gave_out_are_not_given_out_again_when_the_same_backup_is_restored_once_more()
    {
        var people = await LiveWithABackupInBetween();
        await Restore(inPlace: false);
        long given;
        await using (var service = await TestService.Start(_database.ConnectionString, _keys, restoring: true))
            given = await service.Scalar<long>("select max(seq_id) from events.mt_events");

        await Restore(inPlace: false);
        await using var again = await TestService.Start(_database.ConnectionString, _keys, restoring: true);

        (await again.Sequences($"e.timestamp > '{people.BackedUpAt:O}'")).Min().ShouldBeGreaterThan(given);
    }

    [Test]
    public async Task Reapplying_removes_an_account_that_owned_an_organization_when_the_backup_was_made()
    {
        var (ann, bob) = await OwnerWhoLeftAfterTheBackup();
        await Restore(inPlace: false);

        await using var service = await TestService.Start(_database.ConnectionString, _keys, restoring: true);

        (
            await service.Scalar<bool>(
                $"select removed_at is not null and email ~ '^erased' from access.users where id = '{ann}'"
            )
        ).ShouldBeTrue();
        await service.ShouldBeSound();
        // The organization that the backup knows needs another owner, which the operator gives it.
        var organization = await service.Scalar<Guid>("select id from access.organizations where slug = 'anns'");
        await service.Send(organization, new TransferOwnership(bob));
        (
            await service.Scalar<Guid>(
                """
                select u.id from access.organization_owners o join access.users u on u.number = o.user_id
                order by o.since_sequence desc limit 1
                """
            )
        ).ShouldBe(bob);
    }

    private async Task<(Guid Owner, Guid Member)> OwnerWhoLeftAfterTheBackup()
    {
        await using var service = await TestService.Start(_database.ConnectionString, _keys);
        var organization = await service.CreateOrganization("anns");
        var ann = await service.Scalar<Guid>("select id from access.users where email = 'owner@anns.example'");
        var bob = await service.Services.Join(organization, "bob@example.org");

        _backup = await Backup.Dump(_database.ConnectionString);
        await service.Send(organization, new TransferOwnership(bob));
        await service.Send(Guid.Empty, new RemoveUser(ann));
        return (ann, bob);
    }

    private async Task<People> LiveWithABackupInBetween()
    {
        await using var service = await TestService.Start(_database.ConnectionString, _keys);
        var organization = await service.CreateOrganization("acme");
        var ann = await Add(service, organization, "ann@example.org");
        var bob = await Add(service, organization, "bob@example.org");
        var cem = await Add(service, organization, "cem@example.org");
        var dora = await Add(service, organization, "dora@example.org");
        var eve = await Add(service, organization, "eve@example.org");
        await service.Send(organization, new WithdrawConsent(dora));

        _backup = await Backup.Dump(_database.ConnectionString);
        var backedUpAt = TimeProvider.System.GetUtcNow();

        await service.Send(organization, new WithdrawConsent(ann));
        await service.Send(organization, new SuppressContact(bob, SuppressionReasons.Complaint));
        await service.Send(organization, new EraseContact(cem));
        var fred = await Add(service, organization, "fred@example.org");
        await service.Send(organization, new WithdrawConsent(fred));
        await Add(service, organization, "gil@example.org");
        return new People(organization, ann, bob, cem, dora, eve, await service.Sequences(), backedUpAt);
    }

    private async Task Restore(bool inPlace)
    {
        if (inPlace)
        {
            await Backup.RestoreInPlace(_backup, _database.ConnectionString);
            return;
        }

        await _database.DisposeAsync();
        _database = await TestDatabase.Create();
        await Backup.Restore(_backup, _database.ConnectionString);
    }

    private static async Task<long> Add(TestService service, Guid organization, string email) =>
        (await service.Send(organization, new AddContact(email, Consent: new ConsentInput()))).Number;

    private static async Task EverybodyIsWhereTheyWanted(TestService service, People people)
    {
        var reachable = new List<long>();
        var asOf = await service.Send(people.Organization, new ConsentAsOf(TimeProvider.System.GetUtcNow()));
        await foreach (var contact in asOf)
            reachable.Add(contact.ContactId);

        reachable.ShouldBe([people.Eve]);
        (await service.Scalar<long>("select sum(id) from backstage.contacts where subscribed")).ShouldBe(people.Eve);
        var bob = await service.Send(people.Organization, new ReplayConsent(people.Bob));
        bob.SuppressedFor.ShouldBe(SuppressionReasons.Complaint);
        var cem = await service.Send(people.Organization, new ReplayConsent(people.Cem));
        cem.IsListed.ShouldBeFalse();
        cem.Email.ShouldBeNull();
        (await service.Scalar<long>("select count(*) from backstage.contacts where email like 'cem%'")).ShouldBe(0);
        (
            await service.Scalar<bool>($"select subject_key is null from events.streams where number = {people.Cem}")
        ).ShouldBeTrue();
    }

    private static async Task TheUnknownOneStaysWithdrawn(TestService service, People people)
    {
        var again = new AddContact("FRED@example.org", Consent: new ConsentInput());
        (await Should.ThrowAsync<RuleBrokenException>(service.Send(people.Organization, again))).Code.ShouldBe(
            "contact.withdrawn"
        );

        var fred = await service.Send(people.Organization, again with { Consent = null });
        (
            await Should.ThrowAsync<RuleBrokenException>(
                service.Send(people.Organization, new GiveConsent(fred.Number, new ConsentInput()))
            )
        ).Code.ShouldBe("contact.withdrawn");
        (
            await service.Scalar<bool>($"select subscribed from backstage.contacts where id = {fred.Number}")
        ).ShouldBeFalse();
    }

    private static async Task IdsAreGivenOutOnce(TestService service, People people)
    {
        var next = await service.Send(people.Organization, new AddContact("next@example.org"));
        next.Number.ShouldBeGreaterThan(people.Given.Max());
        // What the replay appended, too.
        (await service.Sequences($"e.timestamp > '{people.BackedUpAt:O}'"))
            .Min()
            .ShouldBeGreaterThan(people.Given.Max());
    }

    private sealed record People(
        Guid Organization,
        long Ann,
        long Bob,
        long Cem,
        long Dora,
        long Eve,
        List<long> Given,
        DateTimeOffset BackedUpAt
    );
}
