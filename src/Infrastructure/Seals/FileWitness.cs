using System.Text;
using System.Text.Json;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// Checkpoints in a file, one line of JSON each, on the disk before they count as delivered. To be of use the file
/// lies, or is copied to, where the database's administrator cannot write.
/// </summary>
public sealed class FileWitness(string path) : IWitness
{
    private readonly Dictionary<string, Checkpoint> _newest = new(StringComparer.Ordinal);
    private long _length;

    public string Name => "file:" + Path.GetFullPath(path);

    public TimeSpan Interval => TimeSpan.Zero;

    /// <summary>The file's checkpoints. A torn last line, which was never acknowledged, is left out.</summary>
    /// <exception cref="InvalidDataException">A line is no checkpoint.</exception>
    public static IEnumerable<WitnessedCheckpoint> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var end = EndOfLastLine(file);
        using var reader = new StreamReader(file, Encoding.UTF8);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            var isUnfinished = reader.EndOfStream && end < file.Length;
            if (Parse(path, number, line, isUnfinished) is { } checkpoint)
                yield return checkpoint;
        }
    }

    public async Task Deliver(IReadOnlyList<WitnessedCheckpoint> checkpoints, CancellationToken cancellation)
    {
        await using var file = PrivateFile.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        if (file.Length != _length)
        {
            // The first delivery, or somebody else has written: what a crash left of an unfinished line is cut off.
            file.SetLength(EndOfLastLine(file));
            Remember();
        }

        var newest = new Dictionary<string, Checkpoint>(_newest, StringComparer.Ordinal);
        var lines = new StringBuilder();
        foreach (var given in checkpoints.Where(given => IsNew(newest, given)))
            lines.Append(given.ToJson()).Append('\n');

        file.Seek(0, SeekOrigin.End);
        await file.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()), cancellation);
        file.Flush(flushToDisk: true);
        _length = file.Length;
        foreach (var (tenant, checkpoint) in newest)
            _newest[tenant] = checkpoint;
    }

    private static long EndOfLastLine(FileStream file)
    {
        var end = file.Length;
        for (; end > 0; end--)
        {
            file.Position = end - 1;
            if (file.ReadByte() == '\n')
                break;
        }

        file.Position = 0;
        return end;
    }

    private static WitnessedCheckpoint? Parse(string path, int number, string line, bool isUnfinished)
    {
        try
        {
            return WitnessedCheckpoint.Parse(line);
        }
        catch (JsonException malformed)
        {
            return isUnfinished
                ? null
                : throw new InvalidDataException($"Line {number} of {path} is no checkpoint.", malformed);
        }
    }

    private void Remember()
    {
        _newest.Clear();
        foreach (var seen in Read(path).Select(Note))
            _newest[seen.Tenant] = seen;
    }

    private bool IsNew(Dictionary<string, Checkpoint> newest, WitnessedCheckpoint given)
    {
        var offered = Note(given);
        if (newest.TryGetValue(offered.Tenant, out var last))
        {
            if (offered.Size <= last.Size)
            {
                return Read(path).Any(seen => string.Equals(seen.Note, given.Note, StringComparison.Ordinal))
                    ? false
                    : throw Refusal(offered, $"it has one over {last.Size} events already, and not this one");
            }

            if (given.Consistency?.Size != last.Size)
                throw Refusal(offered, $"its last one is over {last.Size} events, and is not shown to be continued");

            if (
                !MerkleProof.IsConsistent(
                    last.Size,
                    last.LogRoot,
                    offered.Size,
                    offered.LogRoot,
                    given.Consistency.Proof
                )
            )
                throw Refusal(
                    offered,
                    $"the first {last.Size} events are not those it has seen; history was rewritten"
                );
        }

        newest[offered.Tenant] = offered;
        return true;
    }

    private Checkpoint Note(WitnessedCheckpoint witnessed) =>
        Checkpoint.Parse(witnessed.Note) ?? throw new InvalidDataException($"{path} has a line that is no checkpoint.");

    private InconsistentCheckpointException Refusal(Checkpoint offered, string why) =>
        new($"{path} refuses tenant {offered.Tenant}'s checkpoint over {offered.Size} events: {why}.");
}
