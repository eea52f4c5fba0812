using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// One line of the journal's file: a hash, a space, and an entry that names the hash of the line before.
/// </summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Start">The byte with which it begins.</param>
/// <param name="Bytes">Without its end.</param>
/// <param name="IsEnded">Whether its end is there; only the last line of a file may lack it.</param>
internal sealed record JournalLine(int Number, long Start, byte[] Bytes, bool IsEnded)
{
    /// <summary>Half of a SHA-256, in hex.</summary>
    public const int HashCharacters = 32;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The byte behind its end.</summary>
    public long End => Start + Bytes.Length + 1;

    /// <summary>
    /// Whether a crash may have left it so. A write that did not come to its end leaves out bytes at the end of the
    /// file, or blocks of zeros where others were written first; no entry holds a zero.
    /// </summary>
    public bool IsTorn => !IsEnded || Bytes.AsSpan().Contains((byte)0);

    /// <summary>The lines of a file from a place on, at which it stands.</summary>
    public static IEnumerable<JournalLine> Split(Stream file, JournalPlace place)
    {
        var (number, start) = (place.Lines, place.End);
        using var line = new MemoryStream();
        var buffer = new byte[65_536];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            var from = 0;
            while (Array.IndexOf(buffer, (byte)'\n', from, read - from) is var end and >= 0)
            {
                line.Write(buffer, from, end - from);
                var whole = new JournalLine(++number, start, line.ToArray(), IsEnded: true);
                start = whole.End;
                line.SetLength(0);
                from = end + 1;
                yield return whole;
            }

            line.Write(buffer, from, read - from);
        }

        if (line.Length > 0)
            yield return new JournalLine(number + 1, start, line.ToArray(), IsEnded: false);
    }

    /// <summary>The lines of one number's entries behind a place, and the place behind them.</summary>
    public static (byte[] Bytes, JournalPlace Place) Write(JournalPlace place, IReadOnlyList<JournalEntry> entries)
    {
        using var lines = new MemoryStream();
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i] with { Part = i + 1, Parts = entries.Count, Before = place.Hash };
            var json = JsonSerializer.SerializeToUtf8Bytes(entry, Json);
            var hash = HashOf(json);
            var start = place.End;
            lines.Write(Encoding.ASCII.GetBytes(hash));
            lines.WriteByte((byte)' ');
            lines.Write(json);
            lines.WriteByte((byte)'\n');
            place = new JournalPlace(
                start + HashCharacters + json.Length + 2,
                start,
                place.Lines + 1,
                hash,
                entry.Number
            );
        }

        return (lines.ToArray(), place);
    }

    /// <summary>The entry; null where the line does not match its hash.</summary>
    public JournalEntry? Entry()
    {
        if (Bytes.Length <= HashCharacters || Bytes[HashCharacters] != (byte)' ')
            return null;

        var json = Bytes.AsSpan(HashCharacters + 1);
        return Hash == HashOf(json) ? JsonSerializer.Deserialize<JournalEntry>(json, Json) : null;
    }

    /// <summary>What the line says its hash is.</summary>
    public string Hash => Encoding.ASCII.GetString(Bytes.AsSpan(0, Math.Min(HashCharacters, Bytes.Length)));

    private static string HashOf(ReadOnlySpan<byte> json) =>
        Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, HashCharacters / 2));
}
