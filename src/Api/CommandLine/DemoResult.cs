using System.Text.Json;
using System.Text.Json.Serialization;

namespace SchemaHub.Api.CommandLine;

/// <summary>What the demo did, for programs.</summary>
/// <param name="TamperingDetected">The kinds tried; each was detected.</param>
/// <param name="MailsSent">Mails of the campaign that the server took, one per recipient.</param>
/// <param name="MailsDuplicated">Recipients who got it twice, beside those in doubt.</param>
/// <param name="MailsInDoubt">Mails that were being handed over when the sending service was killed.</param>
/// <param name="MailsSkipped">Recipients who did not get it.</param>
/// <param name="KilledAndResumed">How often the sending service was killed and begun anew.</param>
internal sealed record DemoResult(
    long ContactsImported,
    long RowsRejected,
    long Consents,
    long Withdrawals,
    bool ProofVerified,
    IReadOnlyList<string> TamperingDetected,
    bool ErasedAndStillProven,
    int MailsSent,
    int MailsDuplicated,
    int MailsInDoubt,
    int MailsSkipped,
    int KilledAndResumed,
    double Seconds
)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <summary>Nothing went wrong.</summary>
    [JsonIgnore]
    public bool IsWell =>
        ProofVerified && ErasedAndStillProven && MailsSent > 0 && MailsDuplicated == 0 && MailsSkipped == 0;

    public static string ToJson(DemoResult result) => JsonSerializer.Serialize(result, Json);
}
