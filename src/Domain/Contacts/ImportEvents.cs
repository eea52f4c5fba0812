using System.Diagnostics;

namespace SchemaHub.Domain.Contacts;

/// <summary>A fact about a file of contacts that is brought in.</summary>
public abstract record ImportEvent;

/// <summary>A file was handed in.</summary>
/// <param name="FileSha256">Lower-case hex; with the answers below it makes the import's identity.</param>
/// <param name="Purpose">What the file's consents are for.</param>
/// <param name="Basis">The basis for rows without an opt-in time, or null: those stay unsubscribed.</param>
/// <param name="Wording">SHA-256 of the wording that goes with <paramref name="Basis"/>.</param>
/// <param name="Encoding">The file's, as the caller named it; null where it was not named.</param>
/// <param name="Update">Whether names and attributes of known contacts are updated.</param>
/// <param name="DataColumns">Columns that the caller named as data.</param>
/// <param name="Raw">The file was exported without escaping.</param>
/// <param name="Dates">What comes first in its dates, as the caller said; null where it was not said.</param>
[StoredAs("import_started")]
public sealed record ImportStarted(
    string FileSha256,
    string Format,
    string Purpose,
    string? Basis,
    string? Wording,
    string? Language,
    string? Encoding = null,
    bool Update = false,
    IReadOnlyList<string>? DataColumns = null,
    bool Raw = false,
    string? Dates = null
) : ImportEvent, IAudited;

/// <summary>Rows up to a line are in, in the same commit as this fact. The counts are the import's so far.</summary>
[StoredAs("import_progressed")]
public sealed record ImportProgressed(ImportCounts Counts, long LastLine) : ImportEvent;

/// <summary>The file was read to its end.</summary>
[StoredAs("import_finished")]
public sealed record ImportFinished(ImportCounts Counts) : ImportEvent, IAudited;

/// <summary>Taking back was asked for; no row of it goes in any more.</summary>
[StoredAs("import_undo_started")]
public sealed record ImportUndoStarted() : ImportEvent;

/// <summary>Everything the import brought was taken back.</summary>
[StoredAs("import_undone")]
public sealed record ImportUndone(long ContactsErased, long ConsentsRetracted) : ImportEvent, IAudited;

/// <summary>What an import did.</summary>
/// <param name="Added">Contacts that were not there.</param>
/// <param name="Existing">Rows of contacts that were there.</param>
/// <param name="Consents">Consents recorded.</param>
/// <param name="Withdrawals">Withdrawals and suppressions recorded.</param>
/// <param name="Refused">Consents that the person's withdrawal or a suppression outweighs.</param>
/// <param name="Rejected">Rows that could not be read.</param>
/// <param name="Claimed">Consents kept as a claim beside one that proves more.</param>
/// <param name="Updated">Known contacts whose name or attributes were updated.</param>
/// <param name="Differing">
/// Known contacts whose name or attributes differ in the file and were left alone: an update was not asked for.
/// </param>
public sealed record ImportCounts(
    long Added,
    long Existing,
    long Consents,
    long Withdrawals,
    long Refused,
    long Rejected,
    long Claimed = 0,
    long Updated = 0,
    long Differing = 0
)
{
    /// <summary>Nothing yet.</summary>
    public static ImportCounts Zero { get; } = new(0, 0, 0, 0, 0, 0);
}

/// <summary>A file of contacts on its way in, and possibly out again.</summary>
public sealed record Import(ImportPhase Phase, ImportCounts Counts, long LastLine) : IAggregate<Import, ImportEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "import";

    /// <inheritdoc/>
    public static Import Initial { get; } = new(ImportPhase.None, ImportCounts.Zero, LastLine: 0);

    /// <summary>Begins, or goes on where it was.</summary>
    /// <exception cref="RuleBrokenException"><c>import.undone</c>.</exception>
    public IReadOnlyList<ImportEvent> Start(ImportStarted started) =>
        Phase switch
        {
            ImportPhase.None => [started],
            ImportPhase.Undoing or ImportPhase.Undone => throw new RuleBrokenException(
                "import.undone",
                "This import was undone; the same file with the same answers does not come in again."
            ),
            _ => [],
        };

    /// <summary>Records how far it came.</summary>
    /// <exception cref="RuleBrokenException"><c>import.undone</c>: somebody takes it back meanwhile.</exception>
    public IReadOnlyList<ImportEvent> Progress(ImportCounts counts, long lastLine)
    {
        if (Phase != ImportPhase.Running)
            throw new RuleBrokenException(
                "import.undone",
                "This import was taken back meanwhile; no row of it goes in any more."
            );

        return [new ImportProgressed(counts, lastLine)];
    }

    /// <summary>Reaches the end of the file.</summary>
    public IReadOnlyList<ImportEvent> Finish(ImportCounts counts) =>
        Phase == ImportPhase.Running ? [new ImportFinished(counts)] : [];

    /// <summary>Begins to take everything back.</summary>
    /// <exception cref="RuleBrokenException"><c>import.not_found</c>.</exception>
    public IReadOnlyList<ImportEvent> StartUndo() =>
        Phase switch
        {
            ImportPhase.None => throw new RuleBrokenException("import.not_found", "There is no such import."),
            ImportPhase.Undoing or ImportPhase.Undone => [],
            _ => [new ImportUndoStarted()],
        };

    /// <summary>Has taken everything back.</summary>
    public IReadOnlyList<ImportEvent> FinishUndo(long contactsErased, long consentsRetracted) =>
        Phase == ImportPhase.Undoing ? [new ImportUndone(contactsErased, consentsRetracted)] : [];

    /// <inheritdoc/>
    public Import Apply(ImportEvent happened) =>
        happened switch
        {
            ImportStarted => this with { Phase = ImportPhase.Running },
            ImportProgressed progressed => this with { Counts = progressed.Counts, LastLine = progressed.LastLine },
            ImportFinished finished => this with { Phase = ImportPhase.Finished, Counts = finished.Counts },
            ImportUndoStarted => this with { Phase = ImportPhase.Undoing },
            ImportUndone => this with { Phase = ImportPhase.Undone },
            _ => throw new UnreachableException($"Import cannot apply {happened.GetType().Name}."),
        };
}

/// <summary>Where an import stands.</summary>
public enum ImportPhase
{
    /// <summary>Never started.</summary>
    None,

    /// <summary>Started, and not at the end of its file.</summary>
    Running,

    /// <summary>At the end of its file.</summary>
    Finished,

    /// <summary>Being taken back.</summary>
    Undoing,

    /// <summary>Taken back.</summary>
    Undone,
}
