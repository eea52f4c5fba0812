using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// A checkpoint as a witness keeps it, with the proof that the log it saw last is the beginning of this one. One line
/// of JSON: a stored contract.
/// </summary>
/// <param name="Note">What was signed.</param>
/// <param name="Signature">The signature over the note.</param>
/// <param name="Consistency">From the checkpoint this witness was given before; absent from its first one.</param>
public sealed record WitnessedCheckpoint(string Note, byte[] Signature, ConsistencyProof? Consistency = null)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <exception cref="JsonException">This is not a witnessed checkpoint.</exception>
    public static WitnessedCheckpoint Parse(string json) =>
        JsonSerializer.Deserialize<WitnessedCheckpoint>(json, Json)
        ?? throw new JsonException("The checkpoint is empty.");
}
