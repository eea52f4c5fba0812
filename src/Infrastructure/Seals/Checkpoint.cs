using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// A statement, to be signed, of everything a tenant's log holds at one moment: so many events, in this order, and
/// these last events of its streams. Times are UTC.
/// </summary>
public sealed record Checkpoint(
    string Tenant,
    long Size,
    byte[] LogRoot,
    long HeadsSize,
    byte[] HeadsRoot,
    long LastSequence,
    DateTimeOffset SealedAt,
    byte[]? PreviousHash,
    string KeyId
)
{
    private const string Origin = "schemahub seal 1 ";
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>The text that is signed: one line a field, in the manner of a C2SP tlog-checkpoint.</summary>
    public string Note() =>
        $"""
            {Origin}{Tenant}
            {Size.ToString(CultureInfo.InvariantCulture)}
            {Convert.ToBase64String(LogRoot)}
            heads {HeadsSize.ToString(CultureInfo.InvariantCulture)} {Convert.ToBase64String(HeadsRoot)}
            sequence {LastSequence.ToString(CultureInfo.InvariantCulture)}
            sealed {SealedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}
            previous {(PreviousHash is null ? "-" : Convert.ToBase64String(PreviousHash))}
            key {KeyId}

            """.ReplaceLineEndings("\n");

    /// <summary>What the next checkpoint names as its previous one.</summary>
    public byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes(Note()));

    /// <summary>Reads a note; null unless it is, to the letter, a note that <see cref="Note"/> writes.</summary>
    public static Checkpoint? Parse(string note)
    {
        var lines = note.Split('\n');
        if (lines.Length != 9 || lines[3].Split(' ') is not ["heads", var headsSize, var headsRoot])
            return null;

        try
        {
            var previous = After("previous ", lines[6]);
            var checkpoint = new Checkpoint(
                After(Origin, lines[0]),
                long.Parse(lines[1], CultureInfo.InvariantCulture),
                Convert.FromBase64String(lines[2]),
                long.Parse(headsSize, CultureInfo.InvariantCulture),
                Convert.FromBase64String(headsRoot),
                long.Parse(After("sequence ", lines[4]), CultureInfo.InvariantCulture),
                DateTimeOffset.ParseExact(
                    After("sealed ", lines[5]),
                    TimeFormat,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal
                ),
                string.Equals(previous, "-", StringComparison.Ordinal) ? null : Convert.FromBase64String(previous),
                After("key ", lines[7])
            );
            return string.Equals(checkpoint.Note(), note, StringComparison.Ordinal) ? checkpoint : null;
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException)
        {
            return null;
        }
    }

    private static string After(string label, string line) =>
        line.StartsWith(label, StringComparison.Ordinal)
            ? line[label.Length..]
            : throw new FormatException($"The line does not begin with '{label}'.");
}

/// <summary>A checkpoint's note as it was signed, with its signature.</summary>
public sealed record SignedCheckpoint(string Note, byte[] Signature);
