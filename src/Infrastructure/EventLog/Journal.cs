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

    /// <summary>Whether a keys directory holds a journal.</summary>
    public static bool Exists(string directory) => File.Exists(PathIn(directory));

    /// <summary>Opens the journal of a keys directory, or begins it. A last line that a crash cut short is dropped.</summary>
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
        journal.CatchUp();
        return journal;
    }

    /// <summary>Puts a batch's entries on disk under one number. Called under the log's lock, before the commit.</summary>
    public void Append(long number, IReadOnlyList<JournalEntry> entries)
    {
        Write(entries.Select(entry => entry with { Number = number }));
    }

    /// <summary>Takes a number back: its batch did not commit.</summary>
    public void Void(long number) => Write([new JournalEntry(number, JournalEntryKind.Void)]);

    /// <summary>The entries after a number, without those taken back.</summary>
    public IReadOnlyList<JournalEntry> ReadAfter(long number)
    {
        var entries = ReadFrom(0).Select(line => line.Entry).ToList();
        var taken = entries.Where(e => e.Kind == JournalEntryKind.Void).Select(e => e.Number).ToHashSet();
        return
        [
            .. entries.Where(e => e.Kind != JournalEntryKind.Void && e.Number > number && !taken.Contains(e.Number)),
        ];
    }

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
        // Only the last number can be taken back: its batch held the log's lock until it was.
        if (entry.Kind == JournalEntryKind.Void)
        {
            LastNumber = _lastNumberBefore;
        }
        else if (entry.Number != LastNumber)
        {
            _lastNumberBefore = LastNumber;
            LastNumber = entry.Number;
        }
    }

    private void Write(IEnumerable<JournalEntry> entries)
    {
        var lines = new StringBuilder();
        foreach (var entry in entries)
        {
            var json = JsonSerializer.Serialize(entry, Json);
            lines.Append(Checksum(json)).Append(' ').Append(json).Append('\n');
            Take(entry);
        }

        _file.Seek(_readTo, SeekOrigin.Begin);
        _file.Write(Encoding.UTF8.GetBytes(lines.ToString()));
        _file.Flush(flushToDisk: true);
        _readTo = _file.Position;
    }

    private IEnumerable<(JournalEntry Entry, long End)> ReadFrom(long position)
    {
        _file.Seek(position, SeekOrigin.Begin);
        using var reader = new StreamReader(_file, Encoding.UTF8, leaveOpen: true);
        var rest = reader.ReadToEnd();
        var start = 0;
        while (start < rest.Length)
        {
            var end = rest.IndexOf('\n', start);
            // A line without its end was being written when the machine stopped; nothing was committed after it.
            if (end < 0)
                yield break;

            var line = rest[start..end];
            position += Encoding.UTF8.GetByteCount(line) + 1;
            start = end + 1;
            var json = line.Length > 9 ? line[9..] : "";
            if (json.Length == 0 || !line.StartsWith(Checksum(json) + " ", StringComparison.Ordinal))
            {
                if (start == rest.Length)
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
/// <param name="Database">Cluster, database and timeline, as PostgreSQL identifies them.</param>
public sealed record JournalEntry(
    long Number,
    JournalEntryKind Kind,
    string? Tenant = null,
    Guid? Stream = null,
    string? StreamType = null,
    string? Event = null,
    JsonElement? Data = null,
    long? SequenceMark = null,
    string? Database = null
);

/// <summary>The journal is damaged, missing, or not this database's.</summary>
public sealed class JournalException(string message) : Exception(message);
