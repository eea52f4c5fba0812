using SchemaHub.Domain.Contacts;
using static SchemaHub.Domain.Specs.Contacts.Given;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>What a file may do to a contact, how far a file is, and how it is taken back.</summary>
public sealed class ImportSpec
{
    private static readonly ImportStarted Started = new("aa", "own", Purposes.Newsletter, null, null, null);
    private static readonly ImportCounts Some = new(5, 4, 3, 2, 1, 0);
    private static readonly ConsentWithdrawn Elsewhere = new(
        null,
        Sources.Import,
        "unsubscribed_elsewhere",
        TheFile,
        Seen
    );

    [Test]
    public void A_row_adds_who_is_not_listed_with_the_consent_it_brings() =>
        A_contact().When(Take(Added(Newsletter, TheFile))).Then(Added(Newsletter, TheFile));

    [Test]
    public void A_row_of_a_listed_contact_brings_its_consent_and_leaves_the_details_alone()
    {
        A_contact(Added()).When(Take(Added(Newsletter, TheFile))).Then(Brought(Newsletter));
        A_contact(Added()).When(Take(Added(null, TheFile))).Then();
        A_contact(Added(Newsletter)).When(Take(Added(Newsletter, TheFile))).Then();
    }

    [Test]
    public void A_row_never_raises_what_was_withdrawn_or_suppressed()
    {
        A_contact(Added(Newsletter), Withdrawn()).When(Take(Added(Newsletter, TheFile))).Then();
        A_contact(Added(Newsletter), Suppressed()).When(Take(Added(Newsletter, TheFile))).Then();
        A_contact(Added(Newsletter), Withdrawn(), Erased)
            .When(Take(Added(Newsletter, TheFile)))
            .Then(Added(null, TheFile));
        A_contact(Added(), Suppressed(), Erased).When(Take(Added(Newsletter, TheFile))).Then(Added(null, TheFile));
    }

    [Test]
    public void What_a_row_says_against_writing_comes_last()
    {
        var scenario = A_contact().When(contact => contact.TakeRow(Added(Newsletter, TheFile), Elsewhere));

        scenario.Then(Added(Newsletter, TheFile), Elsewhere);
        scenario.State.MayBeWrittenToFor(Purposes.Newsletter).ShouldBeFalse();
        A_contact(Added(Newsletter), Withdrawn())
            .When(contact => contact.TakeRow(Added(Newsletter, TheFile), Elsewhere))
            .Then();
    }

    [Test]
    public void Undoing_erases_whom_nothing_else_touched()
    {
        var undone = new ContactErased(Sources.Import, "import_undone");
        A_contact(Added(Newsletter, TheFile)).When(Undo).Then(undone);
        A_contact(Added(null, TheFile), Brought(Newsletter)).When(Undo).Then(undone);
        A_contact(Added(Newsletter, TheFile), Elsewhere).When(Undo).Then(undone);
    }

    [Test]
    public void Undoing_takes_back_the_consents_of_whom_something_else_touched()
    {
        var changed = new ContactChanged(Sources.Api, "Anna", null);
        A_contact(Added(Newsletter, TheFile), changed)
            .When(Undo)
            .Then(new ConsentRetracted(Purposes.Newsletter, TheFile));
        A_contact(Added(), Brought(Tracking), Brought(Newsletter))
            .When(Undo)
            .Then(new ConsentRetracted(Purposes.Newsletter, TheFile), new ConsentRetracted(Purposes.Tracking, TheFile));
    }

    [Test]
    public void Undoing_leaves_what_the_person_or_another_file_has_said_since()
    {
        A_contact(Added(Newsletter, TheFile), Requested, Confirmed(Newsletter), Confirmed(Tracking)).When(Undo).Then();
        A_contact(Added(), Brought(Newsletter), Brought(Newsletter with { Wording = NewWords }, OtherFile))
            .When(Undo)
            .Then();
        A_contact(Added(), Brought(Newsletter), Withdrawn()).When(Undo).Then();
        A_contact(Added(Newsletter)).When(Undo).Then();
    }

    [Test]
    public void A_retracted_consent_is_not_a_withdrawal() =>
        A_contact(Added(), Brought(Newsletter), new ConsentRetracted(Purposes.Newsletter, TheFile))
            .When(contact => contact.GiveConsent(Newsletter, Sources.Import, Seen, OtherFile))
            .Then(Brought(Newsletter, OtherFile));

    [Test]
    public void An_import_starts_once_and_goes_on_where_it_was()
    {
        An_import().When(import => import.Start(Started)).Then(Started);
        var running = An_import(Started, new ImportProgressed(Some, 100)).When(import => import.Start(Started));
        running.Then();
        running.State.ShouldBe(new Import(ImportPhase.Running, Some, 100));
        An_import(Started, new ImportFinished(Some)).When(import => import.Start(Started)).Then();
    }

    [Test]
    public void An_import_that_was_undone_does_not_come_in_again()
    {
        An_import(Started, new ImportUndoStarted()).When(import => import.Start(Started)).ThenRefused("import.undone");
        An_import(Started, new ImportUndoStarted(), new ImportUndone(1, 2))
            .When(import => import.Start(Started))
            .ThenRefused("import.undone");
    }

    [Test]
    public void Rows_go_in_only_while_the_import_runs()
    {
        An_import(Started).When(import => import.Progress(Some, 9)).Then(new ImportProgressed(Some, 9));
        An_import(Started, new ImportUndoStarted())
            .When(import => import.Progress(Some, 9))
            .ThenRefused("import.undone");
        An_import(Started, new ImportFinished(Some))
            .When(import => import.Progress(Some, 9))
            .ThenRefused("import.undone");
    }

    [Test]
    public void An_import_finishes_once()
    {
        An_import(Started).When(import => import.Finish(Some)).Then(new ImportFinished(Some));
        An_import(Started, new ImportFinished(Some)).When(import => import.Finish(Some)).Then();
        An_import(Started, new ImportUndoStarted()).When(import => import.Finish(Some)).Then();
    }

    [Test]
    public void An_import_is_undone_as_a_whole_and_once()
    {
        An_import().When(import => import.StartUndo()).ThenRefused("import.not_found");
        An_import(Started, new ImportFinished(Some)).When(import => import.StartUndo()).Then(new ImportUndoStarted());
        An_import(Started, new ImportUndoStarted()).When(import => import.StartUndo()).Then();
        An_import(Started, new ImportUndoStarted())
            .When(import => import.FinishUndo(1, 2))
            .Then(new ImportUndone(1, 2));
        An_import(Started).When(import => import.FinishUndo(1, 2)).Then();
    }

    private static Func<Contact, IReadOnlyList<ContactEvent>> Take(ContactAdded row) =>
        contact => contact.TakeRow(row, against: null);

    private static IReadOnlyList<ContactEvent> Undo(Contact contact) => contact.UndoImport(TheFile);

    private static ConsentGiven Brought(Consent consent, Guid? import = null) =>
        new(consent, Sources.Import, import ?? TheFile, Renewed: false, Raised: false, Seen, RequestEvidence: null);
}
