using System.Text.Json;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The numbered journal outside the database: every withdrawal, suppression and erasure, whom campaigns are sent to,
/// and how far the sequences may have gone, on disk before the database commits. It outlives a lost or restored
/// database, so nobody who withdrew is written to because of an old backup, and nobody gets a mail again. It holds ids
/// and codes, nothing personal.
/// </summary>
public sealed class Journal
{
    private readonly JournalFile _file;
    private JournalPlace _place = JournalPlace.Start;
    private long _lastNumberBefore;

    private Journal(JournalFile file) => _file = file;

    /// <summary>The number of the last entry that stands; 0 where there is none.</summary>
    public long LastNumber { get; private set; }

    /// <summary>The number last used, also by entries that were taken back.</summary>
    public long LastUsedNumber { get; private set; }

    /// <summary>The last log position of the batch that wrote the last number; 0 where that is not known.</summary>
    public long LastPosition { get; private set; }

    /// <summary>No position above this was ever given to an event.</summary>
    public long SequenceMark { get; private set; }

    /// <summary>The database that the journal went with last.</summary>
    public string? Database { get; private set; }

    /// <summary>The installation whose journal this is; null where it is empty.</summary>
    public string? Installation { get; private set; }

    /// <summary>The lines of the journal that hold complete numbers.</summary>
    public int Lines => _place.Lines;

    /// <summary>Whether a keys directory holds a journal.</summary>
    public static bool Exists(string directory) => JournalFile.Exists(directory);

    /// <summary>
    /// Opens the journal of a keys directory, or begins it. A last number that a crash cut short is dropped.
    /// </summary>
    /// <exception cref="JournalException">A line is damaged, missing, or out of place.</exception>
    public static Journal Open(string directory)
    {
        var file = new JournalFile(directory);
        file.Create();
        var journal = new Journal(file);
        journal.CatchUp();
        return journal;
    }

    /// <summary>
    /// Puts a batch's entries on disk under one number. Called under the log's lock, before the commit; the transaction
    /// also writes the number to <c>events.safekeeping</c>.
    /// </summary>
    /// <param name="takeOver">
    /// Whether a node that holds the file is passed over: only once it is certain that the log's lock is ours.
    /// </param>
    /// <exception cref="JournalBusyException">Another node holds the file.</exception>
    /// <exception cref="JournalException">They cannot be written; nothing may be committed.</exception>
    public async Task Append(long number, IReadOnlyList<JournalEntry> entries, bool takeOver = false)
    {
        try
        {
            IReadOnlyList<JournalEntry> numbered = [.. entries.Select(entry => entry with { Number = number })];
            Take(new JournalNumber(numbered, await _file.Append(_place, numbered, takeOver)));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new JournalException("The journal cannot be written.", failed);
        }
    }

    /// <summary>
    /// Takes a number back: its batch is known not to have been committed. Called under the log's lock.
    /// </summary>
    /// <inheritdoc cref="Append"/>
    public Task Void(long number, bool takeOver = false) =>
        Append(number, [new JournalEntry(number, JournalEntryKind.Void)], takeOver);

    /// <summary>The entries after a number, without those taken back.</summary>
    public IReadOnlyList<JournalEntry> ReadAfter(long number)
    {
        var entries = _file
            .ReadAfter(JournalPlace.Start)
            .SelectMany(read => read.Entries)
            .Where(entry => entry.Number > number)
            .ToList();
        var taken = entries.Where(e => e.Kind == JournalEntryKind.Void).Select(e => e.Number).ToHashSet();
        return [.. entries.Where(entry => !taken.Contains(entry.Number))];
    }

    /// <summary>
    /// Whether a database that knows the entries up to a number was restored from a backup. Asked under the log's lock,
    /// after <see cref="CatchUp"/>: otherwise another node may have appended after the number was read.
    /// </summary>
    public bool IsRestored(long number) => number < LastNumber && IsRestored(ReadAfter(number));

    /// <summary>
    /// Whether a database that lacks some entries was restored from a backup. One number behind is a crash between the
    /// journal and the commit.
    /// </summary>
    public static bool IsRestored(IEnumerable<JournalEntry> missing) =>
        missing.Select(entry => entry.Number).Distinct().Skip(1).Any();

    /// <summary>Reads what other nodes that share the directory have written since.</summary>
    /// <exception cref="JournalException">A line is damaged, or the file cannot be read.</exception>
    public void CatchUp()
    {
        try
        {
            // Another node that took the file over left out what this one wrote without the log's lock.
            if (!_file.Holds(_place))
                Forget();

            foreach (var number in _file.ReadAfter(_place))
                Take(number);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new JournalException("The journal cannot be read.", failed);
        }
    }

    /// <summary>Makes sure that the journal has the number that a database knows.</summary>
    /// <exception cref="JournalException">It ends before.</exception>
    public void EnsureReaches(long number, string directory)
    {
        if (LastNumber < number)
            throw new JournalException(
                FormattableString.Invariant(
                    $"The database knows journal entry {number}, and the journal in {directory} ends at {LastNumber}, "
                ) + FormattableString.Invariant($"in line {Lines}: it was lost or cut. Bring it back from its backup.")
            );
    }

    private void Forget()
    {
        (_place, _lastNumberBefore) = (JournalPlace.Start, 0);
        (LastNumber, LastUsedNumber, LastPosition, SequenceMark) = (0, 0, 0, 0);
        (Database, Installation) = (null, null);
    }

    private void Take(JournalNumber number)
    {
        foreach (var entry in number.Entries)
            Take(entry);

        _place = number.Place;
    }

    private void Take(JournalEntry entry)
    {
        LastUsedNumber = Math.Max(LastUsedNumber, entry.Number);
        SequenceMark = Math.Max(SequenceMark, entry.SequenceMark ?? 0);
        Database = entry.Database ?? Database;
        Installation = entry.Installation ?? Installation;
        LastPosition = entry.Position ?? 0;
        // Only the last number can be taken back, see BatchWriter.
        if (entry.Kind == JournalEntryKind.Void)
        {
            if (entry.Number == LastNumber)
                LastNumber = _lastNumberBefore;
        }
        else if (entry.Number != LastNumber)
        {
            _lastNumberBefore = LastNumber;
            LastNumber = entry.Number;
        }
    }
}

/// <summary>What an entry of the journal says.</summary>
public enum JournalEntryKind
{
    /// <summary>A withdrawal, suppression or erasure.</summary>
    Safeguard,

    /// <summary>The sequences may go this far.</summary>
    Mark,

    /// <summary>What was written under this number did not commit.</summary>
    Void,

    /// <summary>Mails of a campaign are about to be handed over.</summary>
    MailsBegun,

    /// <summary>Mails that were begun have their outcomes.</summary>
    MailsEnded,

    /// <summary>From here on the journal goes with this database: a new one, a restored one, a moved one.</summary>
    Database,
}

/// <summary>One line of the journal.</summary>
/// <param name="Event">Of a safeguard: the stored name.</param>
/// <param name="Data">Of a safeguard: the event without what is personal. Of mails: which.</param>
/// <param name="Database">Cluster, database, timeline and the log's file, as PostgreSQL identifies them.</param>
/// <param name="Installation">Of a database: whose keys go with it.</param>
/// <param name="Position">The last log position of the batch that wrote it.</param>
/// <param name="Part">Which entry of its number it is, from 1; set when it is written.</param>
/// <param name="Parts">How many entries its number has; set when it is written.</param>
/// <param name="Before">The hash of the line before; set when it is written.</param>
public sealed record JournalEntry(
    long Number,
    JournalEntryKind Kind,
    string? Tenant = null,
    Guid? Stream = null,
    string? StreamType = null,
    string? Event = null,
    JsonElement? Data = null,
    long? SequenceMark = null,
    string? Database = null,
    string? Installation = null,
    long? Position = null,
    int Part = 1,
    int Parts = 1,
    string? Before = null
);

/// <summary>The journal is damaged, missing, or not this database's.</summary>
public class JournalException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another node holds the journal's file and does not let go: it was stopped, or is about to end.</summary>
public sealed class JournalBusyException(Exception held) : JournalException("Another node holds the journal.", held);

/// <summary>
/// Another node has written to the journal since it was read under the log's lock: this node has lost the lock, or the
/// other one has and does not know it yet.
/// </summary>
public sealed class JournalMovedException() : JournalException("Another node has written to the journal meanwhile.");
