using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>Taking an import back takes back what it brought, and nothing that people did.</summary>
public sealed class UndoImportSpec : OrganizationSpec
{
    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [TearDown]
    public async Task The_tables_are_as_the_log_says() =>
        (await new Rebuild(Service.Installation, "backstage").Run(CancellationToken.None)).RowsMended.ShouldBe(0);

    [Test]
    public async Task What_only_the_import_brought_goes_and_what_people_did_stays()
    {
        await Service.Send(Acme, new AddContact("there@x.org", "There before"));
        await Service.Send(Acme, new AddContact("agreed@x.org", Consent: new ConsentInput()));
        var import = await Import("there", "agreed", "new", "left", "named", "back", "bounced");
        await Change("left@x.org", contact => contact.Withdraw(null, Sources.EmailLink, null, null));
        await Change("named@x.org", contact => contact.Change("Named", null, Sources.Admin));
        await Change("bounced@x.org", contact => contact.Suppress("hard_bounce", Sources.Api, null));
        await ConfirmOwnOptIn("back@x.org");

        var undone = await Service.Send(Acme, new UndoImport(import.Number));

        undone.ShouldBe(new UndoImportResult(ContactsErased: 1, ConsentsRetracted: 2));
        (await Service.Subscribed(Acme)).ShouldBe("agreed@x.org back@x.org");
        (await Listed()).ShouldBe("agreed@x.org back@x.org bounced@x.org left@x.org named@x.org there@x.org");
        (await Service.History(Acme, "named@x.org")).ShouldEndWith(
            """unsubscribe {"reason": "import_undone", "purpose": "newsletter"}"""
        );
        // The retraction of a file is not the person's no: they may be asked again.
        await Service.Change(
            Acme,
            "named@x.org",
            contact => contact.GiveConsent(Newsletter(ConsentMethods.SingleOptIn), Sources.Api, evidence: null)
        );
        (await Service.Subscribed(Acme)).ShouldBe("agreed@x.org back@x.org named@x.org");
    }

    [Test]
    public async Task A_person_whose_contact_went_leaves_nothing_readable()
    {
        var import = await Import("ann");
        await Service.Send(Acme, new UndoImport(import.Number));

        (
            await Service.Scalar<bool>(
                "select bool_and(n.subject_key is null) from events.streams n join events.mt_streams s "
                    + "on s.tenant_id = n.tenant_id and s.id = n.id where s.tenant_id = "
                    + $"'{Acme}' and s.type = 'contact'"
            )
        ).ShouldBeTrue();
        (
            await Service.Scalar<long>(
                "select count(*) from backstage.consent_history h where h.organization_id = "
                    + $"'{Acme}' and h.metadata ? 'claims'"
            )
        ).ShouldBe(0);
        (await Listed()).ShouldBe("");
    }

    [Test]
    public async Task The_file_does_not_come_in_again_and_undoing_again_does_nothing()
    {
        var import = await Import("ann");
        await Service.Send(Acme, new UndoImport(import.Number));

        (await Should.ThrowAsync<RuleBrokenException>(() => Import("ann"))).Code.ShouldBe("import.undone");
        (await Service.Send(Acme, new UndoImport(import.Number))).ShouldBe(new UndoImportResult(0, 0));
        (await Service.Send(Acme, new GetImport(import.Number))).Phase.ShouldBe(ImportPhase.Undone);
        (await Listed()).ShouldBe("");

        var other = await Import("ann", "ben");
        other.Counts.Added.ShouldBe(2);
        (await Service.Send(Acme, new UndoImport(import.Number))).ShouldBe(new UndoImportResult(0, 0));
        (await Listed()).ShouldBe("ann@x.org ben@x.org");
    }

    [Test]
    public async Task Contacts_of_another_import_or_organization_are_not_touched()
    {
        var other = await NewOrganization("other");
        var theirs = await Service.Import(other, List("ann", "ben"));
        await Import("cleo");
        await Service.Import(Acme, "email\ndora@x.org\n");
        var import = await Import("ann", "ben", "dora");
        await Service.Import(Acme, List("ann"), command => command with { Purpose = Purposes.Tracking });

        await Should.ThrowAsync<NotFoundException>(() => Service.Send(other, new UndoImport(import.Number)));
        await Should.ThrowAsync<NotFoundException>(() => Service.Send(Acme, new UndoImport(theirs.Number)));
        await Service.Send(Acme, new UndoImport(import.Number));

        (await Service.Subscribed(other)).ShouldBe("ann@x.org ben@x.org");
        (await Listed()).ShouldBe("ann@x.org cleo@x.org dora@x.org");
        (await Service.Subscribed(Acme)).ShouldBe("cleo@x.org");
        // What the second file brought Ann for stands.
        (await Service.History(Acme, "ann@x.org")).ShouldContain("tracking");
    }

    [Test]
    public async Task An_undo_that_was_killed_half_way_completes_when_it_is_asked_for_again()
    {
        var import = await Service.Import(Acme, ImportLists.Long(2_600));
        var seen = 0L;

        await Should.ThrowAsync<IOException>(() =>
            Service.Send(
                Acme,
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
        (await Service.Send(Acme, new GetImport(import.Number))).Phase.ShouldBe(ImportPhase.Undoing);
        (
            await Should.ThrowAsync<RuleBrokenException>(() => Service.Import(Acme, ImportLists.Long(2_600)))
        ).Code.ShouldBe("import.undone");

        var rest = await Service.Send(Acme, new UndoImport(import.Number));

        (seen + rest.ContactsErased).ShouldBe(import.Counts.Added);
        (await Service.Send(Acme, new GetImport(import.Number))).Phase.ShouldBe(ImportPhase.Undone);
        (await Listed()).ShouldBe("");
    }

    [Test]
    public async Task Undoing_a_running_import_stops_it_and_says_so()
    {
        var someAreIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = 0L;
        var undone = new UndoImportResult(0, 0);

        var broken = await Should.ThrowAsync<RuleBrokenException>(() =>
            Service.Import(
                Acme,
                ImportLists.Long(7_000),
                command =>
                    command with
                    {
                        Rejects = async row =>
                        {
                            if (row.Line < 4_500 || number > 0)
                                return;

                            await someAreIn.Task;
                            number = await Service.Scalar<long>(
                                "select min(e.seq_id) from events.mt_events e where e.tenant_id = "
                                    + $"'{Acme}' and e.type = 'import_started'"
                            );
                            undone = await Service.Send(Acme, new UndoImport(number));
                        },
                        Progress = (_, _) => someAreIn.TrySetResult(),
                    }
            )
        );

        broken.Code.ShouldBe("import.undone");
        broken.Message.ShouldBe("This import was taken back meanwhile; no row of it goes in any more.");
        undone.ContactsErased.ShouldBeGreaterThan(0);
        (await Service.Send(Acme, new GetImport(number))).Phase.ShouldBe(ImportPhase.Undone);
        (await Listed()).ShouldBe("");
    }

    private Task<ImportResult> Import(params string[] people) => Service.Import(Acme, List(people));

    private static string List(params string[] people) =>
        "email,opt_in_at\n" + string.Concat(people.Select(person => $"{person}@x.org,2024-01-01T00:00:00Z\n"));

    private Task<Position> Change(string email, Func<Contact, IReadOnlyList<ContactEvent>> decide) =>
        Service.Change(Acme, email, decide);

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
        Service.Scalar<string>(
            $"""
            select coalesce(string_agg(c.email, ' ' order by c.email), '') from backstage.contacts c
            where c.organization_id = '{Acme}' and c.unsubscribe_token is not null
            """
        );
}
