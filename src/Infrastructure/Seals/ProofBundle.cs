using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// Everything one stream ever said, with the proof that this is all of it and that nothing was changed: one JSON file
/// that is checked without the database. A stored contract: see <see cref="CurrentFormat"/>.
/// </summary>
/// <param name="Format">The version of the file's layout.</param>
/// <param name="Tenant">Whose log it is.</param>
/// <param name="Stream">Which stream.</param>
/// <param name="Events">All events of the stream, in order.</param>
/// <param name="Head">That the last of the events is the stream's last.</param>
/// <param name="Checkpoint">The signed roots that the proofs lead to.</param>
/// <param name="Consistency">That the log of earlier checkpoints is the beginning of this one.</param>
/// <param name="SubjectKey">
/// What decrypts this one person's data in the events; the first event under a key commits to it. Absent once the
/// person is erased, which is an event too, and where the proof is for somebody who may not read what is personal.
/// </param>
public sealed record ProofBundle(
    string Format,
    string Tenant,
    Guid Stream,
    IReadOnlyList<ProvenEvent> Events,
    ProvenHead Head,
    SignedCheckpoint Checkpoint,
    IReadOnlyList<ConsistencyProof> Consistency,
    byte[]? SubjectKey = null
)
{
    public const string CurrentFormat = "schemahub-proof/2";

    /// <summary>The largest bundle that is checked, in bytes: about 200,000 events.</summary>
    public const long MostBytes = 256 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // The file is for people too, and never part of a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <exception cref="JsonException">This is not a whole proof bundle.</exception>
    public static ProofBundle Parse(string json)
    {
        var bundle = JsonSerializer.Deserialize<ProofBundle>(json, Json);
        // The serializer refuses a null everywhere but in lists.
        return bundle is null || bundle.Events.Contains(null) || bundle.Consistency.Contains(null)
            ? throw new JsonException("A part of the bundle is null.")
            : bundle;
    }
}

/// <summary>One event and its place in the tenant's log.</summary>
/// <param name="Version">Its number in the stream, from 1.</param>
/// <param name="Type">Its stored name.</param>
/// <param name="Timestamp">UTC, with six decimals.</param>
/// <param name="Data">Its data as the database prints it.</param>
/// <param name="Position">Its place among the tenant's events, from 0.</param>
/// <param name="Leaf">Its hash in the log.</param>
/// <param name="Proof">From the leaf to the log's root.</param>
/// <param name="Actor">
/// Who did it, by an id that names no person; absent where the log does not know.
/// </param>
public sealed record ProvenEvent(
    long Version,
    string Type,
    string Timestamp,
    string Data,
    long Position,
    byte[] Leaf,
    IReadOnlyList<byte[]> Proof,
    string? Actor = null
)
{
    /// <summary>The leaf that these contents have at a version of the stream; null if the timestamp is none.</summary>
    public byte[]? LeafAt(string tenant, Guid stream, long version)
    {
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (
            !DateTime.TryParseExact(Timestamp, Checkpoint.TimeFormat, CultureInfo.InvariantCulture, utc, out var time)
            || !string.Equals(FormatTime(time), Timestamp, StringComparison.Ordinal)
        )
        {
            return null;
        }

        var microseconds = (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return SealedLeaf.OfEvent(tenant, stream, version, Type, microseconds, Encoding.UTF8.GetBytes(Data), Actor);
    }

    internal static string FormatTime(DateTime utc) =>
        utc.ToString(Checkpoint.TimeFormat, CultureInfo.InvariantCulture);
}

/// <summary>The stream's slot in the tenant's tree of heads.</summary>
public sealed record ProvenHead(byte[] Leaf, long Position, IReadOnlyList<byte[]> Proof);

/// <summary>
/// That a log begins with the first <paramref name="Size"/> events as an earlier checkpoint saw them.
/// </summary>
public sealed record ConsistencyProof(long Size, IReadOnlyList<byte[]> Proof);
