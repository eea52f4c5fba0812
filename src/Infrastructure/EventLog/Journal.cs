using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The numbered journal outside the database: every withdrawal, suppression and erasure, and how far the sequences
/// may have gone, on disk before the database commits. It outlives a lost or restored database, so nobody who
/// withdrew is written to because of an old backup. It holds ids and codes, nothing personal.
/// </summary>
public sealed class Journal : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly FileStream _file;
    private long _readTo;
    private long _lastNumberBefore;

    private Journal(FileStream file) => _file = file;

    /// <summary>The number of the last entry that stands; 0 where there is none.</summary>
    public long LastNumber { get; private set; }

    /// <summary>The number last used, also by entries that were taken back.</summary>
    public long LastUsedNumber { get; private set; }

    /// <summary>No position above this was ever given to an event.</summary>
    public long SequenceMark { get; private set; }

    /// <summary>The database that the journal went with last.</summary>
    public string? Database { get; private set; }

    /// <summary>The installation whose journal this is; null where it is empty.</summary>
    public string? Installation { get; private set; }

    /// <summary>Whether a keys directory holds a journal.</summary>
    public static bool Exists(string directory) => File.Exists(PathIn(directory));

    /// <summary>
    /// Opens the journal of a keys directory, or begins it. A last line that a crash cut short is dropped.
    /// </summary>
    /// <exception cref="JournalException">A line in the middle is damaged.</exception>
    public static Journal Open(string directory)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        var journal = new Journal(new FileStream(PathIn(directory), options));
        try
        {
            journal.CatchUp();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Puts a batch's entries on disk under one number. Called under the log's lock, before the commit.
    /// </summary>
    /// <exception cref="JournalException">They cannot be written; nothing may be committed.</exception>
    public void Append(long number, IReadOnlyList<JournalEntry> entries) =>
        Write([.. entries.Select(entry => entry with { Number = number })]);

    /// <summary>
    /// Takes a number back: its batch is known not to have been committed. Called under the log's lock.
    /// </summary>
    public void Void(long number) => Write([new JournalEntry(number, JournalEntryKind.Void)]);

    /// <summary>The entries after a number, without those taken back.</summary>
    public IReadOnlyList<JournalEntry> ReadAfter(long number)
    {
        var entries = ReadFrom(0).Select(line => line.Entry).Where(entry => entry.Number > number).ToList();
        var taken = entries.Where(e => e.Kind == JournalEntryKind.Void).Select(e => e.Number).ToHashSet();
        return [.. entries.Where(entry => !taken.Contains(entry.Number))];
    }

    /// <summary>
    /// Whether a database that knows the entries up to a number was restored from a backup. One entry behind is a crash
    /// between the journal and the commit.
    /// </summary>
    public bool IsRestored(long number) => ReadAfter(number).Select(entry => entry.Number).Distinct().Skip(1).Any();

    /// <summary>Reads what other nodes that share the directory have written since.</summary>
    public void CatchUp()
    {
        foreach (var (entry, end) in ReadFrom(_readTo))
        {
            Take(entry);
            _readTo = end;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string PathIn(string directory) => Path.Combine(directory, "journal.jsonl");

    private void Take(JournalEntry entry)
    {
        LastUsedNumber = Math.Max(LastUsedNumber, entry.Number);
        SequenceMark = Math.Max(SequenceMark, entry.SequenceMark ?? 0);
        Database = entry.Database ?? Database;
        Installation = entry.Installation ?? Installation;
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

    private void Write(IReadOnlyList<JournalEntry> entries)
    {
        var lines = new StringBuilder();
        foreach (var entry in entries)
        {
            var json = JsonSerializer.Serialize(entry, Json);
            lines.Append(Checksum(json)).Append(' ').Append(json).Append('\n');
        }

        try
        {
            // What a crash or a full disk left half written would lie behind our lines.
            if (_file.Length > _readTo)
                _file.SetLength(_readTo);

            _file.Seek(_readTo, SeekOrigin.Begin);
            _file.Write(Encoding.UTF8.GetBytes(lines.ToString()));
            _file.Flush(flushToDisk: true);
        }
        catch (IOException failed)
        {
            throw new JournalException("The journal cannot be written.", failed);
        }

        _readTo = _file.Position;
        foreach (var entry in entries)
            Take(entry);
    }

    /// <summary>The entries from a byte on, each with the byte behind it, read line by line.</summary>
    private IEnumerable<(JournalEntry Entry, long End)> ReadFrom(long position)
    {
        using var file = new FileStream(_file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(position, SeekOrigin.Begin);
        using var reader = new StreamReader(file, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            // A line without its end was being written when the machine stopped; nothing was committed after it.
            var isLast = reader.EndOfStream;
            var end = position + Encoding.UTF8.GetByteCount(line) + 1;
            if (isLast && end > file.Length)
                yield break;

            position = end;
            var json = line.Length > 9 ? line[9..] : "";
            if (json.Length == 0 || !line.StartsWith(Checksum(json) + " ", StringComparison.Ordinal))
            {
                if (isLast)
                    yield break;

                throw new JournalException(
                    $"The journal is damaged before byte {position}: a line does not match its checksum."
                );
            }

            yield return (JsonSerializer.Deserialize<JournalEntry>(json, Json)!, position);
        }
    }

    private static string Checksum(string json) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)).AsSpan(0, 4));
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

    /// <summary>From here on the journal goes with this database: a new one, a restored one, a moved one.</summary>
    Database,
}

/// <summary>One line of the journal.</summary>
/// <param name="Event">Of a safeguard: the stored name.</param>
/// <param name="Data">Of a safeguard: the event without what is personal.</param>
/// <param name="Database">Cluster, database, timeline and the log's file, as PostgreSQL identifies them.</param>
/// <param name="Installation">Of a database: whose keys go with it.</param>
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
    string? Installation = null
);

/// <summary>The journal is damaged, missing, or not this database's.</summary>
public sealed class JournalException(string message, Exception? inner = null) : Exception(message, inner);
