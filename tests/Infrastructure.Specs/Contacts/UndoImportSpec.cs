using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>Taking an import back takes back what it brought, and nothing that people did.</summary>
public sealed class UndoImportSpec
{
    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static int _organizations;

    private TestService _service = null!;
    private Guid _acme;

    [OneTimeSetUp]
    public async Task Start() => _service = await TestService.Create();

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [SetUp]
    public async Task Found() => _acme = await _service.CreateOrganization($"undone{_organizations++}");

    [TearDown]
    public async Task The_tables_are_as_the_log_says() =>
        (await new Rebuild(_service.Installation, "backstage").Run(CancellationToken.None)).RowsMended.ShouldBe(0);

    [Test]
    public async Task What_only_the_import_brought_goes_and_what_people_did_stays()
    {
        await _service.Send(_acme, new AddContact("there@x.org", "There before"));
        await _service.Send(_acme, new AddContact("agreed@x.org", Consent: new ConsentInput()));
        var import = await Import("there", "agreed", "new", "left", "named", "back", "bounced");
        await Change("left@x.org", contact => contact.Withdraw(null, Sources.EmailLink, null, null));
        await Change("named@x.org", contact => contact.Change("Named", null, Sources.Admin));
        await Change("bounced@x.org", contact => contact.Suppress("hard_bounce", Sources.Api, null));
        await ConfirmOwnOptIn("back@x.org");

        var undone = await _service.Send(_acme, new UndoImport(import.Number));

        undone.ShouldBe(new UndoImportResult(ContactsErased: 1, ConsentsRetracted: 2));
        (await _service.Subscribed(_acme)).ShouldBe("agreed@x.org back@x.org");
        (await Listed()).ShouldBe("agreed@x.org back@x.org bounced@x.org left@x.org named@x.org there@x.org");
        (await _service.History(_acme, "named@x.org")).ShouldEndWith(
            """unsubscribe {"reason": "import_undone", "purpose": "newsletter"}"""
        );
        // The retraction of a file is not the person's no: they may be asked again.
        await _service.Change(
            _acme,
            "named@x.org",
            contact => contact.GiveConsent(Newsletter(ConsentMethods.SingleOptIn), Sources.Api, evidence: null)
        );
        (await _service.Subscribed(_acme)).ShouldBe("agreed@x.org back@x.org named@x.org");
    }

    [Test]
    public async Task A_person_whose_contact_went_leaves_nothing_readable()
    {
        var import = await Import("ann");
        await _service.Send(_acme, new UndoImport(import.Number));

        (
            await _service.Scalar<bool>(
                "select bool_and(subject_key is null) from events.mt_streams where tenant_id = "
                    + $"'{_acme}' and type = 'contact'"
            )
        ).ShouldBeTrue();
        (
            await _service.Scalar<long>(
                "select count(*) from backstage.consent_history h where h.organization_id = "
                    + $"'{_acme}' and h.metadata ? 'claims'"
            )
        ).ShouldBe(0);
        (await Listed()).ShouldBe("");
    }

    [Test]
    public async Task The_file_does_not_come_in_again_and_undoing_again_does_nothing()
    {
        var import = await Import("ann");
        await _service.Send(_acme, new UndoImport(import.Number));

        (await Should.ThrowAsync<RuleBrokenException>(() => Import("ann"))).Code.ShouldBe("import.undone");
        (await _service.Send(_acme, new UndoImport(import.Number))).ShouldBe(new UndoImportResult(0, 0));
        (await _service.Send(_acme, new GetImport(import.Number))).Phase.ShouldBe(ImportPhase.Undone);
        (await Listed()).ShouldBe("");

        var other = await Import("ann", "ben");
        other.Counts.Added.ShouldBe(2);
        (await _service.Send(_acme, new UndoImport(import.Number))).ShouldBe(new UndoImportResult(0, 0));
        (await Listed()).ShouldBe("ann@x.org ben@x.org");
    }

    [Test]
    public async Task Contacts_of_another_import_or_organization_are_not_touched()
    {
        var other = await _service.CreateOrganization($"other{_organizations++}");
        var theirs = await _service.Import(other, List("ann", "ben"));
        await Import("cleo");
        await _service.Import(_acme, "email\ndora@x.org\n");
        var import = await Import("ann", "ben", "dora");
        await _service.Import(_acme, List("ann"), command => command with { Purpose = Purposes.Tracking });

        await Should.ThrowAsync<NotFoundException>(() => _service.Send(other, new UndoImport(import.Number)));
        await Should.ThrowAsync<NotFoundException>(() => _service.Send(_acme, new UndoImport(theirs.Number)));
        await _service.Send(_acme, new UndoImport(import.Number));

        (await _service.Subscribed(other)).ShouldBe("ann@x.org ben@x.org");
        (await Listed()).ShouldBe("ann@x.org cleo@x.org dora@x.org");
        (await _service.Subscribed(_acme)).ShouldBe("cleo@x.org");
        // What the second file brought Ann for stands.
        (await _service.History(_acme, "ann@x.org")).ShouldContain("tracking");
    }

    [Test]
    public async Task An_undo_that_was_killed_half_way_completes_when_it_is_asked_for_again()
    {
        var import = await _service.Import(_acme, ImportLists.Long(2_600));
        var seen = 0L;

        await Should.ThrowAsync<IOException>(() =>
            _service.Send(
                _acme,
                new UndoImport(
                    import.Number,
                    looked =>
                    {
                        seen = looked;
                        throw new IOException("The terminal is gone.");
                    }
                )
            )
        );
        seen.ShouldBe(1_000);
        (await _service.Send(_acme, new GetImport(import.Number))).Phase.ShouldBe(ImportPhase.Undoing);
        (
            await Should.ThrowAsync<RuleBrokenException>(() => _service.Import(_acme, ImportLists.Long(2_600)))
        ).Code.ShouldBe("import.undone");

        var rest = await _service.Send(_acme, new UndoImport(import.Number));

        (seen + rest.ContactsErased).ShouldBe(import.Counts.Added);
        (await _service.Send(_acme, new GetImport(import.Number))).Phase.ShouldBe(ImportPhase.Undone);
        (await Listed()).ShouldBe("");
    }

    [Test]
    public async Task Undoing_a_running_import_stops_it_and_says_so()
    {
        var someAreIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = 0L;
        var undone = new UndoImportResult(0, 0);

        var broken = await Should.ThrowAsync<RuleBrokenException>(() =>
            _service.Import(
                _acme,
                ImportLists.Long(7_000),
                command =>
                    command with
                    {
                        Rejects = async row =>
                        {
                            if (row.Line < 4_500 || number > 0)
                                return;

                            await someAreIn.Task;
                            number = await _service.Scalar<long>(
                                "select s.number from events.mt_streams s where s.tenant_id = "
                                    + $"'{_acme}' and s.type = 'import'"
                            );
                            undone = await _service.Send(_acme, new UndoImport(number));
                        },
                        Progress = (_, _) => someAreIn.TrySetResult(),
                    }
            )
        );

        broken.Code.ShouldBe("import.undone");
        broken.Message.ShouldBe("This import was taken back meanwhile; no row of it goes in any more.");
        undone.ContactsErased.ShouldBeGreaterThan(0);
        (await _service.Send(_acme, new GetImport(number))).Phase.ShouldBe(ImportPhase.Undone);
        (await Listed()).ShouldBe("");
    }

    private Task<ImportResult> Import(params string[] people) => _service.Import(_acme, List(people));

    private static string List(params string[] people) =>
        "email,opt_in_at\n" + string.Concat(people.Select(person => $"{person}@x.org,2024-01-01T00:00:00Z\n"));

    private Task<Position> Change(string email, Func<Contact, IReadOnlyList<ContactEvent>> decide) =>
        _service.Change(_acme, email, decide);

    private async Task ConfirmOwnOptIn(string email)
    {
        var token = new string('a', 64);
        await Change(
            email,
            contact =>
                contact.RequestConsent([Newsletter(ConsentMethods.DoubleOptIn)], Sources.Form, token, Later, null)
        );
        await Change(email, contact => contact.ConfirmConsent(token, evidence: null, DateTimeOffset.UnixEpoch));
    }

    private static Consent Newsletter(string method) => new(Purposes.Newsletter, LegalBases.Consent, method);

    private Task<string> Listed() =>
        _service.Scalar<string>(
            $"""
            select coalesce(string_agg(c.email, ' ' order by c.email), '') from backstage.contacts c
            where c.organization_id = '{_acme}' and c.unsubscribe_token is not null
            """
        );
}
