using System.Text.Json;

namespace SchemaHub.Api.CommandLine;

/// <summary>What the demo did, for programs.</summary>
/// <param name="TamperingDetected">The kinds tried; each was detected.</param>
internal sealed record DemoResult(
    long ContactsImported,
    long RowsRejected,
    long Consents,
    long Withdrawals,
    bool ProofVerified,
    IReadOnlyList<string> TamperingDetected,
    bool ErasedAndStillProven,
    double Seconds
)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public static string ToJson(DemoResult result) => JsonSerializer.Serialize(result, Json);
}
