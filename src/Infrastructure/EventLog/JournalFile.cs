using System.Diagnostics;
using System.Text;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The journal's file: lines that are chained by hash and grouped by number, appended to under a lock beside the file.
/// It is opened by its name each time, because a node that takes the file over replaces it.
/// </summary>
internal sealed class JournalFile(string directory)
{
    private const string Name = "journal.jsonl";

    // Writing and syncing a batch's entries takes milliseconds. A node that holds the lock longer was stopped.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly string _path = Path.Combine(directory, Name);

    private readonly string _lock = Path.Combine(directory, "journal.lock");

    /// <summary>Whether a keys directory holds a journal.</summary>
    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, Name));

    /// <summary>Makes an empty file unless there is one.</summary>
    public void Create() => Open(_path, FileMode.OpenOrCreate, FileShare.ReadWrite).Dispose();

    /// <summary>Whether the file still has the line that a place ends with: it was not replaced or cut.</summary>
    public bool Holds(JournalPlace place)
    {
        if (place.End == 0)
            return true;

        using var file = Open(_path, FileMode.Open, FileShare.ReadWrite);
        var hash = new byte[place.Hash.Length];
        file.Seek(place.LastLine, SeekOrigin.Begin);
        return file.Length >= place.End
            && file.ReadAtLeast(hash, hash.Length, throwOnEndOfStream: false) == hash.Length
            && Encoding.ASCII.GetString(hash) == place.Hash;
    }

    /// <summary>The complete numbers after a place, each with the place where it ends.</summary>
    /// <exception cref="JournalException">A line is damaged, missing, or out of place.</exception>
    public IEnumerable<JournalNumber> ReadAfter(JournalPlace place)
    {
        using var file = Open(_path, FileMode.Open, FileShare.ReadWrite);
        if (file.Length <= place.End)
            yield break;

        file.Seek(place.End, SeekOrigin.Begin);
        var reading = new JournalReading(place);
        foreach (var line in JournalLine.Split(file, place))
        {
            if (reading.Take(line) is { } number)
                yield return number;
        }
    }

    /// <summary>Puts the entries of one number on disk behind a place; answers the new place.</summary>
    /// <param name="takeOver">
    /// Whether a lock that another node holds is passed over. Only the holder of the log's lock may: the other node has
    /// lost it, and what it still writes goes to a file that is no longer the journal.
    /// </param>
    /// <exception cref="JournalBusyException">Another node holds the file's lock.</exception>
    /// <exception cref="JournalMovedException">Another node has written behind the place.</exception>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    public async Task<JournalPlace> Append(JournalPlace place, IReadOnlyList<JournalEntry> entries, bool takeOver)
    {
        var (bytes, end) = JournalLine.Write(place, entries);
        await using var held = await Hold(place, takeOver);
        if (!Holds(place) || ReadAfter(place).Any())
            throw new JournalMovedException();

        using var file = Open(_path, FileMode.Open, FileShare.ReadWrite);
        // What a crash or a full disk left half written lies behind the place.
        if (file.Length > place.End)
            file.SetLength(place.End);

        file.Seek(place.End, SeekOrigin.Begin);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
        return end;
    }

    private async Task<FileStream> Hold(JournalPlace place, bool takeOver)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return Open(_lock, FileMode.OpenOrCreate, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < LongestWait)
            {
                await Task.Delay(5);
            }
            catch (IOException held)
            {
                return takeOver ? TakeOver(place) : throw new JournalBusyException(held);
            }
        }
    }

    private FileStream TakeOver(JournalPlace place)
    {
        var (copy, fresh) = ($"{_path}.new", $"{_lock}.new");
        using (var from = Open(_path, FileMode.Open, FileShare.ReadWrite))
        using (var to = Open(copy, FileMode.Create, FileShare.None))
        {
            from.CopyTo(to);
            to.SetLength(place.End);
            to.Flush(flushToDisk: true);
        }

        var held = Open(fresh, FileMode.Create, FileShare.None);
        File.Move(copy, _path, overwrite: true);
        File.Move(fresh, _lock, overwrite: true);
        return held;
    }

    private static FileStream Open(string path, FileMode mode, FileShare share) =>
        PrivateFile.Open(path, mode, FileAccess.ReadWrite, share);
}

/// <summary>Where a complete number of the journal ends.</summary>
/// <param name="End">The byte behind its last line.</param>
/// <param name="LastLine">The byte with which its last line begins.</param>
/// <param name="Lines">The lines up to there.</param>
/// <param name="Hash">Of its last line: the next line names it.</param>
/// <param name="LastNumber">The number that ends there.</param>
internal readonly record struct JournalPlace(long End, long LastLine, int Lines, string Hash, long LastNumber)
{
    /// <summary>Before the first line.</summary>
    public static JournalPlace Start { get; } = new(0, 0, 0, new string('0', JournalLine.HashCharacters), 0);
}

/// <summary>All entries under one number of the journal.</summary>
internal sealed record JournalNumber(IReadOnlyList<JournalEntry> Entries, JournalPlace Place);
